"""Numbers as people write them: chunks of digits with separators; `windows` has what they make.

"0912 123 45 67 6037-9912-3456-7890" has eight chunks; a window is a run of neighbouring chunks.
The detectors of numbers look at all windows, so that none has to guess where one number ends and
the next begins: the weights decide. Windows that no detector could take are never made.
"""

import re
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
MAX_CHUNKS: Final = 8
"""A Sheba in groups of four has seven."""

_RUN = re.compile(rf"[0-9](?:[{SEPARATORS}]{{0,4}}[0-9]){{{MIN_DIGITS - 1},}}")
_CHUNK = re.compile(rf"[0-9](?:[{INVISIBLE}]{{0,3}}[0-9])*")
_PLAIN_CHUNK = re.compile(r"[0-9]+")
_VISIBLE = re.compile(rf"[^{INVISIBLE}]+")
_NO_DIGIT = re.compile(r"[^0-9]+")
_CODE_BEFORE = re.compile(r"[A-Za-z]{1,6}[-_#]?$")
_WORD_BEFORE = re.compile(r"(?<![A-Za-z0-9])[A-Za-z]{3,}[_]?$")
_WORD_AFTER = re.compile(r"(?:(?![a-f]+\b)[A-Za-z]{3,}|e)(?![A-Za-z0-9_])", re.IGNORECASE)
_EXTENSION = re.compile(r"\s?(?:x|ext)\.?\s?\d", re.IGNORECASE)
_AREA = 8
"""An area code in brackets ends so soon."""
_PLUS_IN_ADDRESS = "%2b"


@dataclass(slots=True)
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


@dataclass(slots=True)
class Chunk:
    start: int
    end: int
    digits: str
    joint: str
    """What stands before it."""


@dataclass(slots=True)
class Run:
    start: int
    end: int


def runs(form: str) -> list[Run]:
    return [Run(*found.span()) for found in _RUN.finditer(form)]


def whole(form: str, run: Run) -> Window | None:
    """A run read as one number; None where it has too many digits or parts."""
    text = form[run.start : run.end]
    digits = text if text.isdigit() else _NO_DIGIT.sub("", text)
    if len(digits) > MAX_DIGITS:
        return None
    chunks = [Chunk(run.start, run.end, digits, "")] if text == digits else chunks_of(form, run)
    if len(chunks) > MAX_CHUNKS:
        return None
    start, plus = beginning(form, run.start)
    return window_of(form, chunks, start, plus, coded_before(form, run.start))


def window_of(form: str, chunks: list[Chunk], start: int, plus: bool, coded: bool) -> Window:
    end = chunks[-1].end
    return Window(
        start=start,
        end=end,
        digits="".join([one.digits for one in chunks]),
        shape=tuple([len(one.digits) for one in chunks]),
        joints=tuple(
            [one.joint if one.joint.isascii() else _seen(one.joint) for one in chunks[1:]]
        ),
        plus=plus,
        coded=coded or _coded_after(form, end),
        decimal=start > 1 and form[start - 1] == "." and form[start - 2].isdigit(),
    )


def _seen(joint: str) -> str:
    return "".join(_VISIBLE.findall(joint))


def chunks_of(form: str, run: Run) -> list[Chunk]:
    chunks: list[Chunk] = []
    end = run.start
    if form[end : run.end].isascii():
        for found in _PLAIN_CHUNK.finditer(form, end, run.end):
            start = found.start()
            chunks.append(Chunk(start, found.end(), found.group(), form[end:start]))
            end = found.end()
        return _with_spelled(chunks)
    for found in _CHUNK.finditer(form, run.start, run.end):
        start, text = found.start(), found.group()
        digits = text if text.isdigit() else _NO_DIGIT.sub("", text)
        chunks.append(Chunk(start, found.end(), digits, form[end:start]))
        end = found.end()
    return _with_spelled(chunks)


def _with_spelled(chunks: list[Chunk]) -> list[Chunk]:
    """ "0 9 1 2 3 …", digit by digit, is one chunk."""
    if len(chunks) < MIN_DIGITS or sum([len(one.digits) == 1 for one in chunks]) < MIN_DIGITS:
        return chunks
    joined: list[Chunk] = []
    place = 0
    while place < len(chunks):
        last = place
        while last < len(chunks) and len(chunks[last].digits) == 1:
            last += 1
        if last - place >= MIN_DIGITS:
            part = chunks[place:last]
            digits = "".join(one.digits for one in part)
            joined.append(Chunk(part[0].start, part[-1].end, digits, part[0].joint))
            place = last
        else:
            joined.append(chunks[place])
            place += 1
    return joined


def beginning(form: str, start: int) -> tuple[int, bool]:
    """A plus and an opening bracket belong to the number."""
    if not start or (form[start - 1] not in "+＋( bB" and form[start - 1].isalnum()):
        return start, False
    begin = start
    if form[begin - 1] == "(" and ")" in form[start : start + _AREA]:
        begin -= 1
    before = begin
    while before and begin - before < 2 and form[before - 1] in _UNSEEN_OR_SPACE:
        before -= 1
    if before and form[before - 1] in "+＋":
        bracket = before > 1 and form[before - 2] == "(" and ")" in form[start : start + _AREA]
        return before - 1 - bracket, True
    if form[max(0, begin - 3) : begin].lower() == _PLUS_IN_ADDRESS:
        return begin - 3, True
    return begin, False


_UNSEEN_OR_SPACE: Final = frozenset(
    re.findall(
        rf"[ {INVISIBLE}]", " " + "".join(map(chr, [*range(0x80, 0x3000), *range(0xFE00, 0xFF00)]))
    )
)


def coded_before(form: str, start: int) -> bool:
    if not start or not form[start - 1].isascii() or form[start - 1] in " :=+(\n,;.\"'":
        return False
    before = form[max(0, start - 12) : start]
    if not _CODE_BEFORE.search(before) or before[-3:].lower() == _PLUS_IN_ADDRESS:
        return False
    # "tel0912…" is a word stuck to its number; "a3f0912…" and "KZ-48213" are codes.
    return before[-1] in "-#" or not _WORD_BEFORE.search(before)


def _coded_after(form: str, place: int) -> bool:
    """ "0912…hast" is a number with a word stuck to it; "0912…bc" is a code."""
    letter = place < len(form) and form[place].isascii() and form[place].isalpha()
    return letter and not _WORD_AFTER.match(form, place) and not _EXTENSION.match(form, place)
