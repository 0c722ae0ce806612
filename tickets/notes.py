"""Notes for colleagues on a ticket: `add_note`.

Masked like everything else, with the ticket's numbering of placeholders. A note is no message: no
prompt, reply, past answer, data set, export or door reads the table of notes.
"""

from typing import Final

from django.contrib.auth.models import User
from django.db import transaction
from django.utils.translation import gettext as _

from runtime.errors import InputError
from tickets import events, vault
from tickets.intake import clean
from tickets.models import Note, Ticket, TicketEvent

MAX_NOTE: Final = 5000


class BadNote(InputError):
    """The note has no text, or too much of it."""


def add_note(ticket_id: int, *, author: User, text: str) -> Note:
    """Raises BadNote, and has then stored nothing; Ticket.DoesNotExist for an unknown ticket."""
    text = clean(text.replace("\r\n", "\n"))
    if not text:
        raise BadNote(_("The note has no text."))
    if len(text) > MAX_NOTE:
        raise BadNote(
            _("The note has %(length)d characters; %(limit)d are the most.")
            % {"length": len(text), "limit": MAX_NOTE}
        )
    with transaction.atomic():
        ticket = Ticket.objects.select_for_update().get(pk=ticket_id)
        masker = vault.TicketMasker.of(ticket)
        note = Note.objects.create(
            ticket=ticket, author=author, text=masker.mask(text, escape=False)
        )
        masker.keep(ticket)
        events.record(ticket, TicketEvent.Kind.NOTED, actor=author, object_id=note.pk)
    return note
