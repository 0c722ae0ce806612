"""What another program sends to /doors/in/<source>/: `arrive(door, headers, body)`.

Proved by its signature first, then read by the door's mapping, then taken in once: by its
webhook-id, and by the message's own number where the mapping finds one, so that two webhooks about
the same message are one message. Where neither is there, the same body is the same message;
but closing again what was opened again meanwhile is no repeat.
"""

import hashlib
import json
from collections.abc import Mapping
from typing import Any, Final

from django.utils.translation import gettext_noop as _

from doors.ledger import Made, Taken, take_in
from doors.models import Door, Incoming, Outgoing
from doors.texts import FILES_ONLY, plain, shortened
from doors.webhook.mapping import AGENT, CLOSED, NEW, Event, NotMapped, read_event
from doors.webhook.options import of, secrets_of
from doors.webhook.signing import STANDARD, verify
from runtime.errors import InputError
from tickets import vault
from tickets.elsewhere import add_agent_message
from tickets.intake import (
    MAX_CONTACT,
    MAX_NAME,
    MAX_SUBJECT,
    NewTicket,
    add_customer_message,
    clean,
    is_lang,
    receive,
    stored_external_id,
    with_merged,
)
from tickets.models import Message, Reply, Ticket, TicketEvent
from tickets.states import close

MAX_BODY: Final = 256 * 1024


class NotJson(InputError):
    """The body is no JSON object."""


def arrive(door: Door, headers: Mapping[str, str], body: bytes) -> Taken:
    """`headers` by lower-case names. Raises NotSigned, NotJson; UnreadableVault where the key is
    missing. What is not mapped is written down as not taken in."""
    options = of(door)
    verify(options.scheme, secrets_of(door).known(), headers, body)
    payload = read_json(body)
    # Only where it is signed too: another id would let a body in that came before.
    named = headers.get("webhook-id", "") if options.scheme.kind == STANDARD else ""
    delivery = named or hashlib.sha256(body).hexdigest()
    try:
        event = read_event(payload, options.mapping, options.events)
    except NotMapped as reason:
        why = str(reason)
        return take_in(door, f"delivery:{delivery}", lambda: Made(why=why))
    if event.kind == CLOSED and not named:
        delivery = f"{delivery}:{_round_of(door, event)}"
    return take_in(door, f"delivery:{delivery}", lambda: _made(door, event))


def read_json(body: bytes) -> dict[str, Any]:
    try:
        payload = json.loads(body)
    except (ValueError, RecursionError):
        raise NotJson(_("The body is not JSON.")) from None
    if not isinstance(payload, dict):
        raise NotJson(_("The body is not a JSON object."))
    return payload


def _round_of(door: Door, event: Event) -> int:
    """What happened last to the ticket but that it was closed."""
    happened = TicketEvent.objects.filter(
        ticket__source=door.source, ticket__external_id=stored_external_id(event.ticket)
    ).exclude(kind=TicketEvent.Kind.CLOSED)
    return happened.order_by("-pk").values_list("pk", flat=True).first() or 0


def _made(door: Door, event: Event) -> Made:
    """In the ledger's transaction."""
    if event.kind == CLOSED or not event.message:
        return _take(door, event)
    key = json.dumps([event.ticket, event.message])
    taken = take_in(door, f"message:{key}", lambda: _take(door, event))
    if not taken.created:
        return Made(taken.row.ticket, why=_("This message was taken in before."))
    row = taken.row
    new = row.outcome == Incoming.Outcome.TICKET
    return Made(row.ticket, row.message, new_ticket=new, why=row.why)


def _take(door: Door, event: Event) -> Made:
    number = stored_external_id(event.ticket)
    ticket = Ticket.objects.filter(source=door.source, external_id=number).first()
    if event.kind == CLOSED:
        return _closed(ticket)
    text = shortened(_with_links(plain(event.text) or FILES_ONLY, event.attachments))
    if event.kind == AGENT:
        return _agents(door, ticket, event, text)
    if ticket is not None:
        if event.kind == NEW and _is_said(ticket, text):
            return Made(ticket, why=_("The ticket was there already."))
        return Made(ticket, add_customer_message(ticket, text))
    received = receive(
        NewTicket(
            source=door.source,
            external_id=event.ticket,
            subject=event.subject[:MAX_SUBJECT],
            text=text,
            contact=event.contact if len(event.contact) <= MAX_CONTACT else "",
            name=event.name[:MAX_NAME],
            lang=event.lang if is_lang(event.lang) else "",
            team_id=door.team_id,
        )
    )
    return Made(received.ticket, received.ticket.messages.first(), new_ticket=received.created)


def _closed(ticket: Ticket | None) -> Made:
    if ticket is None:
        return Made(why=_("It closes a ticket that never came."))
    close(ticket.pk, actor=None)
    return Made(ticket, why=_("The ticket was closed over there."))


def _agents(door: Door, ticket: Ticket | None, event: Event, text: str) -> Made:
    if ticket is None:
        return Made(why=_("An answer in a ticket that never came."))
    if _is_ours(door, ticket, event, text):
        return Made(ticket, why=_("Our own reply."))
    return Made(ticket, add_agent_message(ticket, text))


def _is_ours(door: Door, ticket: Ticket, event: Event, text: str) -> bool:
    """By its number, where their answer told it; else by its words, compared as they are stored, so
    that no value is read."""
    number = ticket.external_id  # its replies may stand at a ticket that it was merged into
    replies = Reply.objects.filter(outgoing__door=door, outgoing__remote_ticket=number)
    if event.message and replies.filter(outgoing__remote_id=event.message).exists():
        return True
    waits = (Outgoing.State.WAITING, Outgoing.State.FAILED)
    unnamed = replies.filter(outgoing__remote_id__in=("", unnamed_id(door))).exclude(
        outgoing__state__in=waits
    )
    sent = Message.objects.filter(reply__in=unnamed).select_related("ticket")
    return any(_same_words(message, text) for message in sent)


def _is_said(ticket: Ticket, text: str) -> bool:
    """The customer's words stand in the ticket: it came before by another event."""
    said = with_merged(ticket).messages.filter(role=Message.Role.CUSTOMER)
    return any(_same_words(message, text) for message in said.select_related("ticket"))


def _same_words(message: Message, text: str) -> bool:
    masked = vault.TicketMasker.of(message.ticket).mask(clean(text))
    return masked.split() == message.text.split()


def unnamed_id(door: Door) -> str:
    """The remote id of replies whose number over there nobody told us."""
    return f"door-{door.pk}"


def _with_links(text: str, urls: tuple[str, ...]) -> str:
    """Files over there are named, never fetched."""
    return "\n".join((text, *urls)) if urls else text
