"""Bank cards: 16 digits that hold Luhn's check, or look like an Iranian card, or are called one."""

import re

from text.privacy import keywords
from text.privacy.checks import luhn_holds
from text.privacy.numbers import Window
from text.privacy.reading import Reading
from text.privacy.spans import BANK_CARD, Candidate

# First six digits are the bank's (Central Bank of Iran); four tell a card from a random number.
IRANIAN_BANKS = frozenset(
    re.findall(
        r"\d{4}",
        "6037 5892 6274 6219 6104 5022 6221 6393 5859 6280 6273 6362 5047 6063 6276 6279 "
        "9919 5029 5057 "
        "5054 6361 6277 5028 6367 6395 5041 5058 5894 6391 6369 6281 6278 "
        "2071 1712 6062 6392 6396 5816",
    )
)
FOREIGN_BANKS = re.compile(
    r"4|5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720|220[0-4]|35|6011|64[4-9]|65|62|9792"
)
"""Visa, Mastercard, Mir, JCB, Discover, UnionPay, Troy: one in ten others holds the check."""
_OTHER_LENGTHS = {
    12: re.compile(r"5018|5020|5038|5893|6304|6759|676[1-3]"),
    13: re.compile(r"4"),
    14: re.compile(r"3(?:0[0-5]|[68])"),
    15: re.compile(r"3[47]|2131|1800"),
    19: re.compile(r"4|5018|5020|5038|5893|6304|6759|62"),
}
_DIGIT_BEFORE = re.compile(r"\d[\s.-]{0,2}$")
_DIGIT_BEHIND = re.compile(r"[\s.-]{0,2}\d")
_SURE, _CHECKED = 99, 80
_PRINTED = ((4, 4, 4, 4), (16,))
_SHAPES = ((14,), (15,), (4, 6, 5), (4, 6, 4), (4, 4, 4, 4, 3))
CALLED_CARD_DIGITS = (12, 19)


def of_window(window: Window, category: str | None, reading: Reading) -> Candidate | None:
    if window.coded or len(window.digits) < CALLED_CARD_DIGITS[0]:
        return None
    found = _weighed(window, category)
    if found is None:
        return None
    weight, reasons = found
    clear = category == keywords.CARD or (
        weight == _CHECKED and window.digits[:4] in IRANIAN_BANKS and category is None
    )
    if clear and window.shape in _PRINTED and _is_whole(window, reading.form):
        weight = _SURE  # nothing else is written so: no code beside it takes a part of it
    return Candidate(window.start, window.end, BANK_CARD, weight, reasons)


def _is_whole(window: Window, form: str) -> bool:
    """No other digits stand on either side."""
    before = _DIGIT_BEFORE.search(form, max(0, window.start - 3), window.start)
    return before is None and _DIGIT_BEHIND.match(form, window.end) is None


def _weighed(window: Window, category: str | None) -> tuple[int, tuple[str, ...]] | None:
    digits, count = window.digits, len(window.digits)
    called = category == keywords.CARD
    if count == 16:
        iranian = digits[:4] in IRANIAN_BANKS
        if (called or not window.decimal) and luhn_holds(digits):
            foreign = FOREIGN_BANKS.match(digits) and category != keywords.OTHER
            if called:
                return _CHECKED, ("checksum", "keyword")
            if iranian or foreign:
                return _CHECKED, ("checksum", "shape")
        if called:
            return 78, ("keyword",)
        if iranian and not window.decimal and category != keywords.OTHER:
            return 66, ("shape",)
        return None
    begins = _OTHER_LENGTHS.get(count)
    shaped = begins is not None and begins.match(digits)
    if shaped and (called or (window.shape in _SHAPES and _is_one(window, category))):
        return 72, ("checksum", "shape")
    low, high = CALLED_CARD_DIGITS
    if called and low <= count <= high:
        return 56, ("keyword",)
    return None


def _is_one(window: Window, category: str | None) -> bool:
    return category is None and not window.decimal and luhn_holds(window.digits)
