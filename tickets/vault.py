"""The vault: personal values, encrypted, apart from the texts that hold their placeholders.

`TicketMasker` masks all texts of one ticket with one numbering and keeps the values; `values_of`
gives them back for a reply that goes out. Values are encrypted with MultiFernet (the first of
`settings.KEYS.vault` writes, all of them read) and compared by a keyed HMAC that is bound to the
ticket, so that a stolen database links no two tickets by a value. They are deleted when they
expire; their placeholders stay in the texts, and their numbers are never given again.
"""

import hashlib
import hmac
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from functools import lru_cache

from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings
from django.utils import timezone

from text.privacy import Found, highest_numbers, mask, normal_value
from text.privacy.placeholders import placeholder
from text.privacy.spans import DESTROYED, EMAIL, PHONE
from tickets.models import Message, Rating, Ticket, VaultEntry

NOTHING = b""


def encrypt(value: str) -> bytes:
    return _fernet(settings.KEYS.vault).encrypt(value.encode()) if value else NOTHING


def decrypt(token: bytes | memoryview) -> str:
    """Raises cryptography's InvalidToken when no key of the desk opens it."""
    return _fernet(settings.KEYS.vault).decrypt(bytes(token)).decode() if token else ""


def contact_hmac(contact: str) -> str:
    """The same for every spelling of an e-mail address or telephone number."""
    return _keyed("contact", normal_value(EMAIL if "@" in contact else PHONE, contact) or contact)


def opaque_id(external_id: str) -> str:
    """Stands for an outside id that is personal data itself; always the same for the same id."""
    return f"id-{_keyed('external-id', external_id)[:32]}"


class TicketMasker:
    """Masks texts of one ticket. `of` reads what an existing ticket has used: hold the lock on its
    row, or two processes may give one number to two values."""

    def __init__(self, *, source: str, external_id: str) -> None:
        self._scope = f"{source}\n{external_id}"
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
            known=self._numbers,
            taken=self._taken,
            public=_public_contacts(tuple(settings.PUBLIC_CONTACTS)),
            escape=escape,
            fingerprint=self._fingerprint,
        )
        self._numbers = masked.numbers
        for one in masked.found:
            self._found.setdefault((one.type, one.fingerprint), one)
        return masked.text

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
        VaultEntry.objects.bulk_create(
            self.entries(ticket, expires_at=expiry(timezone.now())),
        )
        self._kept.update(self._found)

    def _fingerprint(self, type_: str, normal: str) -> str:
        return _keyed("value", f"{self._scope}\n{type_}\n{normal}")


def expiry(start: datetime) -> datetime:
    return start + timedelta(days=settings.VAULT_DAYS)


def values_of(ticket: Ticket) -> dict[str, str]:
    """{"[PHONE_1]": value} as `text.privacy.restore` takes it; expired values are not in it."""
    rows = VaultEntry.objects.filter(ticket=ticket, expires_at__gt=timezone.now())
    return {placeholder(row.type, row.number): decrypt(row.value_encrypted) for row in rows}


def forget_expired(*, now: datetime) -> int:
    """Delete what expired; the number of values."""
    return VaultEntry.objects.filter(expires_at__lte=now).delete()[0]


def _texts_of(ticket: Ticket) -> Iterable[str]:
    yield ticket.subject
    yield from Message.objects.filter(ticket=ticket).values_list("text", flat=True)
    reasons = Rating.objects.filter(suggestion__ticket=ticket).exclude(reason="")
    yield from reasons.values_list("reason", flat=True)


def _keyed(purpose: str, value: str) -> str:
    key = f"pasokh:{purpose}:{settings.KEYS.contact}".encode()
    return hmac.new(key, value.encode(), hashlib.sha256).hexdigest()


@lru_cache(maxsize=8)
def _fernet(keys: Sequence[str]) -> MultiFernet:
    return MultiFernet([Fernet(key) for key in keys])


@lru_cache(maxsize=8)
def _public_contacts(contacts: tuple[str, ...]) -> frozenset[tuple[str, str]]:
    return frozenset(
        (type_, normal_value(type_, contact))
        for contact in contacts
        for type_ in [EMAIL if "@" in contact else PHONE]
    )
