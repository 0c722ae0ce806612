"""Tickets whose conversation has grown since: `extensions` says what is new, `write` adds it.

Only tickets that nobody works on, and that the desk did not answer.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from django.db.models import Exists, OuterRef
from django.utils import timezone

from text.privacy.placeholders import pieces
from tickets import vault
from tickets.importing import storing
from tickets.importing.growth import Growth, growth, joined
from tickets.importing.records import AGENT, PastConversation, Role, Turn
from tickets.importing.turns import fits
from tickets.models import Message, Reply, Ticket
from tickets.second_opinion import along


@dataclass(frozen=True)
class Extension:
    """`whole`: the conversation, new turns as the file tells them; `texts`: all of it as it is to
    be stored; turns from `since` on are new or longer than they were."""

    ticket: Ticket
    messages: Sequence[Message] = field(repr=False)
    whole: PastConversation
    texts: tuple[str, ...] = field(repr=False)
    since: int
    masker: vault.TicketMasker = field(repr=False)


@dataclass(frozen=True)
class Extensions:
    """`changed`: those that do not begin as they are stored, and stay as they are."""

    found: Sequence[Extension] = ()
    changed: Sequence[PastConversation] = ()


def extensions(source: str, told: Mapping[str, PastConversation], *, lock: bool) -> Extensions:
    """`told` by the tickets' external ids. `lock`: in the transaction that writes them."""
    if not told:
        return Extensions()
    closed = (Ticket.State.ANSWERED, Ticket.State.CLOSED)
    answered_here = Exists(Reply.objects.filter(ticket=OuterRef("pk")))
    tickets = Ticket.objects.filter(
        ~answered_here, source=source, external_id__in=told, state__in=closed
    ).order_by("pk")
    if lock:
        tickets = tickets.select_for_update()
    rows = list(tickets)
    messages: dict[int, list[Message]] = defaultdict(list)
    for message in Message.objects.filter(ticket__in=rows):
        messages[message.ticket_id].append(message)
    found, changed = [], []
    for row in rows:
        extension = _extension(row, messages[row.pk], told[row.external_id])
        if extension is None:
            changed.append(told[row.external_id])
        elif extension.since < len(extension.texts):
            found.append(extension)
    return Extensions(found, changed)


def write(found: Sequence[Extension]) -> None:
    """In the caller's transaction, which holds the tickets' locks."""
    now = timezone.now()
    entries = []
    new = []
    for one in found:
        known = len(one.messages)
        if one.since < known:
            Message.objects.filter(pk=one.messages[-1].pk).update(
                text=one.texts[one.since], second_read=along.is_reading()
            )
        last = one.messages[-1].created_at
        for turn, text in zip(one.whole.turns[known:], one.texts[known:], strict=True):
            last = max(turn.at or last, last)
            new.append(
                Message(
                    ticket=one.ticket,
                    role=turn.role,
                    text=text,
                    second_read=along.is_reading(),
                    created_at=last,
                )
            )
        expires_at = vault.expiry(last)
        if expires_at > now:
            entries += one.masker.entries(one.ticket, expires_at=expires_at)
        _close(one, now)
    storing.copy(new)
    storing.copy(entries)


def _close(one: Extension, now: datetime) -> None:
    answered = one.whole.turns[-1].role == AGENT
    state = Ticket.State.ANSWERED if answered else Ticket.State.CLOSED
    Ticket.objects.filter(pk=one.ticket.pk).update(state=state, updated_at=now)


def _extension(
    ticket: Ticket, messages: Sequence[Message], told: PastConversation
) -> Extension | None:
    """None where it cannot be said what is new. The values of turns that are there stay forgotten,
    if they are: only the new ones are masked for the vault."""
    if not messages:
        return None
    how = _growth(ticket, messages, told.turns)
    if how is None:
        return None
    there = [_turn(message, message.text) for message in messages]
    whole = joined(there, told.turns, how)
    known = len(messages)
    since = known - 1 if whole[known - 1] != there[-1] else known
    if not fits(whole):
        return None
    masker = vault.TicketMasker.of(ticket)
    texts = [message.text for message in messages[:since]]
    if since < known:
        texts.append(_longer(messages[-1].text, told.turns, how, masker))
    texts += [masker.mask(turn.text) for turn in whole[known:]]
    return Extension(ticket, messages, replace(told, turns=whole), tuple(texts), since, masker)


def _growth(ticket: Ticket, messages: Sequence[Message], told: Sequence[Turn]) -> Growth | None:
    passing = vault.TicketMasker(source=ticket.source, external_id=ticket.external_id)
    stored = [_turn(message, _comparable(message.text)) for message in messages]
    masked = [replace(turn, text=_comparable(passing.mask(turn.text))) for turn in told]
    how = growth(stored, masked)
    last = len(stored) - 1
    lines = messages[last].text.count("\n") + 1
    if how is None and last < len(told) and told[last].text.count("\n") >= lines:
        # What was said after it may show that it holds a value; it was stored without that.
        split = told[last].text.split("\n")
        parts = ("\n".join(split[:lines]), "\n".join(split[lines:]))
        text = "\n".join(_comparable(passing.mask(part)) for part in parts)
        masked[last] = replace(masked[last], text=text)
        how = growth(stored, masked)
    return how


def _longer(text: str, told: Sequence[Turn], how: Growth, masker: vault.TicketMasker) -> str:
    """The last message with what was said after it, by the same side."""
    if how.last_grew:
        return masker.mask(told[how.first - 1].text)
    return f"{text}\n{masker.mask(told[how.first].text)}"


def _turn(message: Message, text: str) -> Turn:
    role: Role = "agent" if message.role == Message.Role.AGENT else "customer"
    return Turn(role, text, message.created_at)


def _comparable(text: str) -> str:
    """A value that was forgotten gets another number when it is met again."""
    return "".join(part if isinstance(part, str) else f"[{part.type}]" for part in pieces(text))
