"""What the gate decided, each with why and what it was decided on."""

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from people.roles import admin_required
from training.decisions import decisions
from training.models import Decision

PER_PAGE = 20


@require_safe
@never_cache
@admin_required
def decision_list(request: HttpRequest) -> HttpResponse:
    """`?kind=…`. Template training/decisions.html: `page_obj` of Decisions, the last first;
    `kinds` to choose from; `kind`: as asked."""
    kind = request.GET.get("kind", "")
    rows = decisions()
    if kind in Decision.Kind.values:
        rows = rows.filter(kind=kind)
    context = {
        "page_obj": Paginator(rows, PER_PAGE).get_page(request.GET.get("page")),
        "kinds": Decision.Kind.choices,
        "kind": kind,
    }
    return render(request, "training/decisions.html", context)
