"""Answers that were written in another program: `add_agent_message`.

A door tells of them, so that nobody answers here what has been answered over there. There is no
Reply: no agent of this desk wrote it, nothing goes out, nothing is learned from it.
"""

from datetime import datetime

from django.db import transaction

from tickets import events, searching, vault
from tickets.intake import aware, cancel_unfinished, check_text, clean, with_merged
from tickets.models import Message, Ticket, TicketEvent


def add_agent_message(ticket: Ticket, text: str, *, at: datetime | None = None) -> Message:
    """The ticket is answered, and what is being drafted for it is given up. `at` None: now. Raises
    BadTicket or TicketTooLong."""
    check_text(text)
    with transaction.atomic():
        row = with_merged(Ticket.objects.select_for_update().get(pk=ticket.pk))
        masker = vault.TicketMasker.of(row)
        message = Message.objects.create(
            ticket=row,
            role=Message.Role.AGENT,
            text=masker.mask(clean(text)),
            created_at=aware(at),
        )
        masker.keep(row)
        if row.state in Ticket.OPEN_STATES:
            cancel_unfinished(row)
            # Clearing the claim stops a worker that still drafts.
            row.state, row.claim, row.waiting_since = Ticket.State.ANSWERED, "", None
            row.save(update_fields=["state", "claim", "waiting_since", "updated_at"])
        searching.refresh(row.pk)
        events.record(row, TicketEvent.Kind.ELSEWHERE, object_id=message.pk)
    return message
