"""Sending a reply: exactly once, whatever is clicked twice or dies in between.

`send_reply` writes the message, the reply and the ticket's new state in one transaction under the
lock of the ticket's row. The page gives every form a random `send_key`, which is unique in the
table: the same send again (a double click, a reload after the web process died) finds its reply.
With `hold`, it goes nowhere until `Reply.held_until` and can be taken back (`tickets.undoing`).
Values behind placeholders are put back only in `delivered`, on the way to the customer.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone
from django.utils.html import escape
from django.utils.translation import gettext as _
from rapidfuzz.distance import Levenshtein

from runtime.errors import InputError
from text.privacy import restore
from text.privacy.placeholders import placeholders_in
from text.privacy.spans import DESTROYED
from tickets import events, searching, vault
from tickets.intake import answered, clean, without_values
from tickets.models import (
    Message,
    Reply,
    ReplyDraft,
    Suggestion,
    Ticket,
    TicketEvent,
    VaultReading,
)
from tickets.patterns import every_type
from tickets.queueing import ask_to_learn

MAX_SEND_KEY = 64
UNDO_GRACE: Final = timedelta(seconds=2)
"""Between the last moment of an undo and the first of a delivery: time for the undo to commit."""


class BadReply(InputError):
    """The reply has no text, too much of it, or names what is not this ticket's."""


class AlreadyAnswered(InputError):
    """Somebody answered meanwhile, or the ticket is closed."""


def send_reply(
    ticket_id: int,
    *,
    agent: User,
    text: str,
    suggestion_id: int | None,
    send_key: str,
    opened_at: datetime | None = None,
    hold: bool = False,
) -> Reply:
    """The reply, new or the one that this `send_key` made before. `opened_at`: when the agent saw
    the ticket; `hold`: the agent may think better of it. Raises BadReply or AlreadyAnswered, and
    has then changed nothing; Ticket.DoesNotExist for an unknown ticket."""
    text = _checked(text)
    if not 0 < len(send_key) <= MAX_SEND_KEY:
        raise BadReply(
            _("The send key must have 1 to %(limit)d characters.") % {"limit": MAX_SEND_KEY}
        )
    send_key = without_values(send_key)
    with transaction.atomic():
        ticket = Ticket.objects.select_for_update().get(pk=ticket_id)
        sent = Reply.objects.filter(send_key=send_key).first()
        if sent is not None:
            return _same_send(sent, ticket=ticket, agent=agent, text=text)
        if ticket.state not in Ticket.OPEN_STATES:
            raise AlreadyAnswered(_("This ticket has been answered or closed meanwhile."))
        suggestion = _suggestion(ticket, suggestion_id)
        masker = vault.TicketMasker.of(ticket)
        masked = masker.mask(text, escape=False)
        masker.keep(ticket)
        _check_placeholders(ticket, masked)
        reply = Reply(
            ticket=ticket,
            agent=agent,
            suggestion=suggestion,
            edit_share=edit_share(suggestion.text, masked) if suggestion else None,
            send_key=send_key,
            opened_at=opened_at,
            held_until=_held_until() if hold else None,
        )
        return _store(reply, masked)


@dataclass(frozen=True)
class Delivered:
    """A reply as the customer gets it. `html`: for mail and pages, escaped after the values are in
    it, so that no value can bring markup along."""

    text: str = field(repr=False)

    @property
    def html(self) -> str:
        return escape(self.text).replace("\n", "<br>\n")


def delivered(
    reply: Reply, *, reader: User, purpose: VaultReading.Purpose = VaultReading.Purpose.SEND
) -> Delivered:
    """The reply with the values behind its placeholders, and only those are read: by the agent who
    sends, or for REVEAL by somebody with the permission, which the caller has checked. A value
    that has expired stays a placeholder. Raises UnreadableVault."""
    text = reply.message.text
    names = {name for name, _type in placeholders_in(text)}
    if not names:
        return Delivered(text)
    values = vault.values_of(reply.ticket, reader=reader, purpose=purpose, only=names)
    return Delivered(restore(text, values))


def without_value(reply: Reply) -> bool:
    """It names a value that the vault has no more: `delivered` would leave a placeholder."""
    types = every_type()
    used = {name for name, type_ in placeholders_in(reply.message.text) if type_ in types}
    return bool(used) and not used <= vault.known_placeholders(reply.ticket)


def edit_share(draft: str, sent: str) -> float:
    """Levenshtein distance over the longer length: 0 as drafted, 1 nothing of it left."""
    return Levenshtein.normalized_distance(draft.strip(), sent.strip())


def _checked(text: str) -> str:
    text = clean(text.replace("\r\n", "\n"))
    if not text:
        raise BadReply(_("The reply has no text."))
    if len(text) > settings.MAX_TICKET_CHARACTERS:
        raise BadReply(
            _("The reply has %(length)d characters; %(limit)d are the most.")
            % {"length": len(text), "limit": settings.MAX_TICKET_CHARACTERS}
        )
    return text


def _same_send(sent: Reply, *, ticket: Ticket, agent: User, text: str) -> Reply:
    """Other words are no second try of the same: the first was sent, though its answer got lost."""
    if sent.ticket_id != ticket.pk or sent.agent_id != agent.pk:
        raise BadReply(_("This send key belongs to another reply."))
    if vault.TicketMasker.of(ticket).mask(text, escape=False) != sent.message.text:
        raise AlreadyAnswered(
            _("This reply was sent already, as it stood before the last changes.")
        )
    ReplyDraft.objects.filter(ticket=ticket, agent=agent).delete()
    return sent


def _suggestion(ticket: Ticket, suggestion_id: int | None) -> Suggestion | None:
    if suggestion_id is None:
        return None
    suggestion = ticket.suggestions.filter(pk=suggestion_id).first()
    if suggestion is None:
        raise BadReply(_("The suggestion is not one of this ticket's."))
    return suggestion


def _check_placeholders(ticket: Ticket, text: str) -> None:
    """A model can make up a placeholder; the customer must not get one. Nor may a reply be sent
    that cannot be delivered, because a key of the vault is missing."""
    known = vault.known_placeholders(ticket)
    types = every_type()
    used = placeholders_in(text)
    for name, type_ in used:
        if type_ in DESTROYED:
            raise BadReply(
                _(
                    "A password, one-time code or card code is kept nowhere, so it cannot stand in "
                    "a reply; take it out and give it another way."
                )
            )
        if type_ in types and name not in known:
            raise BadReply(
                _("%(placeholder)s stands for nothing in this ticket; take it out of the reply.")
                % {"placeholder": name}
            )
    if used:
        vault.check_readable(ticket, only={name for name, _type in used})


def _held_until() -> datetime | None:
    seconds = settings.UNDO_SECONDS
    return timezone.now() + timedelta(seconds=seconds) + UNDO_GRACE if seconds else None


def _store(reply: Reply, text: str) -> Reply:
    """The message, its reply and what they change about the ticket, under the lock on its row."""
    ticket = reply.ticket
    waited = ticket.messages.filter(role=Message.Role.CUSTOMER).order_by("-created_at", "-pk")
    reply.answers, reply.waiting_since = waited.first(), ticket.waiting_since
    reply.message = Message.objects.create(
        ticket=ticket, role=Message.Role.AGENT, text=text, created_at=timezone.now()
    )
    reply.save()
    searching.refresh(ticket.pk)
    answered(ticket)
    ReplyDraft.objects.filter(ticket=ticket, agent=reply.agent).delete()
    if reply.held_until is None:
        ask_to_learn(reply.pk)  # what is held is learned by the sweep, when it cannot be undone
    events.record(ticket, TicketEvent.Kind.REPLIED, actor=reply.agent, object_id=reply.pk)
    return reply
