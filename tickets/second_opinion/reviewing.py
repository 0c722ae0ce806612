"""A worker lets the name model read what came into a ticket, once per message: `review`,
and `review_reply` for what an agent wrote.

What the model finds beyond the engine gets a placeholder and goes into the vault like any other
value. It is no agent's miss and is not counted as one. A name of several words is masked wherever
it stands in the ticket; a single word only where the model saw it, since it may be an ordinary word
in the next sentence.
"""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Final

from django.db import transaction

from runtime.live import publish
from text.privacy.occurrences import Wanted
from text.privacy.placeholders import cut
from text.privacy.spans import PERSON, Span
from tickets.intake import MAX_SUBJECT
from tickets.misses import mask_texts
from tickets.models import Message, Reply, Ticket
from tickets.second_opinion.folder import UnusableNameModel
from tickets.second_opinion.opening import note, opened
from tickets.vault import TicketMasker

MOST: Final = 50
MOST_CHARACTERS: Final = 100_000
"""At a time, the newest messages first: a ticket may be older than the setting, and drafts wait."""

Held = Callable[[], AbstractContextManager[None]]


def review(ticket_id: int, *, held: Held | None = None) -> int:
    """In how many texts something was masked. `held`: the transaction to write in; the model runs
    before it. What was changed meanwhile is left for the next time. Without a model, or with one
    that cannot be used, nothing happens."""
    opinion = opened()
    if opinion is None:
        return 0
    unread = _unread(ticket_id)
    subject = Ticket.objects.filter(pk=ticket_id).values_list("subject", flat=True).first()
    if not unread or subject is None:
        return 0
    try:
        of_subject, *found = opinion.spans([subject, *(message.text for message in unread)])
    except UnusableNameModel as error:
        note(error)
        return 0
    with (held or transaction.atomic)():
        ticket = Ticket.objects.select_for_update().get(pk=ticket_id)
        return _mask(ticket, _same(unread, found), of_subject if ticket.subject == subject else [])


def review_reply(reply_id: int) -> None:
    """What an agent has sent, before others' drafts are made of it."""
    ticket_id = Reply.objects.filter(pk=reply_id).values_list("ticket_id", flat=True).first()
    if ticket_id is not None:
        review(ticket_id)


def _unread(ticket_id: int) -> list[Message]:
    """In order; one at least, if there are any."""
    rows = Message.objects.filter(ticket=ticket_id, second_read=False)
    chosen: list[Message] = []
    characters = 0
    for message in rows.order_by("-created_at", "-pk")[:MOST]:
        characters += len(message.text)
        if chosen and characters > MOST_CHARACTERS:
            break
        chosen.append(message)
    return chosen[::-1]


def _same(
    unread: Sequence[Message], found: Sequence[list[Span]]
) -> list[tuple[Message, list[Span]]]:
    """Those that still read as the model has read them."""
    now = dict(
        Message.objects.filter(pk__in=[message.pk for message in unread]).values_list("pk", "text")
    )
    return [
        (message, spans)
        for message, spans in zip(unread, found, strict=True)
        if now.get(message.pk) == message.text
    ]


def _mask(
    ticket: Ticket, read: Sequence[tuple[Message, list[Span]]], of_subject: list[Span]
) -> int:
    Message.objects.filter(pk__in=[message.pk for message, _spans in read]).update(second_read=True)
    if not of_subject and not any(spans for _message, spans in read):
        return 0
    names = _Names(TicketMasker.of(ticket))
    places = 0
    for message, spans in read:
        masked = names.replaced(message.text, spans)
        if masked != message.text:
            Message.objects.filter(pk=message.pk).update(text=masked)
            places += 1
    subject = cut(names.replaced(ticket.subject, of_subject), MAX_SUBJECT)
    if subject != ticket.subject:
        ticket.subject = subject
        Ticket.objects.filter(pk=ticket.pk).update(subject=subject)
        places += 1
    for value, name in names.of_several_words():
        places += mask_texts(ticket, Wanted(value, type_=PERSON), name)
    names.masker.keep(ticket)
    if places:
        publish(f"ticket:{ticket.pk}", masked=places)
    return places


class _Names:
    """Values and their placeholders, as they are met."""

    def __init__(self, masker: TicketMasker) -> None:
        self.masker = masker
        self._given: dict[tuple[str, str], str] = {}

    def replaced(self, text: str, spans: Sequence[Span]) -> str:
        out: list[str] = []
        done = 0
        for span in spans:
            value = text[span.start : span.end]
            if self.masker.is_public(span.type, value):
                continue
            name = self.masker.assign(span.type, value)
            self._given[span.type, value] = name
            out += [text[done : span.start], name]
            done = span.end
        return "".join([*out, text[done:]])

    def of_several_words(self) -> list[tuple[str, str]]:
        return [
            (value, name)
            for (type_, value), name in self._given.items()
            if type_ == PERSON and len(value.split()) > 1
        ]
