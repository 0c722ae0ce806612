"""One form for each value, so that the same number written differently is the same value."""

import re

from text.persian import detection_form
from text.privacy.numbers import INVISIBLE
from text.privacy.spans import (
    API_KEY,
    BANK_CARD,
    CARD_CODE,
    COMPANY_ID,
    EMAIL,
    IBAN,
    IP,
    LANDLINE,
    NATIONAL_ID,
    OTP,
    PASSWORD,
    PHONE,
    POSTAL_CODE,
    URL_SECRET,
    USERNAME,
)

_AS_WRITTEN = frozenset({API_KEY, IP, PASSWORD, URL_SECRET, USERNAME})
_DIGITS = frozenset({"", BANK_CARD, CARD_CODE, COMPANY_ID, NATIONAL_ID, OTP, POSTAL_CODE})
_NUMBERS = frozenset({PHONE, LANDLINE})

_NOT_DIGIT = re.compile(r"[^0-9]+")
_NOT_ALNUM = re.compile(r"[^0-9A-Z]+")
_UNSEEN = re.compile(rf"[\s{INVISIBLE}]+")
_AT = re.compile(r"[\[({]at[\])}]|%40|&#64;")
_DOT = re.compile(r"[\[({](?:dot|نقطه)[\])}]")
_SPOKEN = re.compile(r"\s(at|ات|dot|دات|نقطه)\s", re.IGNORECASE)
_AREA_LAST = re.compile(r"([2-9]\d{7})(0[1-8]\d)")


def normal_value(type_: str, value: str) -> str:
    """`value` as it is compared: digits alone, an e-mail address in lower case, an Iranian number
    without +98 or 0. Never shown."""
    form = detection_form(value)
    if type_ == EMAIL:
        spoken = _SPOKEN.sub(lambda word: "@" if word[1].lower() in ("at", "ات") else ".", form)
        plain = _DOT.sub(".", _AT.sub("@", _UNSEEN.sub("", spoken).lower()))
        return plain.replace(",", ".")
    if type_ == IBAN:
        plain = _NOT_ALNUM.sub("", form.upper())
        return plain if plain[:2].isalpha() else f"IR{plain.removesuffix('IR')}"
    if type_ in _AS_WRITTEN:
        return _UNSEEN.sub("", form)
    if type_ not in _DIGITS | _NUMBERS:  # words: names, addresses, what a company added
        return _UNSEEN.sub("", form).casefold()
    digits = _NOT_DIGIT.sub("", form)
    if type_ in _DIGITS:
        return digits
    if turned := _AREA_LAST.fullmatch(digits):  # 88776655-021
        digits = turned[2] + turned[1]
    for prefix in ("0098", "98"):
        if digits.startswith(prefix) and len(digits) - len(prefix) in (10, 11):
            digits = digits.removeprefix(prefix)
            break
    return digits.removeprefix("00") if digits.startswith("00") else digits.removeprefix("0")
