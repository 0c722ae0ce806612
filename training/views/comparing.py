"""Two versions' answers side by side, where they differ most first."""

from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from people.roles import admin_required
from training.side_by_side import ORDERS, comparable, side_by_side

PER_PAGE = 10
ORDER_NAMES = {
    "largest": _("largest differences"),
    "a": _("first version better"),
    "b": _("second version better"),
}


@require_safe
@never_cache
@admin_required
def compare(request: HttpRequest) -> HttpResponse:
    """`?a=VERSION&b=VERSION&lang=&measure=&order=&page=`. Template training/compare.html:
    `versions` to choose from; `a`, `b`; `comparison` (side_by_side.Comparison or None); `page_obj`
    of its pairs; `lang`, `order`; `orders` to choose from."""
    versions = comparable()
    a, b = request.GET.get("a", ""), request.GET.get("b", "")
    order = request.GET.get("order", "")
    order = order if order in ORDERS else ORDERS[0]
    lang = request.GET.get("lang", "")
    context: dict[str, Any] = {
        "versions": versions,
        "a": a,
        "b": b,
        "lang": lang,
        "order": order,
        "orders": ORDER_NAMES.items(),
        "comparison": None,
    }
    if a in versions and b in versions:
        found = side_by_side(a, b, measure=request.GET.get("measure", ""), lang=lang, order=order)
        context["comparison"] = found
        if found is not None:
            page = Paginator(found.pairs, PER_PAGE).get_page(request.GET.get("page"))
            context["page_obj"] = page
    return render(request, "training/compare.html", context)
