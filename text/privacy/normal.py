"""One form for each value, so that the same number written differently is the same value."""

import re

from text.persian import detection_form
from text.privacy.numbers import INVISIBLE
from text.privacy.spans import EMAIL, IBAN, PHONE

_NOT_DIGIT = re.compile(r"[^0-9]+")
_NOT_ALNUM = re.compile(r"[^0-9A-Z]+")
_UNSEEN = re.compile(rf"[\s{INVISIBLE}]+")
_AT = re.compile(r"[\[(]at[\])]|＠")


def normal_value(type_: str, value: str) -> str:
    """`value` as it is compared: digits alone, an e-mail address in lower case, an Iranian number
    without +98 or 0. Never shown."""
    form = detection_form(value)
    if type_ == EMAIL:
        return _AT.sub("@", _UNSEEN.sub("", form).lower())
    if type_ == IBAN:
        plain = _NOT_ALNUM.sub("", form.upper())
        return plain if plain[:2].isalpha() else f"IR{plain.removesuffix('IR')}"
    digits = _NOT_DIGIT.sub("", form)
    if type_ != PHONE:
        return digits
    for prefix in ("0098", "98"):
        if digits.startswith(prefix) and len(digits) - len(prefix) in (10, 11):
            digits = digits.removeprefix(prefix)
            break
    return digits.removeprefix("00") if digits.startswith("00") else digits.removeprefix("0")
