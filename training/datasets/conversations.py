"""Tickets as rows: past tickets, replies that were sent, and drafts that were liked.

Public entry: `Conversations`, which reads each ticket's messages once. A row is named as search
names the past answer (`tickets.learning.past_question_id`), so that forgetting a ticket finds it.
Whose ticket it is stands in a row as a hash of the customer's keyed hash: what is in a file cannot
be looked up in the table. Texts are empty where a customer was erased; those are passed over.
"""

import hashlib
import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, TypeVar

from django.db.models import Avg, Value
from django.db.models.functions import Concat

from kb.models import Question
from runtime.batches import batches
from tickets.learning import past_question_id
from tickets.models import Message, Reply, Suggestion, Ticket
from training.datasets.rows import Kind, Row

LIKED: Final = 4
"""Mean stars from which on a draft that was not sent is learned from."""
_AT_ONCE: Final = 2_000
Answered = TypeVar("Answered", Reply, Suggestion)
_TURN: Final = re.compile(r"#\d+$")


@dataclass(frozen=True)
class Before:
    """What was said before an answer. `asked`: since the team's last word; `turn`: which reply of
    the ticket the answer is, from 1; `waiting`: the messages that it answers."""

    turns: tuple[tuple[str, str], ...]
    asked: str
    turn: int
    waiting: frozenset[int]


class Conversations:
    def __init__(self) -> None:
        self._messages: dict[int, list[Message]] = {}

    def replies(self, most: int) -> Iterator[Row]:
        """The newest; what the agent sent is the answer, whatever was drafted."""
        newest = Reply.objects.select_related("ticket__customer", "message").order_by("-pk")[:most]
        for reply in self._with_messages(newest):
            before = self._before(reply.ticket, reply.message_id)
            if before.asked.strip() and reply.message.text.strip():
                yield self._row("reply", reply.ticket, before, reply.message)

    def of_past_tickets(
        self, questions: Sequence[Question], *, turns: bool = True
    ) -> Iterator[Row]:
        """With the conversation before the answer where the desk has the ticket."""
        tickets = tickets_of([one.external_id for one in questions])
        if turns:
            self._read({one.pk for key, one in tickets.items() if _TURN.search(key)})
        for one in questions:
            ticket = tickets.get(one.external_id)
            if one.text.strip() and one.answer.strip():
                yield Row(
                    key=one.external_id,
                    kind="ticket",
                    lang=one.lang,
                    question=one.text,
                    answer=one.answer,
                    turns=self._earlier_turns(ticket, one.external_id),
                    customer=_hashed(ticket),
                    at=_moment(ticket.created_at if ticket else one.created_at),
                )

    def rated_drafts(self, most: int) -> Iterator[Row]:
        """Drafts that agents gave 4 or 5 stars and that nobody sent."""
        liked = rated().filter(stars__gte=LIKED, replies=None).order_by("-pk")[:most]
        for draft in self._with_messages(liked):
            before = self._before(draft.ticket, draft.message_id, included=True)
            if before.asked.strip() and draft.text.strip():
                yield self.of_draft(draft, before)

    def of_draft(self, draft: Suggestion, before: Before) -> Row:
        key = past_question_id(draft.ticket.source, draft.ticket.external_id, turn=before.turn)
        return Row(
            key=f"{key}~draft{draft.pk}",
            kind="rated",
            lang=draft.ticket.lang,
            question=before.asked,
            answer=draft.text,
            turns=_if_more(before.turns),
            customer=_hashed(draft.ticket),
            at=_moment(draft.finished_at or draft.created_at),
        )

    def before_draft(self, draft: Suggestion) -> Before:
        self._read({draft.ticket_id})
        return self._before(draft.ticket, draft.message_id, included=True)

    def before_reply(self, reply: Reply) -> Before:
        self._read({reply.ticket_id})
        return self._before(reply.ticket, reply.message_id)

    def _row(self, kind: Kind, ticket: Ticket, before: Before, answer: Message) -> Row:
        return Row(
            key=past_question_id(ticket.source, ticket.external_id, turn=before.turn),
            kind=kind,
            lang=ticket.lang,
            question=before.asked,
            answer=answer.text,
            turns=_if_more(before.turns),
            customer=_hashed(ticket),
            at=_moment(answer.created_at),
        )

    def _earlier_turns(self, ticket: Ticket | None, key: str) -> tuple[tuple[str, str], ...]:
        number = _TURN.search(key)
        if ticket is None or number is None:
            return ()
        turn = 1
        said: list[tuple[str, str]] = []
        for message in self._messages.get(ticket.pk, []):
            if message.role == Message.Role.AGENT:
                if turn == int(number.group()[1:]):
                    return _if_more(tuple(said))
                turn += 1
            said.append((str(message.role), message.text))
        return ()

    def _before(self, ticket: Ticket, message_id: int, *, included: bool = False) -> Before:
        """Before the message, or up to it with `included`."""
        said: list[tuple[str, str]] = []
        asked: list[str] = []
        waiting: set[int] = set()
        turn = 1
        for message in self._messages.get(ticket.pk, []):
            last = message.pk == message_id
            if last and not included:
                break
            said.append((str(message.role), message.text))
            if message.role == Message.Role.AGENT:
                asked, waiting, turn = [], set(), turn + 1
            else:
                asked.append(message.text)
                waiting.add(message.pk)
            if last:
                break
        return Before(tuple(said), "\n".join(asked), turn, frozenset(waiting))

    def _with_messages(self, rows: Iterable[Answered]) -> Iterator[Answered]:
        for batch in batches(rows, _AT_ONCE):
            self._read({one.ticket_id for one in batch})
            yield from batch

    def _read(self, tickets: Collection[int]) -> None:
        missing = [pk for pk in tickets if pk not in self._messages]
        self._messages.update((pk, []) for pk in missing)
        for batch in batches(missing, _AT_ONCE):
            for message in Message.objects.filter(ticket__in=batch):
                self._messages[message.ticket_id].append(message)


def rated() -> Any:
    """Finished drafts with a text and the mean of their stars."""
    drafts = Suggestion.objects.filter(state=Suggestion.State.READY).exclude(text="")
    return drafts.select_related("ticket__customer").annotate(stars=Avg("ratings__stars"))


def tickets_of(keys: Sequence[str]) -> dict[str, Ticket]:
    """By the names of their past answers, those that the desk has."""
    bases = {key: _TURN.sub("", key) for key in keys}
    named = Ticket.objects.select_related("customer").annotate(
        key=Concat("source", Value(":"), "external_id")
    )
    found: dict[str, Ticket] = {}
    for batch in batches({*keys, *bases.values()}, _AT_ONCE):
        found.update((one.key, one) for one in named.filter(key__in=batch))
    return {
        key: ticket
        for key, base in bases.items()
        if (ticket := found.get(key) or found.get(base)) is not None
    }


def _if_more(turns: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    return turns if len(turns) > 1 else ()


def _hashed(ticket: Ticket | None) -> str:
    if ticket is None or ticket.customer is None:
        return ""
    return hashlib.sha256(f"data set:{ticket.customer.contact_hmac}".encode()).hexdigest()[:32]


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds")
