"""Two tickets of one matter become one: `merge(source, into=target)`.

Messages, replies, drafts, notes, attachments and half-typed replies go over with their
placeholders numbered anew: the same value has one number in the target, and a value that was
forgotten keeps a number of its own, so that no placeholder ever stands for another's value. What
is left is a closed ticket that says where it went; what its customer writes to it later goes there
too (`tickets.intake`). Its events stay with it.

Both belong to one customer afterwards, so that who asks to be erased is: tickets of two customers
are never merged, and one that is nobody's becomes the other one's customer's.
"""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, Final

from django.contrib.auth.models import User
from django.db import models, transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from text.privacy import normal_value
from text.privacy.placeholders import (
    Placeholder,
    cut,
    highest_numbers,
    pieces,
    placeholder,
    placeholders_in,
)
from tickets import events, searching, vault
from tickets.access import may_see
from tickets.intake import cancel_unfinished
from tickets.models import (
    Attachment,
    Message,
    NoGoodAnswer,
    Note,
    Rating,
    Reply,
    ReplyDraft,
    Rewrite,
    Suggestion,
    Ticket,
    TicketEvent,
    VaultEntry,
)
from tickets.queueing import ask_for_drafts
from tickets.rights.requests import ERASED
from tickets.states import BadChange
from tickets.vault.cipher import value_hmac

MAX_NAME: Final = 200
MAX_TEXT: Final = 1000
Numbers = dict[str, str]
"""{"[PHONE_1]" of the source: "[PHONE_3]" of the target}"""


class BadMerge(BadChange):
    """Itself, another customer's, one that was merged already, or one without words."""


def merge(source_id: int, *, into: int, actor: User) -> bool:
    """False where it was done before. Raises BadMerge, UnreadableVault or Ticket.DoesNotExist, and
    has then changed nothing."""
    with transaction.atomic():
        rows = Ticket.objects.select_for_update().filter(pk__in=(source_id, into)).order_by("pk")
        both = {row.pk: row for row in rows}
        source, target = both.get(source_id), both.get(into)
        if source is None or target is None or not may_see(actor, target):
            raise BadMerge(_("There is no ticket with this number."))
        if source.merged_into_id == target.pk:
            return False
        _check(source, target, actor)
        cancel_unfinished(source)
        waits = _waits(source)
        numbers = _take_values(source, target)
        _take_texts(source, target, numbers)
        _give_to_one_customer(source, target)
        _close(source, target)
        _go_on(target, waits)
        searching.refresh(source.pk, target.pk)
        events.record(source, TicketEvent.Kind.MERGED, actor=actor, object_id=target.pk)
        events.record(
            target, TicketEvent.Kind.MERGED, actor=actor, object_id=source.pk, role="target"
        )
    return True


def _check(source: Ticket, target: Ticket, actor: User) -> None:
    if not may_see(actor, source):
        raise BadMerge(_("There is no ticket with this number."))
    if source.pk == target.pk:
        raise BadMerge(_("A ticket cannot be merged into itself."))
    for one in (source, target):
        if one.merged_into_id is not None:
            said = _("Ticket %(number)d was merged into ticket %(into)d.")
            raise BadMerge(said % {"number": one.pk, "into": one.merged_into_id})
        if one.source == ERASED:
            raise BadMerge(_("There is no ticket with this number."))
    if len({one.customer_id for one in (source, target)} - {None}) > 1:
        raise BadMerge(_("Tickets of two customers cannot become one."))


def _waits(source: Ticket) -> datetime | None:
    return source.waiting_since if source.state in Ticket.OPEN_STATES else None


def _take_values(source: Ticket, target: Ticket) -> Numbers:
    """Moves the vault's rows. Raises UnreadableVault."""
    there = {(one.type, one.value_hmac): one for one in VaultEntry.objects.filter(ticket=target)}
    numbering = _Numbering(_texts(target), there.values())
    numbers: Numbers = {}
    for entry in VaultEntry.objects.filter(ticket=source).order_by("pk"):
        digest = _digest(entry, target)
        same = there.get((entry.type, digest))
        old = placeholder(entry.type, entry.number)
        if same is not None:  # it is kept as long as the later of the two
            numbers[old] = placeholder(same.type, same.number)
            expires_at = max(same.expires_at, entry.expires_at)
            VaultEntry.objects.filter(pk=same.pk).update(expires_at=expires_at)
            entry.delete()
            continue
        entry.ticket, entry.number, entry.value_hmac = target, numbering.next(entry.type), digest
        entry.save(update_fields=["ticket", "number", "value_hmac"])
        numbers[old] = placeholder(entry.type, entry.number)
        there[entry.type, digest] = entry
    # Values that expired, and passwords, of which nothing is kept: no two may share a number.
    for text in _texts(source):
        for name, type_ in placeholders_in(text):
            if name not in numbers:
                numbers[name] = placeholder(type_, numbering.next(type_))
    return numbers


class _Numbering:
    """Numbers that the target has not used."""

    def __init__(self, texts: Iterable[str], entries: Iterable[VaultEntry]) -> None:
        self._highest = highest_numbers(texts)
        for one in entries:
            self._highest[one.type] = max(one.number, self._highest.get(one.type, 0))

    def next(self, type_: str) -> int:
        self._highest[type_] = self._highest.get(type_, 0) + 1
        return self._highest[type_]


def _digest(entry: VaultEntry, ticket: Ticket) -> str:
    """A value's hash is bound to its ticket."""
    return value_hmac(
        source=ticket.source,
        external_id=ticket.external_id,
        type_=entry.type,
        normal=normal_value(entry.type, vault.decrypt(entry.value_encrypted)),
    )


def _texts(ticket: Ticket) -> Iterable[str]:
    yield ticket.subject
    for table, field, where in _places():
        rows = table.filter(**{where: ticket})
        yield from rows.values_list(field, flat=True)
    for draft in ReplyDraft.objects.filter(ticket=ticket):
        yield vault.decrypt(draft.text_encrypted)


def _places() -> tuple[tuple[QuerySet[Any], str, str], ...]:
    """Every text of a ticket that holds placeholders, and how it is found."""
    return (
        (Message.objects.order_by("pk"), "text", "ticket"),
        (Suggestion.objects.order_by("pk"), "text", "ticket"),
        (Rewrite.objects.order_by("pk"), "text", "suggestion__ticket"),
        (Rating.objects.order_by("pk"), "reason", "suggestion__ticket"),
        (NoGoodAnswer.objects.order_by("pk"), "text", "message__ticket"),
        (Note.objects.order_by("pk"), "text", "ticket"),
        (Attachment.objects.order_by("pk"), "name", "ticket"),
    )


def renumbered(text: str, numbers: Numbers) -> str:
    return "".join(
        numbers.get(part.name, part.text) if isinstance(part, Placeholder) else part
        for part in pieces(text)
    )


def _take_texts(source: Ticket, target: Ticket, numbers: Numbers) -> None:
    limits = {"reason": MAX_TEXT, "name": MAX_NAME}
    for table, field, where in _places():
        for row in table.filter(**{where: source}):
            before = getattr(row, field)
            after = renumbered(before, numbers)
            if table.model is NoGoodAnswer or field in limits:
                after = cut(after, limits.get(field, MAX_TEXT))
            if after != before:
                type(row)._default_manager.filter(pk=row.pk).update(**{field: after})
    _take_half_typed(source, target, lambda text: renumbered(text, numbers))
    moved: tuple[type[models.Model], ...] = (Message, Suggestion, Reply, Note, Attachment)
    for model in moved:
        model._default_manager.filter(ticket=source).update(ticket=target)
    Ticket.objects.filter(merged_into=source).update(merged_into=target)


def _take_half_typed(source: Ticket, target: Ticket, changed: Callable[[str], str]) -> None:
    """Nothing that was typed is lost: it goes to the end of what its agent types at the target."""
    there = {one.agent_id: one for one in ReplyDraft.objects.filter(ticket=target)}
    for draft in ReplyDraft.objects.filter(ticket=source):
        text = changed(vault.decrypt(draft.text_encrypted))
        other = there.get(draft.agent_id)
        if other is None:
            draft.ticket, draft.text_encrypted = target, vault.encrypt(text)
            draft.save(update_fields=["ticket", "text_encrypted", "updated_at"])
            continue
        both = f"{vault.decrypt(other.text_encrypted)}\n\n{text}".strip()
        other.text_encrypted = vault.encrypt(both)
        other.save(update_fields=["text_encrypted", "updated_at"])
        draft.delete()


def _give_to_one_customer(source: Ticket, target: Ticket) -> None:
    customer = target.customer_id or source.customer_id
    source.customer_id = target.customer_id = customer
    both = [source.pk, target.pk]
    Ticket.objects.filter(pk__in=both).update(customer=customer)
    # A past answer is named by its place in the conversation: here that can be another's name.
    Reply.objects.filter(ticket__in=both, learned_at=None).update(learned_at=timezone.now())


def _close(source: Ticket, target: Ticket) -> None:
    source.state, source.claim, source.waiting_since = Ticket.State.CLOSED, "", None
    source.closed_at, source.merged_into, source.found = timezone.now(), target, []
    source.save(
        update_fields=[
            *("state", "claim", "waiting_since", "closed_at", "merged_into", "found"),
            "updated_at",
        ]
    )


def _go_on(target: Ticket, waits: datetime | None) -> None:
    """The target waits where the source did; drafts are made for its last message if that came."""
    if waits is None or target.state == Ticket.State.SPAM:
        return
    waiting = target.waiting_since if target.state in Ticket.OPEN_STATES else None
    asked = target.messages.filter(role=Message.Role.CUSTOMER).order_by("-created_at", "-pk")
    drafted = Suggestion.objects.filter(message=asked.first(), state=Suggestion.State.READY)
    ticket_state = Ticket.State.READY if drafted.exists() else Ticket.State.NEW
    if ticket_state == Ticket.State.NEW or target.state not in Ticket.OPEN_STATES:
        cancel_unfinished(target)
        target.state, target.claim, target.attempts, target.found = ticket_state, "", 0, []
    target.waiting_since, target.closed_at = min(waits, waiting or waits), None
    target.save(
        update_fields=[
            *("state", "claim", "attempts", "found", "waiting_since", "closed_at"),
            "updated_at",
        ]
    )
    if target.state == Ticket.State.NEW:
        ask_for_drafts(target.pk)
