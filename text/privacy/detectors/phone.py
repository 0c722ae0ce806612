"""Telephone numbers: Iranian mobiles and landlines, numbers with a country's code, and whatever
stands beside a word for telephone."""

import re
from collections.abc import Iterator

from text.privacy import keywords
from text.privacy.numbers import Window
from text.privacy.reading import Reading
from text.privacy.spans import PHONE, Candidate

# National numbering plan of Iran (CRA): mobile operators, and area codes in force since 2015.
MOBILE = re.compile(r"9(?:0[0-5]|1\d|2[0-3]|3[0-9]|41|9\d)\d{7}")
AREA_CODES = frozenset(
    re.findall(
        r"\d\d",
        "11 13 17 21 23 24 25 26 28 31 34 35 38 41 44 45 "
        "51 54 56 58 61 66 71 74 76 77 81 83 84 86 87",
    )
)
LOOSE_DIGITS = (7, 15)
_SURE = 74
LOOSE = 50
"""Weight of what has only a keyword beside it."""
_ADDRESS_BEFORE = re.compile(r"(?<!wa\.me)[/=#&?]$")
_HEBREW = re.compile(r"[\u05d0-\u05ea]")
_CYRILLIC = re.compile(r"[\u0400-\u04ff]")
_ARABIC = re.compile(r"[\u0621-\u06d3]")
_BRITISH = ((5, 6), (5, 3, 3))
_COUNTRY_CODES = {"IL": "972", "UA": "380"}


def candidates(reading: Reading) -> Iterator[Candidate]:
    region = _region(reading.form)
    for window, category in reading.windows:
        weight = 0 if window.coded else _weight(window, category, region)
        if window.decimal and weight < _SURE:
            continue
        if weight > LOOSE or (weight and not _in_address(reading.form, window)):
            yield Candidate(window.start, window.end, PHONE, weight)


def _weight(window: Window, category: str | None, region: str | None) -> int:
    unnamed = category in (None, keywords.PHONE)
    iranian = _iranian_weight(window, category)
    if iranian:
        return iranian
    if window.plus and 8 <= len(window.digits) <= 15 and category != keywords.OTHER:
        return 75 if category == keywords.PHONE or _possible("+" + window.digits) else 0
    if unnamed and window.digits.startswith("00") and _valid("+" + window.digits[2:], None):
        return 65
    if unnamed and _american_shape(window):
        return 58
    if (
        unnamed
        and region in _COUNTRY_CODES
        and window.digits[0] == "0"
        and _valid(window.digits, region)
    ):
        return 62
    if unnamed and region and _with_countrys_code(window.digits, region):
        return 62
    if unnamed and region == "GB" and window.shape in _BRITISH and window.digits[:2] == "07":
        return 58
    low, high = LOOSE_DIGITS
    if category == keywords.PHONE and low <= len(window.digits) <= high:
        return LOOSE
    return 0


def _iranian_weight(window: Window, category: str | None) -> int:
    """0 where the digits are no Iranian number."""
    digits, called_other = window.digits, category not in (None, keywords.PHONE)
    written_abroad = window.plus or digits.startswith("00")
    national = digits.lstrip("0") if not window.plus else digits
    if national.startswith("98") and len(national) in (12, 13):
        rest = national[2:].removeprefix("0")
        if _is_mobile(rest) or _is_landline(rest):
            return 90 if written_abroad else 0 if called_other else 75
    if window.plus or not 10 <= len(digits) <= 11:
        return 0
    if digits[0] == "0" and _is_mobile(digits[1:]):
        return 88
    if window.shape == (8, 3) and digits[8] == "0" and _is_landline(digits[9:] + digits[:8]):
        return 0 if called_other else 70
    if digits[0] == "0" and _is_landline(digits[1:]):
        parted = window.shape[0] == 3
        return 74 if parted else 0 if called_other else 70
    if _is_mobile(digits):
        return 0 if called_other or window.decimal else 60
    return 0


def _in_address(form: str, window: Window) -> bool:
    """The number of a page on the net, beside a word like WhatsApp in its host."""
    return _ADDRESS_BEFORE.search(form[max(0, window.start - 8) : window.start]) is not None


def _is_mobile(rest: str) -> bool:
    return MOBILE.fullmatch(rest) is not None


def _is_landline(rest: str) -> bool:
    return len(rest) == 10 and rest[:2] in AREA_CODES and rest[2] not in "01"


def _american_shape(window: Window) -> bool:
    return (
        window.shape in ((3, 3, 4), (1, 3, 3, 4))
        and window.digits[-10] in "23456789"
        and window.digits[-7] in "23456789"
        and any(joint.strip() for joint in window.joints)
        and not any("/" in joint for joint in window.joints)
    )


def _region(form: str) -> str | None:
    if _HEBREW.search(form):
        return "IL"
    if _CYRILLIC.search(form):
        return "UA"
    return None if _ARABIC.search(form) else "GB"


def _with_countrys_code(digits: str, region: str) -> bool:
    """380671234567: a plus is missing."""
    code = _COUNTRY_CODES.get(region)
    return code is not None and digits.startswith(code) and _valid("+" + digits, None)


def _possible(number: str) -> bool:
    """A country's code, and as many digits as numbers there have; a mistyped one too."""
    import phonenumbers

    try:
        return phonenumbers.is_possible_number(phonenumbers.parse(number, None))
    except phonenumbers.NumberParseException:
        return False


def _valid(number: str, region: str | None) -> bool:
    import phonenumbers  # 0.2 s of loading, needed for few texts

    try:
        return phonenumbers.is_valid_number(phonenumbers.parse(number, region))
    except phonenumbers.NumberParseException:
        return False
