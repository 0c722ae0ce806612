"""The first line of a message: `read_header` finds date, time and what follows, in any language.

`[12/05/24, 10:20:30 PM] Name: text` (iOS), `12.05.24, 22:20 - Name: text` (Android) and their
relatives: digits of all scripts, other separators and spaces, bidi marks anywhere, words around the
time. No language is known here: the shape is what counts, and a `Shape` is what all headers of one
export have in common. Which number is the month is not known here either (see `calendars`).
"""

import re
from functools import lru_cache
from typing import Final, NamedTuple

from tickets.importing.whatsapp.calendars import NAMED_MONTH, Triple
from tickets.importing.whatsapp.halfdays import letters
from tickets.importing.whatsapp.monthnames import month_number

MARKS: Final = "\u200e\u200f\u061c\u200b\u202a-\u202e\u2066-\u2069\ufeff"
_M: Final = f"[{MARKS}]*"
_SPACE: Final = "[ \t\u00a0\u2007\u2009\u202f\u3000]"
_BETWEEN_NUMBERS: Final = (
    rf"{_M}{_SPACE}?(?:[^\w\s:;\[\](){{}}<>@#+=*&%$€]|[年月년월]){_M}{_SPACE}?{_M}"
)
_DATE: Final = (
    rf"(?P<a>\d{{1,4}})(?P<separator>{_BETWEEN_NUMBERS})(?P<b>\d{{1,2}}){_BETWEEN_NUMBERS}"
    r"(?P<c>\d{1,4})"
)
_TIME: Final = (
    rf"(?P<hour>\d{{1,2}}){_M}[:.٫]{_M}(?P<minute>\d{{2}})(?:{_M}[:.٫]{_M}(?P<second>\d{{2}}))?"
)
_END: Final = (
    rf"(?(open)\]|(?:{_SPACE}{_M}[-–—―−~|»›>•·](?={_M}{_SPACE})|:(?={_M}{_SPACE}))){_M}{_SPACE}*"
)
_MONTH: Final = r"[^\W\d_][^\W\d]{2,14}"
_GLUE: Final = rf"[.,،/\-]?{_M}(?:{_SPACE}{{1,2}}(?:de |del |of )?|(?<=[./-]))"
_DATE_FIRST: Final = re.compile(
    rf"(?P<lead>{_M})(?:(?P<open>\[)[^\d\[\]:]{{0,15}})?{_DATE}"
    rf"(?P<before>[^\d\[\]]{{1,24}}){_TIME}(?P<after>[^\d\[\]:\-–—]{{0,20}}?){_END}"
)
_TIME_FIRST: Final = re.compile(
    rf"(?P<lead>{_M})(?P<open>\[){_M}{_TIME}(?P<after>[^\d\[\]:\-–—]{{0,20}}?)[,،]"
    rf"(?P<before>{_M}{_SPACE}{_M}){_DATE}{_M}{_END}"
)
_MONTH_NAMED: Final = re.compile(
    rf"(?P<lead>{_M})(?:(?P<open>\[)[^\d\[\]:]{{0,15}}?)?"
    rf"(?:(?P<day>\d{{1,2}}){_GLUE}(?P<month>{_MONTH})"
    rf"|(?P<month_first>{_MONTH}){_GLUE}(?P<day_second>\d{{1,2}}))"
    rf"{_GLUE}(?P<year>\d{{4}})(?P<before>[^\d\[\]]{{1,24}}){_TIME}"
    rf"(?P<after>[^\d\[\]:\-–—]{{0,20}}?){_END}"
)
_NAME_END: Final = re.compile(rf":{_M}(?:{_SPACE}|$)")
_STARTS: Final = frozenset("[\u200e\u200f\u061c\u202a\u202b\u202d\u202e\u2066\u2067\u2068\ufeff")
_INVISIBLE: Final = re.compile(f"[{MARKS}]+")
MAX_NAME: Final = 100


class Shape(NamedTuple):
    """What all headers of one export share. `words`: letters stand around the time."""

    bracket: bool
    time_first: bool
    separator: str
    zero: str
    long_first: bool
    long_last: bool
    seconds: bool
    words: bool


class Header(NamedTuple):
    """`words`: the letters around the time (AM, PM and their like). `rest`: name and text, with
    their invisible marks. `own`: the mark before the bracket with which iOS tells attachments."""

    shape: Shape
    date: Triple
    hour: int
    minute: int
    second: int
    words: str
    rest: str
    own: bool


def read_header(line: str) -> Header | None:
    """None for a line that does not begin a message."""
    if not line:
        return None
    if not (line[0].isdigit() or line[0] in _STARTS):
        return _with_month_name(line) if line[0].isalpha() else None
    found, time_first = _DATE_FIRST.match(line), False
    if found is None:
        found, time_first = _TIME_FIRST.match(line), True
        if found is None:
            return _with_month_name(line)
    a, b, c, separator = found.group("a", "b", "c", "separator")
    return _header(line, found, (a, b, c), separator, time_first=time_first)


def _with_month_name(line: str) -> Header | None:
    found = _MONTH_NAMED.match(line)
    if found is None:
        return None
    month = month_number(found["month"] or found["month_first"])
    day = found["day"] or found["day_second"]
    return _header(line, found, (day, str(month), found["year"]), NAMED_MONTH) if month else None


def _header(
    line: str, found: re.Match[str], date: Triple, separator: str, *, time_first: bool = False
) -> Header | None:
    lead, opened, before, after, hour, minute, second = found.group(
        "lead", "open", "before", "after", "hour", "minute", "second"
    )
    clock = int(hour), int(minute), int(second or 0)
    if clock[0] > 24 or clock[1] > 59 or clock[2] > 59:
        return None
    words = letters(before + after)
    shape = _shape(
        bool(opened),
        time_first,
        separator,
        date[0][0],
        len(date[0]) > 2,
        len(date[2]) > 2,
        second is not None,
        bool(words),
    )
    own = bool(opened) and "\u200e" in lead
    return Header(shape, date, *clock, words, line[found.end() :], own)


@lru_cache(maxsize=1024)
def _shape(
    bracket: bool,
    time_first: bool,
    separator: str,
    digit: str,
    long_first: bool,
    long_last: bool,
    seconds: bool,
    words: bool,
) -> Shape:
    named = separator == NAMED_MONTH
    plain = separator if named else visible(separator)[:1]
    zero = chr(ord(digit) - int(digit))  # of the digits' script
    return Shape(bracket, time_first, plain, zero, long_first, long_last, seconds, words)


def split_name(rest: str) -> tuple[str, str] | None:
    """(name, text), cut at the first colon; None where nobody speaks."""
    end = _NAME_END.search(rest, 0, MAX_NAME + 2)
    if end is None or not end.start():
        return None
    return rest[: end.start()], rest[end.end() :]


def visible(text: str) -> str:
    """Without invisible marks and outer white space."""
    return (text if text.isascii() else _INVISIBLE.sub("", text)).strip()
