"""The runs on the overview of the reports, fetched anew while one goes on."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from people.roles import admin_required
from training.report_panel import latest_run


@require_safe
@never_cache
@admin_required
def panel(request: HttpRequest) -> HttpResponse:
    """Template training/_report_panel.html: that part of the page alone."""
    return render(request, "training/_report_panel.html", {"panel": latest_run()})
