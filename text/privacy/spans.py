"""What the engine speaks of: types, spans, candidates."""

from dataclasses import dataclass
from typing import Final

EMAIL: Final = "EMAIL"
PHONE: Final = "PHONE"
BANK_CARD: Final = "BANK_CARD"
NATIONAL_ID: Final = "NATIONAL_ID"
IBAN: Final = "IBAN"

TYPES: Final = (EMAIL, PHONE, BANK_CARD, NATIONAL_ID, IBAN)


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
    has a checksum or a keyword beside a clear shape, 50 to 69 is likely.
    """

    start: int
    end: int
    type: str | None
    weight: int
