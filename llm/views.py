"""The model page: which versions there are, which serve, and what they scored. For agents and
admins; which version wrote which draft of a ticket is not said here."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from llm.reports import slot_rows, version_rows
from runtime.people import agent_required


@require_safe
@agent_required
def models_page(request: HttpRequest) -> HttpResponse:
    """Template llm/models.html; context: `slots` (`llm.reports.SlotRow`, A to C) and `versions`
    (`llm.reports.VersionRow`, newest first)."""
    return render(request, "llm/models.html", {"slots": slot_rows(), "versions": version_rows()})
