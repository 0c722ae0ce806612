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
        return 80 if iranian or category != keywords.OTHER else 0
    if category == keywords.CARD and len(digits) == 16:
        return 78
    if iranian and len(digits) == 16 and category != keywords.OTHER:
        return 66
    if category == keywords.CARD and low <= len(digits) <= high:
        return 56
    return 0
