"""The Iranian postal code: ten digits that name one home, beside its name."""

from collections.abc import Iterator

from text.privacy import keywords
from text.privacy.reading import Reading
from text.privacy.spans import POSTAL_CODE, Candidate

DIGITS = 10
MISTYPED_DIGITS = (9, 11)


def candidates(reading: Reading) -> Iterator[Candidate]:
    low, high = MISTYPED_DIGITS
    for window, category in reading.windows:
        if category != keywords.POSTAL or window.coded or window.plus:
            continue
        if low <= len(window.digits) <= high:
            weight = 79 if len(window.digits) == DIGITS else 77
            yield Candidate(window.start, window.end, POSTAL_CODE, weight)
