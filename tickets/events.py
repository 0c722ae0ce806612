"""What happened to a ticket: `record` writes it down, tells open pages, and tells the doors.

`happened` is sent inside the transaction of what happens, so that a door's row about it is
committed with it or not at all.
"""

from typing import Any

from django.contrib.auth.models import User
from django.dispatch import Signal

from runtime.live import publish
from tickets.models import Ticket, TicketEvent

happened = Signal()
"""Sent with `event`, a TicketEvent that is saved. Receivers write rows and never call out."""

erased = Signal()
"""Sent with `tickets`, whose words are erased in this transaction, rows that stay included: whoever
keeps something of a customer beside them deletes it too."""


def record(
    ticket: Ticket,
    kind: TicketEvent.Kind,
    *,
    actor: User | None = None,
    object_id: int | None = None,
    **details: Any,
) -> TicketEvent:
    """Inside the transaction that changes the ticket. `details`: ids, codes, figures."""
    event = TicketEvent.objects.create(
        ticket=ticket, kind=kind, actor=actor, object_id=object_id, details=details
    )
    happened.send(sender=TicketEvent, event=event)
    publish("inbox", ticket=ticket.pk)
    publish(f"ticket:{ticket.pk}", event=event.pk)
    return event
