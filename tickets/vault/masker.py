"""All texts of one ticket with one numbering of placeholders; the values go into the vault."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import lru_cache

from django.conf import settings
from django.utils import timezone

from text.privacy import Found, highest_numbers, mask, normal_value
from text.privacy.placeholders import placeholder
from text.privacy.spans import DESTROYED, EMAIL, LANDLINE, PERSON, PHONE
from tickets.models import (
    Attachment,
    Message,
    NoGoodAnswer,
    Note,
    Rating,
    Ticket,
    VaultEntry,
)
from tickets.patterns import active_patterns
from tickets.second_opinion.along import spans_of
from tickets.vault.cipher import encrypt, value_hmac


class TicketMasker:
    """Masks texts of one ticket. `of` reads what an existing ticket has used: hold the lock on its
    row, or two processes may give one number to two values."""

    def __init__(self, *, source: str, external_id: str) -> None:
        self._source = source
        self._external_id = external_id
        self._numbers: dict[tuple[str, str], int] = {}
        self._taken: dict[str, int] = {}
        self._kept: set[tuple[str, str]] = set()
        self._found: dict[tuple[str, str], Found] = {}

    @classmethod
    def of(cls, ticket: Ticket) -> "TicketMasker":
        masker = cls(source=ticket.source, external_id=ticket.external_id)
        rows = VaultEntry.objects.filter(ticket=ticket).values_list("type", "value_hmac", "number")
        masker._numbers = {(type_, digest): number for type_, digest, number in rows}
        masker._kept = set(masker._numbers)
        masker._taken = highest_numbers(_texts_of(ticket))
        return masker

    def mask(self, text: str, *, escape: bool = True) -> str:
        """`escape=False` where placeholders in the text are meant: what an agent writes."""
        masked = mask(
            text,
            patterns=active_patterns(),
            also=spans_of(text),
            known=self._numbers,
            taken=self._taken,
            public=public_now(),
            escape=escape,
            fingerprint=self._fingerprint,
        )
        self._numbers = masked.numbers
        for one in masked.found:
            self._found.setdefault((one.type, one.fingerprint), one)
        return masked.text

    def assign(self, type_: str, value: str) -> str:
        """The placeholder of a value that a person found where the engine did not."""
        key = (type_, self._fingerprint(type_, normal_value(type_, value)))
        if key not in self._numbers:
            used = [number for (used, _), number in self._numbers.items() if used == type_]
            self._numbers[key] = max([self._taken.get(type_, 0), *used]) + 1
        self._found.setdefault(key, Found(type_, self._numbers[key], value, key[1]))
        return placeholder(type_, self._numbers[key])

    @staticmethod
    def is_public(type_: str, value: str) -> bool:
        return (type_, normal_value(type_, value)) in public_now()

    @property
    def found(self) -> list[Found]:
        """Each value that this masker met, once."""
        return list(self._found.values())

    def entries(self, ticket: Ticket, *, expires_at: datetime) -> list[VaultEntry]:
        """Unsaved rows for the values that the vault does not have yet and may have."""
        return [
            VaultEntry(
                ticket=ticket,
                type=one.type,
                number=one.number,
                value_hmac=one.fingerprint,
                value_encrypted=encrypt(one.value),
                expires_at=expires_at,
            )
            for key, one in self._found.items()
            if key not in self._kept and one.type not in DESTROYED
        ]

    def keep(self, ticket: Ticket) -> None:
        """Save the new values, inside the transaction that saves their text."""
        entries = self.entries(ticket, expires_at=expiry(timezone.now()))
        if entries:
            VaultEntry.objects.bulk_create(entries)
        self._kept.update(self._found)

    def _fingerprint(self, type_: str, normal: str) -> str:
        return value_hmac(
            source=self._source, external_id=self._external_id, type_=type_, normal=normal
        )


def expiry(start: datetime) -> datetime:
    return start + timedelta(days=settings.VAULT_DAYS)


def forget_expired(*, now: datetime) -> int:
    """Delete what expired; the number of values."""
    return VaultEntry.objects.filter(expires_at__lte=now).delete()[0]


def _texts_of(ticket: Ticket) -> Iterable[str]:
    yield ticket.subject
    yield from Message.objects.filter(ticket=ticket).values_list("text", flat=True)
    reasons = Rating.objects.filter(suggestion__ticket=ticket).exclude(reason="")
    yield from reasons.values_list("reason", flat=True)
    yield from Note.objects.filter(ticket=ticket).values_list("text", flat=True)
    yield from Attachment.objects.filter(ticket=ticket).values_list("name", flat=True)
    refusals = NoGoodAnswer.objects.filter(message__ticket=ticket).exclude(text="")
    yield from refusals.values_list("text", flat=True)


def public_now() -> frozenset[tuple[str, str]]:
    """(type, normal value) of what the company publishes: nobody's secret."""
    return _public(tuple(settings.PUBLIC_CONTACTS), tuple(settings.PUBLIC_NAMES))


@lru_cache(maxsize=8)
def _public(contacts: tuple[str, ...], names: tuple[str, ...]) -> frozenset[tuple[str, str]]:
    of_contacts = (
        (type_, normal_value(type_, contact))
        for contact in contacts
        for type_ in ((EMAIL,) if "@" in contact else (PHONE, LANDLINE))
    )
    of_names = ((PERSON, normal_value(PERSON, name)) for name in names)
    return frozenset((*of_contacts, *of_names))
