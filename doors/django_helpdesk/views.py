"""The page of a django-helpdesk door, for admins: it is asked before anything is saved."""

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import override
from django.views.decorators.http import require_http_methods

from doors.django_helpdesk import KIND
from doors.django_helpdesk.forms import HelpdeskForm
from doors.kinds import DoorTrouble
from doors.models import Door
from doors.naming import free_source
from people.audit import note
from people.roles import admin_required, signed_in


@require_http_methods(["GET", "POST"])
@admin_required
def helpdesk(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    kind = Door.Kind.DJANGO_HELPDESK
    door = get_object_or_404(Door, pk=pk, kind=kind) if pk else None
    form = HelpdeskForm(request.POST or None, door=door)
    if request.method == "POST" and form.is_valid():
        filled = form.filled()
        trouble = trouble_of(filled)
        if not trouble:
            _save(request, filled)
            messages.success(request, _("The other desk answers: its tickets come in now."))
            return redirect("door", pk=filled.pk)
        form.add_error(None, _(trouble))
    return render(request, "doors/helpdesk.html", {"form": form, "door": door})


def trouble_of(door: Door) -> str:
    """One line in English, or "" where the other desk answers as it should."""
    try:
        with override("en"):
            KIND.check(door)
    except DoorTrouble as trouble:
        return str(trouble)
    return ""


def _save(request: HttpRequest, door: Door) -> None:
    is_new = door.pk is None
    with transaction.atomic():
        if is_new:
            door.source, door.created_by = free_source("django-helpdesk"), signed_in(request.user)
            door.save()
        else:
            door.failures, door.last_error, door.checked_at = 0, "", None
            door.save(
                update_fields=[
                    *("name", "options", "team", "secret_encrypted"),
                    *("failures", "last_error", "checked_at"),
                ]
            )
        note(request.user, "door.made" if is_new else "door.changed", f"door {door.name}")
