"""What the engine missed: an agent marks it, and it is masked everywhere at once (`mark_missed`).

Everywhere: this ticket and all others of its customer (subject, messages, drafts, ratings'
reasons), the past answers made of them with their words in the search index, their copies beside
other tickets' drafts, the articles wished for, and the data sets of former trainings. The value
gets a placeholder in each ticket and goes into the vault like any other. `PrivacyMiss` counts it;
the value itself stands in no row, no log and no error.
"""

from collections.abc import Sequence
from typing import Final

from django.contrib.auth.models import User
from django.db import transaction
from django.utils.translation import gettext as _

from kb.forgetting import mask_gaps, rewrite_questions
from kb.models import Question
from runtime.errors import InputError
from runtime.live import publish
from text.privacy import normal_value
from text.privacy.occurrences import Wanted
from text.privacy.placeholders import cut, placeholder, placeholders_in
from text.privacy.spans import TYPES
from tickets import rewriting, searching
from tickets.intake import MAX_SUBJECT, clean
from tickets.models import (
    Attachment,
    Message,
    NoGoodAnswer,
    Note,
    PrivacyMiss,
    Rating,
    Rewrite,
    Suggestion,
    Ticket,
)
from tickets.patterns import active_patterns
from tickets.queueing import ask_for_drafts
from tickets.rating import MAX_REASON
from tickets.rights import lessons
from tickets.rights.erasing import take_turns
from tickets.rights.sources import Source, change_sources
from tickets.vault import TicketMasker

LEAST: Final = 3
MOST: Final = 200
WHOLE: Final = 60
"""A message up to this length may be marked as a whole: in a chat a name is often one."""


class BadMiss(InputError):
    """What was marked is too short, too long, a whole message, or does not stand in the ticket."""


def mark_missed(ticket: Ticket, text: str, type_: str, *, agent: User | None) -> PrivacyMiss:
    """Mask `text`, in every spelling. Raises BadMiss, and has then changed nothing."""
    value = _checked(clean(text), type_)
    wanted = Wanted(value, type_=type_)
    taught = lessons.lessons_of(_of_customer(ticket))
    with transaction.atomic():
        take_turns()
        pks = [one.pk for one in _of_customer(ticket)]
        rows = list(Ticket.objects.select_for_update().filter(pk__in=pks).order_by("pk"))
        holding = _holding(rows, wanted)
        if ticket.pk not in holding:
            raise BadMiss(_("This does not stand in the ticket as readable text."))
        places = sum(_mask_ticket(row, wanted, value, type_) for row in rows if row.pk in holding)
        places += mask_gaps(lambda words: wanted.replaced(words, placeholder(type_, 1)))
        miss = PrivacyMiss.objects.create(ticket=ticket, type=type_, marked_by=agent, places=places)
        publish(f"ticket:{ticket.pk}", masked=places)
        # Before the commit: should this process die, the value stands in the ticket still, to be
        # marked again.
        lessons.forget([one for one in taught if _holds(one, wanted)])
    return miss


def types() -> tuple[str, ...]:
    """What can be marked: the engine's types and the company's own patterns."""
    return (*TYPES, *(pattern.name for pattern in active_patterns()))


def _checked(value: str, type_: str) -> str:
    if type_ not in types():
        raise BadMiss(_("There is no such type."))
    if not LEAST <= len(value) <= MOST:
        raise BadMiss(_("Mark %(least)d to %(most)d characters.") % {"least": LEAST, "most": MOST})
    if placeholders_in(value):
        raise BadMiss(_("Mark only what can still be read, without placeholders."))
    if not any(map(str.isalnum, value)) or not normal_value(type_, value):
        raise BadMiss(_("What is marked cannot be of this type."))
    return value


def _of_customer(ticket: Ticket) -> list[Ticket]:
    if ticket.customer_id is None:
        return [ticket]
    return list(Ticket.objects.filter(customer=ticket.customer_id).order_by("pk"))


def _holds(lesson: lessons.Lesson, wanted: Wanted) -> bool:
    return wanted.stands_in(lesson.question) or wanted.stands_in(lesson.answer)


def _holding(tickets: Sequence[Ticket], wanted: Wanted) -> set[int]:
    """Those in which the value stands; a customer can have thousands."""
    reasons = Rating.objects.filter(suggestion__ticket__in=tickets).exclude(reason="")
    files = Attachment.objects.filter(ticket__in=tickets)
    rewrites = Rewrite.objects.filter(suggestion__ticket__in=tickets)
    refusals = NoGoodAnswer.objects.filter(message__ticket__in=tickets).exclude(text="")
    texts = (
        ((one.pk, one.subject) for one in tickets),
        Message.objects.filter(ticket__in=tickets).values_list("ticket_id", "text"),
        Suggestion.objects.filter(ticket__in=tickets).values_list("ticket_id", "text"),
        reasons.values_list("suggestion__ticket_id", "reason"),
        rewrites.values_list("suggestion__ticket_id", "text"),
        refusals.values_list("message__ticket_id", "text"),
        Note.objects.filter(ticket__in=tickets).values_list("ticket_id", "text"),
        files.values_list("ticket_id", "name"),
    )
    return {pk for rows in texts for pk, text in rows if wanted.stands_in(text)}


def _mask_ticket(ticket: Ticket, wanted: Wanted, value: str, type_: str) -> int:
    """In how many of its texts the value stood."""
    masker = TicketMasker.of(ticket)
    name = masker.assign(type_, value)
    places = mask_texts(ticket, wanted, name)
    past = lessons.past_answers(lessons.keys_of([ticket]))
    places += _mask_past_answers(past, wanted, name)
    masker.keep(ticket)
    searching.refresh(ticket.pk)
    _draft_again(ticket)
    return places


def mask_texts(ticket: Ticket, wanted: Wanted, name: str) -> int:
    """In how many of the ticket's texts. Under the lock on its row."""
    places = 0
    subject = cut(wanted.replaced(ticket.subject, name), MAX_SUBJECT)
    if subject != ticket.subject:
        Ticket.objects.filter(pk=ticket.pk).update(subject=subject)
        places += 1
    for message in Message.objects.filter(ticket=ticket):
        masked = wanted.replaced(message.text, name)
        if masked == message.text:
            continue
        if len(message.text) > WHOLE and not wanted.replaced(message.text, "").strip():
            raise BadMiss(_("Mark a part of a message, not the whole of it."))
        Message.objects.filter(pk=message.pk).update(text=masked)
        places += 1
    for draft in Suggestion.objects.filter(ticket=ticket):
        masked = wanted.replaced(draft.text, name)
        if masked != draft.text:
            Suggestion.objects.filter(pk=draft.pk).update(text=masked)
            places += 1
    for rating in Rating.objects.filter(suggestion__ticket=ticket).exclude(reason=""):
        masked = cut(wanted.replaced(rating.reason, name), MAX_REASON)
        if masked != rating.reason:
            Rating.objects.filter(pk=rating.pk).update(reason=masked)
            places += 1
    return places + _mask_what_agents_added(ticket, wanted, name)


def _mask_what_agents_added(ticket: Ticket, wanted: Wanted, name: str) -> int:
    """Beside the conversation: notes, refusals' reasons, rewrites, and the names of files."""
    places = 0
    for rows, field, limit in (
        (Note.objects.filter(ticket=ticket), "text", None),
        (NoGoodAnswer.objects.filter(message__ticket=ticket), "text", 1000),
        (Rewrite.objects.filter(suggestion__ticket=ticket), "text", None),
        (Attachment.objects.filter(ticket=ticket), "name", 200),
    ):
        for pk, text in rows.values_list("pk", field):
            masked = wanted.replaced(text, name)
            if masked != text:
                rows.filter(pk=pk).update(**{field: cut(masked, limit) if limit else masked})
                places += 1
    return places


def _mask_past_answers(past: Sequence[Question], wanted: Wanted, name: str) -> int:
    changes = [
        (row, wanted.replaced(row.text, name), wanted.replaced(row.answer, name)) for row in past
    ]
    changes = [one for one in changes if (one[0].text, one[0].answer) != one[1:]]

    def masked(source: Source) -> Source:
        texts = {key: source[key] for key in ("title", "text", "answer") if key in source}
        return source | {key: wanted.replaced(text, name) for key, text in texts.items()}

    if changes:
        rewrite_questions(changes)
        change_sources([row.pk for row, _text, _answer in changes], masked)
    return len(changes)


def _draft_again(ticket: Ticket) -> None:
    """A worker that has the value in its prompt loses the ticket and begins anew."""
    drafting = Ticket.objects.filter(pk=ticket.pk, state=Ticket.State.DRAFTING)
    if drafting.update(state=Ticket.State.NEW, claim="", attempts=0):
        ask_for_drafts(ticket.pk)
    rewriting.ask_again(ticket)
