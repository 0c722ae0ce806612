"""Replies on their way out: a row for each reply of a door's ticket, in the reply's transaction.

A reply goes back where the message that it answers came from; that its ticket was merged into one
of another door, before or after, leads it nowhere else.
"""

from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from doors.models import Door, Incoming, MailReference, Outgoing
from runtime.errors import InputError
from tickets.models import Reply, Ticket, TicketEvent


class HasLeft(InputError):
    """The reply is on its way: what was sent cannot be undone."""


def on_happened(*, event: TicketEvent, **signal: Any) -> None:
    """Receiver of `tickets.events.happened`. Raises HasLeft, which undoes the undoing."""
    if event.kind == TicketEvent.Kind.REPLIED and event.object_id is not None:
        _expect(event.object_id)
    elif event.kind == TicketEvent.Kind.UNDONE and event.object_id is not None:
        _call_off(event.object_id)


def on_erased(*, tickets: Sequence[Ticket], **signal: Any) -> None:
    """Receiver of `tickets.events.erased`. A ticket that stays without words keeps its rows: what
    waits to go out is called off, and what is written later over there begins a new ticket."""
    MailReference.objects.filter(message__ticket__in=tickets).delete()
    left = Outgoing.objects.filter(reply__ticket__in=tickets)
    left.exclude(state=Outgoing.State.SENT).delete()
    left.update(remote_ticket="")
    Incoming.objects.filter(ticket__in=tickets).update(ticket=None, message=None)


def _expect(reply_id: int) -> None:
    reply = Reply.objects.select_related("ticket").filter(pk=reply_id).first()
    if reply is None:
        return
    door, number = _way_back(reply)
    if door is None:
        return
    # A paused door's replies wait for it.
    due = reply.held_until or reply.created_at
    Outgoing.objects.get_or_create(
        reply=reply, defaults={"door": door, "remote_ticket": number, "next_at": due}
    )
    if reply.held_until is None:
        transaction.on_commit(lambda: _ask(door.pk), robust=True)


def _way_back(reply: Reply) -> tuple[Door | None, str]:
    """The door, and the number of the ticket behind it."""
    if reply.answers_id is not None:
        came = Incoming.objects.select_related("door", "ticket").filter(message=reply.answers_id)
        row = came.first()
        if row is not None and row.ticket is not None:
            return row.door, row.ticket.external_id
    ticket = reply.ticket
    return Door.objects.filter(source=ticket.source).first(), ticket.external_id


def _call_off(reply_id: int) -> None:
    """Held by its lock until the undoing is committed, so that nobody claims it meanwhile."""
    row = Outgoing.objects.select_for_update().filter(reply=reply_id).first()
    if row is None:
        return
    if row.state != Outgoing.State.WAITING or row.attempts:
        raise HasLeft(_("The reply is on its way and cannot be called back."))
    row.delete()


def _ask(door_id: int) -> None:
    from doors import tasks  # the tasks import what asks for them

    tasks.work.delay(door_id)
