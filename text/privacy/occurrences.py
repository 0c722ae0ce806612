"""Every place where a known value stands in a text, however it is spelled there: `Wanted(value)`.

For what a person marked: "علی رضایی" is also "علي‌رضایی", and 88 12 34 56 also ۸۸۱۲-۳۴۵۶. A value of
mostly digits is looked for digit by digit with any separators between, a telephone number with and
without its country code; everything else letter by letter, as whole words.
"""

import re

from text.persian import detection_form
from text.privacy.normal import normal_value
from text.privacy.numbers import INVISIBLE, SEPARATORS
from text.privacy.placeholders import pieces
from text.privacy.spans import LANDLINE, PHONE

LEAST_DIGITS = 5
_MARKS = r"\u0640\u064b-\u0652\u0670"  # tatweel and vowel signs
_BETWEEN = rf"[{INVISIBLE}{_MARKS}]*"
_GAP = rf"[\s{INVISIBLE}{_MARKS}_-]{{0,4}}"
_JOINT = rf"[{SEPARATORS}]{{0,4}}"
_UNSEEN = re.compile(rf"[{INVISIBLE}{_MARKS}]+")
_FOLDED = str.maketrans("آأإٱةۀؤئ", "اااا" + "ههوی")


class Wanted:
    """A value that is looked for in masked texts; placeholders in them stay as they are."""

    def __init__(self, value: str, *, type_: str = "") -> None:
        self._pattern = re.compile(_pattern(value, type_), re.IGNORECASE)

    def replaced(self, text: str, placeholder: str) -> str:
        """`text` with `placeholder` at every place of the value."""
        return "".join(
            self._in(part, placeholder) if isinstance(part, str) else part.text
            for part in pieces(text)
        )

    def stands_in(self, text: str) -> bool:
        return any(
            self._pattern.search(_form(part)) for part in pieces(text) if isinstance(part, str)
        )

    def _in(self, text: str, placeholder: str) -> str:
        out: list[str] = []
        done = 0
        for found in self._pattern.finditer(_form(text)):
            out += [text[done : found.start()], placeholder]
            done = found.end()
        return "".join([*out, text[done:]])


def _form(text: str) -> str:
    """As long as the text."""
    return detection_form(text).translate(_FOLDED)


def _pattern(value: str, type_: str) -> str:
    form = _form(value).strip()
    digits = [character for character in form if character.isdigit()]
    others = [character for character in form if character.isalpha()]
    if len(digits) >= LEAST_DIGITS and len(digits) > 2 * len(others):
        return _number(form, type_)
    words = re.split(r"[\s\u200c_-]+", form)
    spelled = [_BETWEEN.join(map(re.escape, _UNSEEN.sub("", word))) for word in words if word]
    body = _GAP.join(one for one in spelled if one)
    return rf"(?<!\w){body}(?!\w)" if form[:1].isalnum() and form[-1:].isalnum() else body


def _number(form: str, type_: str) -> str:
    plain = "".join(filter(str.isalnum, form))
    prefix = ""
    if type_ in (PHONE, LANDLINE):
        plain = normal_value(PHONE, form) or plain
        prefix = rf"(?:(?:\+|00){_JOINT})?(?:98{_JOINT})?(?:\(?0\)?{_JOINT})?"
    return rf"(?<![0-9]){prefix}{_JOINT.join(map(re.escape, plain))}(?![0-9])"
