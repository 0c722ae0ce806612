"""The Iranian national ID: one in eleven numbers of ten digits holds its check, so words decide."""

import re
from collections.abc import Iterator

from text.privacy import keywords
from text.privacy.checks import national_id_holds
from text.privacy.numbers import Window
from text.privacy.reading import Reading
from text.privacy.spans import NATIONAL_ID, Candidate

CALLED_DIGITS = (8, 11)
"""Beside its keyword: a digit too few or too many, or the leading zeros left out."""
_SHAPES = ((10,), (3, 6, 1))
_ADDRESS_BEFORE = re.compile(r"[/=#.:&?]$|[A-Za-z_][\"']\s?:\s?[\"']?$")
_SECONDS = re.compile(r"1[4-9]\d{8}")  # since 1970
_LETTERS = re.compile(r"[\u0621-\u06d3]")


def candidates(reading: Reading) -> Iterator[Candidate]:
    low, high = CALLED_DIGITS
    for window, category in reading.windows:
        if window.coded or window.plus or window.decimal:
            continue
        if category == keywords.NATIONAL and low <= len(window.digits) <= high:
            # The full length first: "0012345678 9" is an ID and something else.
            weight = 79 if len(window.digits) == 10 else 77
            yield Candidate(window.start, window.end, NATIONAL_ID, weight)
        elif category is None and _is_one(window, reading.form):
            # 123-456789-0 is how cards print it; ten plain digits may be a mobile without 0.
            weight = 55 if len(window.shape) == 1 else 63
            yield Candidate(window.start, window.end, NATIONAL_ID, weight)


def _is_one(window: Window, form: str) -> bool:
    return (
        window.shape in _SHAPES
        and national_id_holds(window.digits)
        and _stands_alone(form, window)
        and not (_SECONDS.fullmatch(window.digits) and not _LETTERS.search(form))
    )


def _stands_alone(form: str, window: Window) -> bool:
    """Not a piece of an address or a decimal number."""
    after = form[window.end : window.end + 2]
    return not _ADDRESS_BEFORE.search(
        form[max(0, window.start - 6) : window.start]
    ) and not re.match(r"[/=&]|[.,]\d", after)
