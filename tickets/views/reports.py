"""The admin's and lead's desk of figures, their files, and everybody's own figures."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from people.roles import agent_required, lead_required
from tickets.reporting.figures import Figure, as_csv
from tickets.reporting.overview import PRIVACY_DAYS, overview
from tickets.reporting.pages import PAGES, my_page, version_page
from tickets.reporting.pairs import examples, pair_figures
from tickets.reporting.scope import Scope, read_scope


@require_safe
@never_cache
@lead_required
def reports(request: HttpRequest) -> HttpResponse:
    """Template reports/overview.html: `scope`; `found`: tickets.reporting.overview.Overview."""
    scope = read_scope(request.user, request.GET)
    context = {"scope": scope, "here": "", "found": overview(scope), "privacy_days": PRIVACY_DAYS}
    return render(request, "reports/overview.html", context)


@require_safe
@never_cache
@lead_required
def report(request: HttpRequest, page: str) -> HttpResponse:
    """Template reports/page.html: `scope`; `here`: the page's name; `figures`: Figures."""
    if page not in PAGES:
        raise Http404
    scope = read_scope(request.user, request.GET)
    context: dict[str, Any] = {"scope": scope, "here": page}
    if page == "versions":
        context |= _versions(request, scope)
        return render(request, "reports/versions.html", context)
    return render(request, "reports/page.html", context | {"figures": PAGES[page](scope)})


@require_safe
@never_cache
@lead_required
def report_csv(request: HttpRequest, page: str, slug: str) -> HttpResponse:
    """The table behind one figure."""
    if page not in PAGES:
        raise Http404
    return _file(PAGES[page](read_scope(request.user, request.GET)), slug, name=page)


@require_safe
@never_cache
@agent_required
def my_figures(request: HttpRequest) -> HttpResponse:
    """Template reports/page.html; what the reader did himself."""
    scope = read_scope(request.user, request.GET, mine=True)
    context = {"scope": scope, "here": "mine", "figures": my_page(scope)}
    return render(request, "reports/page.html", context)


@require_safe
@never_cache
@agent_required
def my_figures_csv(request: HttpRequest, slug: str) -> HttpResponse:
    """The table behind one of them."""
    return _file(my_page(read_scope(request.user, request.GET, mine=True)), slug, name="mine")


def _versions(request: HttpRequest, scope: Scope) -> dict[str, Any]:
    """`pairs`; `pair`: the one whose `examples` are shown: `?pair=` its number, or the first."""
    pairs = pair_figures(scope)
    wanted = request.GET.get("pair", "0")
    chosen = int(wanted) if wanted.isascii() and wanted.isdecimal() and len(wanted) < 4 else 0
    pair = pairs[chosen] if chosen < len(pairs) else (pairs[0] if pairs else None)
    return {
        "figures": version_page(scope, pairs),
        "pairs": pairs,
        "pair": pair,
        "examples": examples(scope, pair) if pair else [],
    }


def _file(figures: list[Figure], slug: str, *, name: str) -> HttpResponse:
    figure = next((one for one in figures if one.slug == slug), None)
    if figure is None:
        raise Http404
    response = HttpResponse(as_csv(figure), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}-{figure.slug}.csv"'
    return response
