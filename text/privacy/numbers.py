"""Numbers as people write them: chunks of digits with separators, and the windows over them.

"0912 123 45 67 6037-9912-3456-7890" has eight chunks; a window is a run of neighbouring chunks.
Each detector of numbers looks at all windows, so that it never has to guess where one number ends
and the next begins: the weights decide.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

INVISIBLE: Final = (
    r"\u00ad\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\u20e3\ufe0e\ufe0f\ufeff"
)
SEPARATORS: Final = (
    rf"{INVISIBLE}\u0020\t\u00a0\u2000-\u200a\u202f\u205f\u3000\-\u00ad\u2010-\u2015\u2212"
    r"_.\u00b7\u2022/\\()\u0640*|~"
)
MIN_DIGITS: Final = 7
MAX_DIGITS: Final = 26

_CHUNK = re.compile(rf"[0-9](?:[{INVISIBLE}]?[0-9])*")
_JOINT = re.compile(rf"[{SEPARATORS}]{{1,4}}")
_VISIBLE = re.compile(rf"[^{INVISIBLE}]+")
_NO_DIGIT = re.compile(r"[^0-9]+")
_CODE_BEFORE = re.compile(r"[A-Za-z]{1,6}[-_#]?$")
_WORD_BEFORE = re.compile(r"(?<![A-Za-z0-9])[A-Za-z]{3,}$")
_WORD_AFTER = re.compile(r"(?![a-f]+\b)[A-Za-z]{3,}(?![A-Za-z0-9_])", re.IGNORECASE)
_POINT_BEFORE = re.compile(r"\d\.$")
_PLUS_IN_ADDRESS = "%2b"


@dataclass(frozen=True)
class Window:
    """Neighbouring chunks read as one number. `shape`: digits of each chunk; `joints`: what stands
    between them, without invisible characters; `plus`: a + stands before; `coded`: part of
    a code of letters and digits (KZ-48213, a hash); `decimal`: the digits behind a point."""

    start: int
    end: int
    digits: str
    shape: tuple[int, ...]
    joints: tuple[str, ...]
    plus: bool
    coded: bool
    decimal: bool


@dataclass(frozen=True)
class _Chunk:
    start: int
    end: int
    digits: str


def windows(form: str) -> Iterator[Window]:
    """All windows of 7 to 26 digits in a detection form."""
    chunks = [
        _Chunk(found.start(), found.end(), _NO_DIGIT.sub("", found.group()))
        for found in _CHUNK.finditer(form)
    ]
    for first in range(len(chunks)):
        yield from _from(form, chunks, first)


def _from(form: str, chunks: list[_Chunk], first: int) -> Iterator[Window]:
    start, plus = _beginning(form, chunks[first].start)
    coded_before = _coded_before(form, chunks[first].start)
    decimal = _POINT_BEFORE.search(form, max(0, start - 2), start) is not None
    joints: list[str] = []
    digits = ""
    for last in range(first, len(chunks)):
        chunk = chunks[last]
        if last > first:
            joint = form[chunks[last - 1].end : chunk.start]
            if not _JOINT.fullmatch(joint):
                return
            joints.append("".join(_VISIBLE.findall(joint)))
        digits += chunk.digits
        if len(digits) > MAX_DIGITS:
            return
        if len(digits) < MIN_DIGITS:
            continue
        yield Window(
            start=start,
            end=chunk.end,
            digits=digits,
            shape=tuple(len(part.digits) for part in chunks[first : last + 1]),
            joints=tuple(joints),
            plus=plus,
            coded=coded_before or _coded_after(form, chunk.end),
            decimal=decimal,
        )


def _beginning(form: str, start: int) -> tuple[int, bool]:
    """A plus and an opening bracket belong to the number."""
    begin = start
    if begin and form[begin - 1] == "(":
        begin -= 1
    before = begin
    while before and re.match(rf"[{INVISIBLE} ]", form[before - 1]) and begin - before < 2:
        before -= 1
    if before and form[before - 1] in "+＋":
        return before - 1, True
    if form[max(0, begin - 3) : begin].lower() == _PLUS_IN_ADDRESS:
        return begin - 3, True
    return begin, False


def _coded_before(form: str, start: int) -> bool:
    before = form[max(0, start - 12) : start]
    if not _CODE_BEFORE.search(before) or before[-3:].lower() == _PLUS_IN_ADDRESS:
        return False
    # "tel0912…" is a word stuck to its number; "a3f0912…" and "KZ-48213" are codes.
    return before[-1] in "-_#" or not _WORD_BEFORE.search(before)


def _coded_after(form: str, place: int) -> bool:
    """ "0912…hast" is a number with a word stuck to it; "0912…bc" is a code."""
    letter = place < len(form) and form[place].isascii() and form[place].isalpha()
    return letter and not _WORD_AFTER.match(form, place)
