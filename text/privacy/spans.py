"""What the engine speaks of: types, spans, candidates."""

from dataclasses import dataclass
from typing import Final

EMAIL: Final = "EMAIL"
PHONE: Final = "PHONE"
LANDLINE: Final = "LANDLINE"
BANK_CARD: Final = "BANK_CARD"
NATIONAL_ID: Final = "NATIONAL_ID"
IBAN: Final = "IBAN"
COMPANY_ID: Final = "COMPANY_ID"
POSTAL_CODE: Final = "POSTAL_CODE"
IP: Final = "IP"
URL_SECRET: Final = "URL_SECRET"  # noqa: S105 - a type's name
API_KEY: Final = "API_KEY"
PASSWORD: Final = "PASSWORD"  # noqa: S105 - a type's name
OTP: Final = "OTP"
CARD_CODE: Final = "CARD_CODE"
USERNAME: Final = "USERNAME"
PERSON: Final = "PERSON"
ADDRESS: Final = "ADDRESS"
CUSTOM: Final = "CUSTOM"
"""What an agent or a company marked, where it is none of the others."""

TYPES: Final = (
    EMAIL,
    PHONE,
    LANDLINE,
    BANK_CARD,
    NATIONAL_ID,
    IBAN,
    COMPANY_ID,
    POSTAL_CODE,
    IP,
    URL_SECRET,
    API_KEY,
    PASSWORD,
    OTP,
    CARD_CODE,
    USERNAME,
    PERSON,
    ADDRESS,
    CUSTOM,
)
STRUCTURED: Final = frozenset(TYPES) - {PERSON, ADDRESS, USERNAME, CUSTOM}
"""Those that shape, checksum and the words around tell; measured apart from the others."""
DESTROYED: Final = frozenset({PASSWORD, OTP, CARD_CODE})
"""Nobody may keep their values, not even encrypted: their placeholders stand for nothing."""


@dataclass(frozen=True, order=True)
class Span:
    """Code points `start` to `end` (exclusive) of the text as given."""

    start: int
    end: int
    type: str


@dataclass(frozen=True)
class Candidate:
    """A proposal. `type` None is a guard: it wins against lighter ones and masks nothing.

    `weight` orders proposals that overlap: 90 and more is certain from the shape alone, 70 to 89
    has a checksum or a keyword beside a clear shape, 50 to 69 is likely. `reasons` are short keys
    for people who ask why: checksum, keyword, shape, pattern, gazetteer, context, tagger.
    """

    start: int
    end: int
    type: str | None
    weight: int
    reasons: tuple[str, ...] = ("shape",)


@dataclass(frozen=True)
class Finding:
    """A span and why it is one."""

    start: int
    end: int
    type: str
    weight: int
    reasons: tuple[str, ...]
