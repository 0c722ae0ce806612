"""The Iranian postal code: ten digits that name one home, beside its name; other countries' too."""

import re
from collections.abc import Iterator

from text.privacy import keywords
from text.privacy.context import is_aside, is_joined
from text.privacy.keywords import UNIT
from text.privacy.naming import LINK, OWN
from text.privacy.numbers import Window
from text.privacy.reading import Anchored, Reading
from text.privacy.spans import POSTAL_CODE, Candidate

DIGITS = 10
MISTYPED_DIGITS = (9, 11)
_ABROAD_DIGITS = (7, 9)
"""Israel's; the USA's with four more."""
_DEGREES = ("29", "30", "31", "32", "33", "34", "35")

_G = r"[\s\u200c]"
_LETTERED = r"[a-z]{1,2}[0-9][0-9a-z]?\s?[0-9][a-z]{2}"
_VALUE = re.compile(
    rf"(?<![\w.,/:#-])(?<!\d )(?:{_LETTERED}|[0-9]{{5}}(?:[ -][0-9]{{4}})?"
    rf"|[0-9]{{2}}[ -][0-9]{{3}}|[0-9]{{4}})"
    r"(?![\w%]|[.,:/-]\d|-\w)"
)
_NAMED = Anchored(
    {
        stem: re.compile(rf"{name}(?:['’`]?\w{{1,3}})?(?![\w.])")
        for stem, name in (
            ("zip", r"zip(?:[ -]?codes?|\+4)?"),
            ("post", r"post(?:al|leit)?[ -]?(?:code|index|zahl)"),
            ("plz", "plz"),
            ("індекс", "індекс"),
            ("индекс", "индекс"),
            ("מיקוד", "מיקוד"),
            ("мікод", "мікод"),
            ("پستی", "پستی"),
            ("posti", "posti"),
        )
    }
)
_NOT_OF_PLACES = re.compile(
    r"^\W{0,2}(?:file|archive|folder|upload|download)|error|fail|must|array|table|search"
    r"|lookup|column|field|digits|length"
    r"|масив|рядк|пошук|помилк|таблиц|колонк|бази|елемент|цитув|якост|שגיא|ספרות|خطا|ارور"
    r"|باید|رقم|\?"
)
_NOT_OF_PLACES_BEFORE = re.compile(
    r"(?:array|table|row|postgres|sql|масив\w*|ряд(?:ок|к)\w*|таблиц\w*|пошук\w*|бази)\s$"
)
_COUNTED = re.compile(
    r"\s(?:files?|bytes?|rows?|items?|entries|errors?|times|ms|mb|kb|out of|файл|рядк|байт"
    r"|קבצים|فایل)"
)
_CLAUSE_END = re.compile(r"[.!?؟;]\s|\n\s*\n|$")
_BACKWARDS = re.compile(
    rf"(?P<value>{_VALUE.pattern})[\s\u200c]{{0,2}}(?:[(—–,-]\s?)?"
    r"(?:(?:is|was|that['’]?s|this|the|my|our|new|old|it['’]?s|це|мій|наш|новий|старий|זה"
    r"|שלי|שלנו|הוא)\s){0,3}[הוב]?$"
)
_PERSIAN = ("پستی", "posti")
_CODE_BEFORE = re.compile(r"(?:کدِ?|[kc]ode?)[\s\u200c_-]{0,2}(?:ی[\s\u200c])?$")
_ROW = 14
_SHORTEST = 4
_REACH, _REACH_BACK, _GAP = 64, 30, 34
_TIGHT = re.compile(rf"{OWN}{LINK}")


def of_window(window: Window, category: str | None, reading: Reading) -> Candidate | None:
    if category != keywords.POSTAL or window.coded or window.plus:
        return None
    if window.digits.startswith("00") and len(window.digits) > DIGITS:
        return None
    count = len(window.digits)
    low, high = MISTYPED_DIGITS
    if low <= count <= high:
        weight = 79 if count == DIGITS else 77
    elif count in _ABROAD_DIGITS and (window.joints != (".",) or _is_split(window, reading)):
        weight = 76
    else:
        return None
    return Candidate(window.start, window.end, POSTAL_CODE, weight, ("keyword",))


def _is_split(window: Window, reading: Reading) -> bool:
    """Israel's, "64239.06": its degrees of latitude and longitude (32.08531) are none."""
    return reading.script == "hebrew" and window.digits[:2] not in _DEGREES


def candidates(reading: Reading) -> Iterator[Candidate]:
    """Those that are shorter than a window."""
    small = reading.small
    for found in reading.matches(_NAMED):
        start, end = found.span()
        if not _begins(small, start, found.group()):
            continue
        places = _behind(small, end) or _before(small, start)
        for begin, stop in places:
            yield Candidate(begin, stop, POSTAL_CODE, 75, ("keyword",))


def _begins(small: str, start: int, name: str) -> bool:
    """Not inside another word; "پستی" is one behind "کد" alone."""
    if name.startswith(_PERSIAN):
        return _CODE_BEFORE.search(small, max(0, start - 8), start) is not None
    if _NOT_OF_PLACES_BEFORE.search(small, max(0, start - _ROW), start):
        return False
    before = small[start - 1] if start else " "
    return not (before in "._" or (before.isascii() and before.isalpha()))


def _behind(small: str, end: int) -> list[tuple[int, int]]:
    """The first value of the clause, and the others that are joined to it."""
    clause = _CLAUSE_END.search(small, end, end + _REACH)
    last = clause.start() if clause else min(len(small), end + _REACH)
    places: list[tuple[int, int]] = []
    done = end
    for found in _VALUE.finditer(small, end, min(len(small), last + 1)):
        gap = small[done : found.start()]
        if found.end() > last or not _is_near(gap, found.group(), first=not places):
            break
        if UNIT.match(small, found.end()) or _COUNTED.match(small, found.end()):
            break
        places.append(found.span())
        done = found.end()
    return places


def _is_near(gap: str, value: str, *, first: bool) -> bool:
    if len(gap) > _GAP or _NOT_OF_PLACES.search(gap):
        return False
    if len(value) == _SHORTEST:  # a year, a number of anything
        return first and _TIGHT.fullmatch(gap) is not None
    for start, _, category in keywords.keywords_in(gap, 0, len(gap)):
        if category != keywords.POSTAL and not is_aside(gap, start):
            return False
    if any(sign.isdigit() for sign in gap):
        return False
    return first or is_joined(gap)


def _before(small: str, start: int) -> list[tuple[int, int]]:
    """ "79192 is my postal code"."""
    found = _BACKWARDS.search(small[max(0, start - _REACH_BACK) : start])
    if found is None or len(found["value"]) == _SHORTEST:
        return []
    begin = max(0, start - _REACH_BACK)
    before = small[max(0, begin - _REACH_BACK) : begin + found.start("value")]
    if any(
        category == keywords.OTHER
        for _, _, category in keywords.keywords_in(before, 0, len(before))
    ):
        return []
    return [(begin + found.start("value"), begin + found.end("value"))]
