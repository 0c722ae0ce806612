"""All doors, whatever their kind: how they are, what passed through, pausing, sending again."""

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db import transaction
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from doors import ledger, tasks
from doors.kinds import EDIT_PAGES, NEW_PAGES
from doors.models import Door, Outgoing
from people.audit import note
from people.roles import admin_required

PER_PAGE = 50
OPEN = (Outgoing.State.WAITING, Outgoing.State.SENDING, Outgoing.State.UNSURE)


@dataclass(frozen=True)
class Health:
    """`state`: paused, failing, waiting (never worked yet) or well. `trouble`: translated."""

    state: str
    label: str
    trouble: str


def health_of(door: Door) -> Health:
    if not door.active:
        return Health("paused", _("paused"), "")
    if door.failures:
        return Health("failing", _("in trouble"), _(door.last_error) if door.last_error else "")
    if door.last_ok_at is None:
        return Health("waiting", _("not worked yet"), "")
    return Health("well", _("working"), "")


@require_GET
@admin_required
def doors(request: HttpRequest) -> HttpResponse:
    counted = _counted(Door.objects.order_by("name"))
    page = Paginator(counted, PER_PAGE).get_page(request.GET.get("page"))
    rows = [{"door": one, "health": health_of(one)} for one in page]
    context = {"rows": rows, "page_obj": page, "kinds": _kinds()}
    return render(request, "doors/doors.html", context)


@require_GET
@admin_required
def door(request: HttpRequest, pk: int) -> HttpResponse:
    one = get_object_or_404(_counted(Door.objects.select_related("team")), pk=pk)
    out = one.outgoing.select_related("reply")
    page = Paginator(out, PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "door": one,
        "health": health_of(one),
        "page_obj": page,
        "outgoing": [_said(row, row.error) for row in page],
        "incoming": [_said(row, row.why) for row in one.incoming.all()[:PER_PAGE]],
        "edit": _address(EDIT_PAGES[Door.Kind(one.kind)], pk=one.pk),
    }
    return render(request, "doors/door.html", context)


@require_POST
@admin_required
def pause(request: HttpRequest, pk: int) -> HttpResponse:
    """Paused it takes nothing in and sends nothing; replies wait for it."""
    active = request.POST.get("active") == "1"
    with transaction.atomic():
        one = get_object_or_404(Door.objects.select_for_update(), pk=pk)
        if one.active != active:
            one.active = active
            one.failures, one.checked_at = 0, None
            one.save(update_fields=["active", "failures", "checked_at"])
            note(request.user, "door.resumed" if active else "door.paused", f"door {one.name}")
    messages.success(request, _("The door works again.") if active else _("The door is paused."))
    return redirect("door", pk=pk)


@require_POST
@admin_required
def look_now(request: HttpRequest, pk: int) -> HttpResponse:
    """Without waiting for the pause after a failure."""
    one = get_object_or_404(Door, pk=pk, active=True)
    Door.objects.filter(pk=one.pk).update(checked_at=None)
    tasks.work.delay(one.pk)
    messages.success(request, _("The door is being worked now."))
    return redirect("door", pk=pk)


@require_POST
@admin_required
def send_again(request: HttpRequest, pk: int) -> HttpResponse:
    return _decide(request, pk, send=True)


@require_POST
@admin_required
def mark_sent(request: HttpRequest, pk: int) -> HttpResponse:
    return _decide(request, pk, send=False)


def _decide(request: HttpRequest, pk: int, *, send: bool) -> HttpResponse:
    row = get_object_or_404(Outgoing.objects.select_related("reply", "door"), pk=pk)
    with transaction.atomic():
        done = ledger.retry(row.pk) if send else ledger.settle(row.pk)
        if done:
            action = "reply.sent-again" if send else "reply.marked-sent"
            note(request.user, action, f"ticket {row.reply.ticket_id}", door=row.door.name)
    if not done:
        messages.error(request, _("This reply waits for nobody's word any more."))
    elif send:
        messages.success(request, _("The reply is sent again."))
    else:
        messages.success(request, _("The reply counts as sent."))
    return redirect("door", pk=row.door_id)


def _counted(rows: QuerySet[Door]) -> QuerySet[Door]:
    return rows.annotate(waiting=_number_of(*OPEN), failed=_number_of(Outgoing.State.FAILED))


def _number_of(*states: str) -> Coalesce:
    """By the index of states: what was sent long ago is not looked at."""
    of_door = Outgoing.objects.filter(door=OuterRef("pk"), state__in=states).order_by()
    counted = of_door.values("door").annotate(number=Count("pk")).values("number")
    return Coalesce(Subquery(counted), 0)


def _said(row: Any, line: str) -> dict[str, Any]:
    """`line` is English in the row."""
    return {"row": row, "line": _(line) if line else ""}


def _kinds() -> list[dict[str, str]]:
    found = [(str(kind.label), _address(NEW_PAGES[kind])) for kind in Door.Kind]
    return [{"label": label, "address": address} for label, address in found if address]


def _address(name: str, **which: int) -> str:
    """Empty where this desk has no such page."""
    try:
        return reverse(name, kwargs=which or None)
    except NoReverseMatch:
        return ""
