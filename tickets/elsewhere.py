"""Answers that were written in another program: `add_agent_message`.

A door tells of them, so that nobody answers here what has been answered over there. There is no
Reply: no agent of this desk wrote it, nothing goes out, nothing is learned from it.
"""

from datetime import datetime

from django.db import transaction

from tickets import events, searching
from tickets.intake import answered, check_text, masked_message, with_merged
from tickets.models import Message, Ticket, TicketEvent


def add_agent_message(ticket: Ticket, text: str, *, at: datetime | None = None) -> Message:
    """The ticket is answered, and what is being drafted for it is given up. `at` None: now. Raises
    BadTicket or TicketTooLong."""
    check_text(text)
    with transaction.atomic():
        row = with_merged(Ticket.objects.select_for_update().get(pk=ticket.pk))
        message = masked_message(row, text, role=Message.Role.AGENT, at=at)
        if row.state in Ticket.OPEN_STATES:
            answered(row)
        searching.refresh(row.pk)
        events.record(row, TicketEvent.Kind.ELSEWHERE, object_id=message.pk)
    return message
