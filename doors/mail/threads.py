"""Which ticket a mail belongs to, and what names our replies: `ticket_of`, `message_id_of`,
`subject_token`.

A reply's Message-ID is made from its number and a keyed digest: the same at every attempt, and
nobody can make one up. It opens a ticket only to the address that the ticket's customer writes
from: whoever else names it gets a ticket of their own.
"""

import re
from collections.abc import Iterator
from typing import Final

from django.utils.translation import gettext_noop

from doors.ledger import remote_key
from doors.mail.incoming import MAX_REPORT, Mail, message_key
from doors.models import Door, Incoming, MailReference, Outgoing
from tickets.models import Message, Reply, Ticket
from tickets.vault import UnreadableVault, contact_hmac, decrypt, encrypt
from tickets.vault.cipher import keyed

MAX_REFERENCES: Final = 20
RETURNED: Final = gettext_noop("The customer's mail server gave it back: the address may be wrong.")
_OURS = re.compile(r"<pasokh\.(\d{1,18})\.([0-9a-f]{20})@[^<>\s]{1,255}>")
_SENDABLE = re.compile(r"<[!-;=?-~]{1,300}>")
"""An id that mail servers pass on; a customer's may hold anything."""
_TOKEN = re.compile(r"\[#(\d{1,18})-([0-9a-f]{10})\]")


def message_id_of(door: Door, reply_id: int, *, domain: str) -> str:
    return f"<pasokh.{reply_id}.{_mac(door, 'reply', reply_id, 20)}@{domain or 'localhost'}>"


def subject_token(door: Door, ticket_id: int) -> str:
    """For mail programs that keep the subject and lose the thread."""
    return f"[#{ticket_id}-{_mac(door, 'ticket', ticket_id, 10)}]"


def without_tokens(subject: str) -> str:
    return " ".join(_TOKEN.sub(" ", subject).split())


def our_reply(door: Door, message_id: str) -> int | None:
    """The number of the reply that we sent under this id."""
    found = _OURS.fullmatch(message_id)
    if found is None or _mac(door, "reply", int(found[1]), 20) != found[2]:
        return None
    return int(found[1])


def replies_named_in(door: Door, raw: bytes) -> list[int]:
    """Replies of ours whose ids stand somewhere in it: what a returned mail is about."""
    text = raw[:MAX_REPORT].decode("ascii", "ignore")
    found = (our_reply(door, match[0]) for match in _OURS.finditer(text))
    return [one for one in dict.fromkeys(found) if one is not None][:10]


def ticket_of(door: Door, mail: Mail) -> Ticket | None:
    """The customer's own ticket that the mail answers or adds to; None: it begins a new one."""
    contact = contact_hmac(mail.writer)
    for ticket in _named(door, mail):
        customer = ticket.customer
        if customer is not None and customer.contact_hmac == contact:
            return ticket
    return None


def remember(message: Message, mail: Mail) -> None:
    """Inside the transaction that makes the message."""
    if mail.head.message_id:
        ids = (*mail.head.references[-MAX_REFERENCES:], mail.head.message_id)
        MailReference.objects.update_or_create(
            message=message, defaults={"ids_encrypted": encrypt(" ".join(ids))}
        )


def references_for(reply: Reply) -> tuple[str, ...]:
    """What a reply has to name, the answered message last."""
    row = MailReference.objects.filter(message=reply.answers_id).first()
    if row is None:
        rows = MailReference.objects.filter(message__ticket=reply.ticket)
        row = rows.order_by("-message__created_at", "-pk").first()
    if row is None:
        return ()
    try:
        ids = [one for one in decrypt(row.ids_encrypted).split() if _SENDABLE.fullmatch(one)]
    except UnreadableVault:  # the mail goes out without its thread
        return ()
    return tuple(ids)[-MAX_REFERENCES:]


def reported_undelivered(door: Door, raw: bytes) -> int:
    """A returned mail is about replies of ours: written down where the desk shows it."""
    numbers = replies_named_in(door, raw)
    return Outgoing.objects.filter(
        door=door, reply__in=numbers, state__in=(Outgoing.State.SENT, Outgoing.State.UNSURE)
    ).update(state=Outgoing.State.FAILED, error=RETURNED)


def _named(door: Door, mail: Mail) -> Iterator[Ticket]:
    tickets = Ticket.objects.select_related("customer")
    for message_id in reversed(mail.head.references):
        number = our_reply(door, message_id)
        if number is not None:
            yield from tickets.filter(replies=number)
            continue
        key = remote_key(door, message_key(message_id, mail.writer))
        row = Incoming.objects.filter(door=door, remote_key=key).first()
        if row is not None and row.ticket_id is not None:
            yield from tickets.filter(pk=row.ticket_id)
    for number, mac in _TOKEN.findall(mail.head.subject):
        if mac == _mac(door, "ticket", int(number), 10):
            yield from tickets.filter(pk=int(number))


def _mac(door: Door, what: str, number: int, length: int) -> str:
    return keyed("mail-thread", f"{door.pk}\n{what}\n{number}")[:length]
