"""The model page: which versions there are, which serve, and what they scored. For agents and
admins; which version wrote which draft of a ticket is not said here."""

from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from llm.reports import slot_rows, version_rows

ROLES = ("agent", "admin")


@require_safe
@login_required
def models_page(request: HttpRequest) -> HttpResponse:
    """Template llm/models.html; context: `slots` (`llm.reports.SlotRow`, A to C) and `versions`
    (`llm.reports.VersionRow`, newest first)."""
    if not _has_role(request.user):
        raise PermissionDenied
    return render(request, "llm/models.html", {"slots": slot_rows(), "versions": version_rows()})


def _has_role(user: object) -> bool:
    if not isinstance(user, User):
        return False
    return user.is_superuser or user.groups.filter(name__in=ROLES).exists()
