"""A line that was kept in English, in the reader's language: `said("The server answered 500.")`.

Work without a reader (imports, training, doors) speaks English, so that its rows, and what commands
print, are the same whoever began it. What was put into a message is found again by the form of the
message, which the reader's catalog knows: "The server answered %(status)s." A line of no known form
is shown as it is.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final
from unicodedata import bidirectional

from django.utils.translation import get_language, get_language_bidi, gettext
from django.utils.translation.trans_real import translation

LEAST_LETTERS: Final = 6
"""What has fewer of its own ("%(number)s h") would be found in lines that mean something else."""
HOLD_LINES: Final = frozenset({"reason", "why", "first", "error"})
"""Places where another line may stand."""
_PLACE = re.compile(r"%(?:\((\w+)\))?([sd])|%%")
_FIGURE = re.compile(r"\d[\d,]*(?:\.\d+)?")
_RIGHT_TO_LEFT: Final = "\u200f"  # a mark that nobody sees
_ANYTHING: Final = "(.+?)"
_BEFORE_COLON: Final = "((?:(?!: ).)+?)"
"""A line may begin with a name of its own: "faq.csv: There is no text in it." """


@dataclass(frozen=True)
class _Form:
    """A message with places; `names` of them in their order, "" where they have none."""

    message: str
    begins: str
    pattern: re.Pattern[str]
    names: tuple[str, ...]
    letters: int


def said(line: str, *, figure: Callable[[str], str] = str) -> str:
    """`figure` writes the numbers that stand in places."""
    told = _told(line, figure) if line else None
    return line if told is None else _in_its_direction(told)


def _in_its_direction(words: str) -> str:
    """`dir="auto"` goes by the first letter, which may be of a name ("faq.csv: …")."""
    first = next((one for one in map(bidirectional, words) if one in ("L", "R", "AL")), "")
    return f"{_RIGHT_TO_LEFT}{words}" if first == "L" and get_language_bidi() else words


def _told(line: str, figure: Callable[[str], str]) -> str | None:
    """None for a line that no message makes."""
    language = get_language()
    if language is None or language.split("-")[0] == "en":
        return line
    whole = gettext(line)
    if whole != line:
        return whole
    for form in _forms(language):
        found = form.pattern.fullmatch(line) if line.startswith(form.begins) else None
        if found is not None:
            return _filled(form, found.groups(), figure)
    name, colon, rest = line.partition(": ")
    told = _told(rest, figure) if colon and rest else None
    return None if told is None else f"{name}: {told}"


def _filled(form: _Form, values: tuple[str, ...], figure: Callable[[str], str]) -> str:
    """The places may stand in another order in the other language, where they have names."""
    written = [_value(name, one, figure) for name, one in zip(form.names, values, strict=True)]
    named = dict(zip(form.names, written, strict=True))
    unnamed = iter(written)

    def at(place: re.Match[str]) -> str:
        if place[0] == "%%":
            return "%"
        return named.get(place[1], place[0]) if place[1] else next(unnamed, place[0])

    return _PLACE.sub(at, gettext(form.message))


def _value(name: str, value: str, figure: Callable[[str], str]) -> str:
    if _FIGURE.fullmatch(value):
        return figure(value)
    return (_told(value, figure) or value) if name in HOLD_LINES else value


@lru_cache(maxsize=16)
def _forms(language: str) -> tuple[_Form, ...]:
    """Those that say most by themselves come first."""
    # No public call lists the messages of a catalog; plural ones are tuples, and no such line is
    # kept.
    messages = translation(language)._catalog.keys()  # type: ignore[attr-defined]
    forms = [form for one in messages if isinstance(one, str) for form in _form(one)]
    return tuple(sorted(forms, key=lambda form: -form.letters))


def _form(message: str) -> Iterator[_Form]:
    names, pattern, letters, end = [], "", 0, 0
    for place in _PLACE.finditer(message):
        between = message[end : place.start()]
        letters += sum(map(str.isalpha, between))
        pattern, end = pattern + re.escape(between), place.end()
        if place[0] == "%%":
            pattern += "%"
        else:
            pattern += _ANYTHING if pattern else _BEFORE_COLON
            names.append(place[1] or "")
    letters += sum(map(str.isalpha, message[end:]))
    if names and letters >= LEAST_LETTERS:
        begins = message[: message.index("%")]
        whole = re.compile(pattern + re.escape(message[end:]), re.DOTALL)
        yield _Form(message, begins, whole, tuple(names), letters)
