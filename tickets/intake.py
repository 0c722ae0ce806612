"""How a customer's words come in: `receive` a new ticket, `add_customer_message` to one.

Personal data is masked before anything is stored. A ticket is unique by source and external id:
receiving it again gives the ticket that is there. Drafts are asked for when the rows are committed;
should that message be lost, the sweep finds the ticket by its state.
"""

import random
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from runtime.errors import InputError
from text.language import detect
from text.privacy import find
from text.privacy.placeholders import cut
from text.privacy.spans import COMPANY_ID, NATIONAL_ID, POSTAL_CODE, STRUCTURED
from tickets import events, searching, vault
from tickets.models import Customer, Message, Rewrite, Suggestion, Ticket, TicketEvent
from tickets.queueing import ask_for_drafts

MAX_SUBJECT = 300
MAX_CONTACT = 320  # the longest e-mail address (RFC 3696, erratum 1690)
MAX_NAME = 200
MAX_EXTERNAL_ID = 200
FIRST = datetime(1970, 1, 1, tzinfo=UTC)
_SOURCE = re.compile(r"[\w.-]{1,100}")
_LANG = re.compile(r"[a-z]{2,3}(?:-[A-Za-z0-9]{2,8})?")
_COUNTERS = frozenset({COMPANY_ID, NATIONAL_ID, POSTAL_CODE})
# PostgreSQL keeps no NUL, and half of a surrogate pair is no character.
_NO_TEXT = re.compile("[\x00\ud800-\udfff]")


@dataclass(frozen=True)
class NewTicket:
    """A ticket as it came. `lang` empty: recognised. `created_at` None: now. Nothing that
    a customer wrote shows in the repr."""

    source: str
    external_id: str
    subject: str = field(repr=False)
    text: str = field(repr=False)
    contact: str = field(default="", repr=False)
    name: str = field(default="", repr=False)
    lang: str = ""
    created_at: datetime | None = None
    team_id: int | None = None


@dataclass(frozen=True)
class Received:
    ticket: Ticket
    created: bool


class BadTicket(InputError):
    """A field is missing or cannot be used."""


class TicketTooLong(InputError):
    """More characters than a ticket may have."""


def receive(new: NewTicket) -> Received:
    """Raises BadTicket or TicketTooLong, and has then stored nothing."""
    check(new)
    external_id = stored_external_id(new.external_id)
    there = Ticket.objects.filter(source=new.source, external_id=external_id).first()
    if there is not None:
        return Received(there, created=False)
    masker = vault.TicketMasker(source=new.source, external_id=external_id)
    text = masker.mask(clean(new.text))
    at = aware(new.created_at)
    row = Ticket(
        source=new.source,
        external_id=external_id,
        subject=cut(masker.mask(clean(new.subject)), MAX_SUBJECT),
        lang=new.lang or detect(text),
        shuffle_seed=random.randrange(2**31),  # noqa: S311  an order of drafts, no secret
        created_at=at,
        waiting_since=at,
        team_id=new.team_id,
    )
    return _store(new, row=row, text=text, masker=masker)


def add_customer_message(ticket: Ticket, text: str, *, at: datetime | None = None) -> Message:
    """The customer wrote again: the ticket waits anew, and drafts are made for this message. `at`
    None: now."""
    check_text(text)
    with transaction.atomic():
        row = with_merged(Ticket.objects.select_for_update().get(pk=ticket.pk))
        message = masked_message(row, text, role=Message.Role.CUSTOMER, at=at)
        cancel_unfinished(row)
        if row.state != Ticket.State.SPAM:
            # Clearing the claim stops a worker that drafts for the message before.
            waits = row.waiting_since if row.state in Ticket.OPEN_STATES else None
            row.state, row.claim, row.attempts, row.found = Ticket.State.NEW, "", 0, []
            # Who asks twice has waited since the first time, and does not lose the place.
            row.waiting_since = min(waits or message.created_at, message.created_at)
            row.closed_at = None
            row.save(
                update_fields=[
                    *("state", "claim", "attempts", "found", "waiting_since", "closed_at"),
                    "updated_at",
                ]
            )
            ask_for_drafts(row.pk)
        searching.refresh(row.pk)
        events.record(row, TicketEvent.Kind.MESSAGE, object_id=message.pk)
    return message


def masked_message(
    row: Ticket, text: str, *, role: Message.Role, at: datetime | None = None
) -> Message:
    """One more turn of the ticket, under its lock; `at` None: now."""
    masker = vault.TicketMasker.of(row)
    message = Message.objects.create(
        ticket=row, role=role, text=masker.mask(clean(text)), created_at=aware(at)
    )
    masker.keep(row)
    return message


def with_merged(row: Ticket) -> Ticket:
    """The ticket that this one was merged into, under its lock; itself, if it was not. A merge
    points former ones on, so one step is enough."""
    if row.merged_into_id is None:
        return row
    return Ticket.objects.select_for_update().get(pk=row.merged_into_id)


def cancel_unfinished(ticket: Ticket) -> None:
    """Drafts that nobody waits for any more; inside the caller's transaction."""
    unfinished = (Suggestion.State.PENDING, Suggestion.State.WRITING)
    now = timezone.now()
    cancelled = Suggestion.State.CANCELLED
    ticket.suggestions.filter(state__in=unfinished).update(state=cancelled, finished_at=now)
    rewrites = Rewrite.objects.filter(suggestion__ticket=ticket, state__in=unfinished)
    rewrites.update(state=cancelled, claim="", finished_at=now)


def answered(ticket: Ticket) -> None:
    """Nobody waits any more, nor does a worker draft: clearing the claim stops it. Inside the
    caller's transaction."""
    cancel_unfinished(ticket)
    ticket.state, ticket.claim, ticket.waiting_since = Ticket.State.ANSWERED, "", None
    ticket.save(update_fields=["state", "claim", "waiting_since", "updated_at"])


def check(new: NewTicket) -> None:
    """Limits of every field, before anything is done with it."""
    check_text(new.text)
    check_source(new.source)
    if not new.external_id.strip() or len(new.external_id) > MAX_EXTERNAL_ID:
        raise BadTicket(
            _("The external id must have 1 to %(limit)d characters.") % {"limit": MAX_EXTERNAL_ID}
        )
    check_lang(new.lang)
    check_moment(new.created_at)
    for name, value, limit in (
        (_("subject"), new.subject, MAX_SUBJECT),
        (_("contact"), new.contact, MAX_CONTACT),
        (_("name"), new.name, MAX_NAME),
    ):
        if len(value) > limit:
            raise BadTicket(
                _("The %(field)s may have %(limit)d characters at most.")
                % {"field": name, "limit": limit}
            )


def check_source(source: str) -> None:
    if not _SOURCE.fullmatch(source) or find(source):
        raise BadTicket(_("The source must be a short name of letters, digits, dots and dashes."))


def check_lang(code: str) -> None:
    if code and not is_lang(code):
        raise BadTicket(_("The language must be a code such as fa or en."))


def check_moment(moment: datetime | None) -> None:
    """No desk was there before 1970; and who comes from the future would stand before all others
    for ever. Two days, for clocks that are wrong."""
    if moment is not None and not FIRST <= aware(moment) <= timezone.now() + timedelta(days=2):
        raise BadTicket(_("created_at must be a moment between 1970 and now."))


def is_lang(code: str) -> bool:
    return _LANG.fullmatch(code) is not None


def check_text(text: str) -> None:
    if not text.strip():
        raise BadTicket(_("The ticket has no text."))
    limit = settings.MAX_TICKET_CHARACTERS
    if len(text) > limit:
        raise TicketTooLong(
            _("The ticket has %(length)d characters; %(limit)d are the most.")
            % {"length": len(text), "limit": limit}
        )


def stored_external_id(external_id: str) -> str:
    """The id as it is stored. One that is personal data itself (some desks use the customer's
    address) is stood for by a keyed hash; numbers that could be a person's or company's ID by
    chance are counters far more often, and stay."""
    return without_values(clean(external_id.strip()))


def without_values(key: str) -> str:
    """A key that another program chose, or what stands for it where it tells personal data."""
    personal = {span.type for span in find(key, names=False)} & (STRUCTURED - _COUNTERS)
    return vault.opaque_id(key) if personal else key


def clean(text: str) -> str:
    return _NO_TEXT.sub("\ufffd", text).strip()


def aware(moment: datetime | None) -> datetime:
    if moment is None:
        return timezone.now()
    return timezone.make_aware(moment) if timezone.is_naive(moment) else moment


def _store(new: NewTicket, *, row: Ticket, text: str, masker: vault.TicketMasker) -> Received:
    with transaction.atomic():
        row.customer = _customer(new)
        ticket, created = Ticket.objects.get_or_create(
            source=row.source,
            external_id=row.external_id,
            defaults={
                name: getattr(row, name)
                for name in (
                    *("customer", "subject", "lang", "shuffle_seed", "created_at"),
                    *("waiting_since", "team_id"),
                )
            },
        )
        if not created:  # another process received it at the same moment
            return Received(ticket, created=False)
        message = Message.objects.create(
            ticket=ticket, role=Message.Role.CUSTOMER, text=text, created_at=row.created_at
        )
        masker.keep(ticket)
        ask_for_drafts(ticket.pk)
        searching.refresh(ticket.pk)
        events.record(ticket, TicketEvent.Kind.RECEIVED, object_id=message.pk)
    return Received(ticket, created=True)


def _customer(new: NewTicket) -> Customer | None:
    """Found by the contact, and held until the ticket is there: who is erased at this moment is
    made anew. Without a contact there is nobody to find again, so no row."""
    contact = clean(new.contact)
    if not contact:
        return None
    customer, _created = Customer.objects.select_for_update(no_key=True).get_or_create(
        contact_hmac=vault.contact_hmac(contact),
        defaults={
            "contact_encrypted": vault.encrypt(contact),
            "name_encrypted": vault.encrypt(clean(new.name)),
        },
    )
    return customer
