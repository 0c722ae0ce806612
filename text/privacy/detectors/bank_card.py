"""Bank cards: 16 digits that hold Luhn's check, or look like an Iranian card, or are called one."""

import re
from collections.abc import Iterator

from text.privacy import keywords
from text.privacy.checks import luhn_holds
from text.privacy.numbers import Window
from text.privacy.reading import Reading
from text.privacy.spans import BANK_CARD, Candidate

# First six digits are the bank's (Central Bank of Iran); four tell a card from a random number.
IRANIAN_BANKS = frozenset(
    re.findall(
        r"\d{4}",
        "6037 5892 6274 6219 6104 5022 6221 6393 5859 6280 6273 6362 5047 6063 6276 9919 5029 5057 "
        "5054 6361 6277 5028 6367 6395 5041 5058 5894 6391 6369 6281 6278",
    )
)
FOREIGN_BANKS = re.compile(
    r"4|5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720|220[0-4]|35|6011|64[4-9]|65|62|9792"
)
"""Visa, Mastercard, Mir, JCB, Discover, UnionPay, Troy: one in ten others holds the check."""
_AMEX = re.compile(r"3[47]\d{13}")
_AMEX_SHAPES = ((15,), (4, 6, 5))
CALLED_CARD_DIGITS = (13, 19)


def candidates(reading: Reading) -> Iterator[Candidate]:
    for window, category in reading.windows:
        weight = 0 if window.coded else _weight(window, category)
        if weight:
            yield Candidate(window.start, window.end, BANK_CARD, weight)


def _weight(window: Window, category: str | None) -> int:
    digits = window.digits
    iranian = digits[:4] in IRANIAN_BANKS
    low, high = CALLED_CARD_DIGITS
    if len(digits) == 16 and luhn_holds(digits):
        foreign = FOREIGN_BANKS.match(digits) and category != keywords.OTHER
        likely = iranian or foreign or category == keywords.CARD
        if likely and not window.decimal:
            return 80
    if category == keywords.CARD and len(digits) == 16:
        return 78
    if iranian and len(digits) == 16 and not window.decimal and category != keywords.OTHER:
        return 66
    if category is None and window.shape in _AMEX_SHAPES and _AMEX.fullmatch(digits):
        return 72 if luhn_holds(digits) else 0
    if category == keywords.CARD and low <= len(digits) <= high:
        return 56
    return 0
