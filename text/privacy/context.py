"""The words around a number: what it is called, or what unit it has.

Public entry: `Context(form, small, runs)`: `before(start)` and `behind(start, end)`. A unit right
behind the number decides first, then the nearest keyword before it, then one right behind it.
Between keyword and number there may stand no other number, except in a list ("phone 88123456 and
88123457").
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from typing import Protocol

from text.privacy.keywords import (
    CARD,
    COMPANY,
    LANDLINE,
    MONEY,
    MONEY_BEFORE,
    NATIONAL,
    NATIONAL_OR_COMPANY,
    OTHER,
    PHONE,
    POSTAL,
    SHEBA,
    UNIT,
    keywords_in,
)

_REACH_BEFORE = 40
_REACH_OF_OTHER = 25
_REACH_IN_LIST = 120
_REACH_AFTER = 16
_BEFORE, _BEHIND = _REACH_BEFORE + 24, _REACH_AFTER + 24
_LIST_GAP = re.compile(
    r"(?:[\d\s\u200c\-+/().,،;:]++|و|یا|هم|بعدی|دومی|and|or|va|ya|або|та|і|ו)*+", re.IGNORECASE
)
_BREAK = re.compile(r"[،\n!?؟]|, ")
_DIGIT = re.compile(r"\d")
# Shorter ones ("کارت 2 من") do not end a keyword's reach.
_NUMBER = re.compile(r"\d(?:[ ().\u200c-]{0,2}\d){3}")
_SENTENCE_END = re.compile(r"[.!?؟]\s|\n\s*\n")
# "old X, new Y", "changed from X to Y": what a keyword calls the first it calls the second.
_SECOND = re.compile(
    r"(?P<first>"
    r"[^\d\n]{0,28})[a-z]{0,2}[\d+(][\d\s\u200c().+/_-]{2,26}[a-z]{0,2}(?P<between>[^\d\n]{0,36}"
    r")"
)
_OLD_AND_NEW = re.compile(
    r"(?<!\w)(?:(?:نه|not|instead|rather|а не|ולא|במקום|став|стала|стало|треба)(?!\w)|new"
    r"|old|now|former|previous|current|another|other|second|changed|instead|correct"
    r"|جدید|قدیم|قبلی|فعلی|الان|حالا|دوم|بعدی|دیگه|دیگر|درست|صحیح|اشتباه|عوض|تغییر|ghabli|jadid"
    r"|нов|стар|тепер|друг|інш|зараз|раніше|правильн|попередн|змін|[הול]{0,2}(?:חדש|ישן"
    r"|ישנ|עכשיו|שני|נכון|קודם))"
)
_AND = re.compile(
    r"[\s,،;]*(?:و|یا|به|and|or|to|та|і|й|або|на|а|ו|או|ל)[\s-]*(?:\w{1,12}[\s:]*){0,2}",
)
_OTHERS_NUMBER = re.compile(
    r"[\s:#№(\u200c-]{0,4}(?:[a-z]{1,4}-?)?(?:\d{3,12}|\d{1,6}(?:[.-]\d{1,6}){1,3}"
    r"|\d{1,3}\s?\))(?!\d)[^\d\n]{0,24}"
    r"|[^\d\n(]{0,20}\)[^\d\n]{0,12}"
)
_REACH_OVER_OTHER = 64
_NUMBERED = re.compile(r"[^\W\d_]{0,4}\s?\d{1,2}(?:\.\d{1,2})?\)?\s?[:—–-]\s?")
_STUCK = 2
# "کد ملی صاحب خط": the first of two words that stand together is what is meant.
_OF = re.compile(
    r"[\s\u200c]{0,2}(?:(?:صاحب|مالک|دارنده|برای|این|власника|של|of|for)(?:\s(?:the|my|this))?\s)?"
)
# "شبا میخواید؟ بفرمایید …": a question that is answered.
_ASKED = re.compile(r"^[^.!?؟\d]{0,14}[?؟]\s[^.!?؟\d]*$")
_REACH_OF_ASKED = 30
_IN = re.compile(
    r"(?<!\w)(?:(?:in|on|for)(?:\s(?:the|my|your|this|our|an?))?|у|в|на|для|در|تو|توی|روی"
    r"|برای|ה?[בל])[\s-]?$"
)
_OF_LONGEST = 16
_ABBREVIATED = 4
_CONJUNCTION = re.compile(r"[,،;]|(?<!\w)(?:و|and|та|і|but|ולכן)(?!\w)")


class Placed(Protocol):
    """A place in the text."""

    start: int
    end: int


def _around(runs: Sequence[Placed], length: int) -> list[tuple[int, int]]:
    """The parts of the text where a keyword could tell something of a run."""
    parts: list[tuple[int, int]] = []
    for run in runs:
        begin, end = max(0, run.start - _BEFORE), min(length, run.end + _BEHIND)
        if parts and begin <= parts[-1][1]:
            parts[-1] = parts[-1][0], end
        else:
            parts.append((begin, end))
    return parts


class Context:
    """Keywords near the numbers of one text, found once, asked for each number."""

    def __init__(self, form: str, small: str, runs: Sequence[Placed]) -> None:
        self._form = form
        self._small = small
        self._found: list[tuple[int, int, str]] = []
        for begin, end in _around(runs, len(small)):
            self._found += keywords_in(small, begin, end)
        self.silent = not self._found
        self._priced = any(map(form.__contains__, MONEY))
        self._starts = [start for start, _, _ in self._found]
        self._ends = [end for _, end, _ in self._found]

    def before(self, start: int) -> str | None:
        """What the nearest keyword before `start` calls a number there."""
        if self._priced and MONEY_BEFORE.search(self._form, max(0, start - 2), start):
            return OTHER
        if self.silent:
            return None
        place = bisect_right(self._ends, start) - 1
        if place < 0 or start - self._ends[place] > _REACH_IN_LIST:
            return None
        gap = self._form[self._ends[place] : start]
        near = len(gap) <= _REACH_BEFORE and not _NUMBER.search(gap)
        if near and _SENTENCE_END.search(gap, self._is_short(place)):
            near = len(gap) <= 3 or (len(gap) <= _REACH_OF_ASKED and _ASKED.search(gap) is not None)
        category = self._found[place][2]
        if place and category == OTHER:
            category = self._aside(place)
        if category == OTHER and place and _NUMBERED.fullmatch(gap):
            start_, (_, end, earlier) = self._found[place][0], self._found[place - 1]
            if earlier in (PHONE, LANDLINE) and start_ - end <= _STUCK:
                return earlier  # "fax version 2: …"
        if near and category == OTHER and (len(gap) > _REACH_OF_OTHER or _BREAK.search(gap)):
            near = False
        closed = category == OTHER and ")" in gap and "(" not in gap
        if not closed and (near or _LIST_GAP.fullmatch(gap)):
            return self._head(place, category)
        if category == OTHER:
            return self._over_other(place, start)
        return category if _is_second(self._small[self._ends[place] : start]) else None

    def _is_short(self, place: int) -> bool:
        """An abbreviation: the point behind it ends no sentence."""
        start, end, _ = self._found[place]
        return end - start <= _ABBREVIATED

    def _head(self, place: int, category: str) -> str:
        """What the first of two keywords that stand together says."""
        if not place or category not in (PHONE, LANDLINE):
            return category
        start, before = self._found[place][0], self._found[place - 1]
        if before[2] in (PHONE, LANDLINE, CARD) or start - before[1] > _OF_LONGEST:
            return category
        return before[2] if _OF.fullmatch(self._small, before[1], start) else category

    def _aside(self, place: int) -> str:
        """ "ЄДРПОУ у рахунку …": where it stands, not what it is."""
        start, (_, end, category) = self._found[place][0], self._found[place - 1]
        gap = self._form[end:start]
        if category not in (NATIONAL, COMPANY, NATIONAL_OR_COMPANY, POSTAL, SHEBA):
            return OTHER
        if len(gap) > _REACH_AFTER or _DIGIT.search(gap) or _SENTENCE_END.search(gap):
            return OTHER
        return category if is_aside(self._small, start) else OTHER

    def _over_other(self, place: int, start: int) -> str | None:
        """ "شناسه ملی خریدار در فاکتور 2016 به …": the order has its number already."""
        if not place or not _OTHERS_NUMBER.fullmatch(self._small, self._ends[place], start):
            return None
        _, end, category = self._found[place - 1]
        gap = self._form[end:start]
        if category == OTHER or len(gap) > _REACH_OVER_OTHER or _SENTENCE_END.search(gap):
            return None
        return None if _DIGIT.search(self._form, end, self._found[place][0]) else category

    def beyond(self, start: int) -> str | None:
        """What the keyword calls it that stands before a card's: "identity number on my card"."""
        place = bisect_right(self._ends, start) - 2
        if place < 0 or start - self._ends[place] > _REACH_OVER_OTHER:
            return None
        gap = self._form[self._ends[place] : start]
        return None if _DIGIT.search(gap) or _SENTENCE_END.search(gap) else self._found[place][2]

    def behind(self, start: int, end: int) -> str | None:
        """What stands right behind a number: OTHER for a unit; the keyword there, where none stands
        before."""
        if UNIT.match(self._small, end):
            return OTHER
        if self.silent:
            return None
        place = bisect_left(self._starts, end)
        if place == len(self._starts) or self._starts[place] > end + _REACH_AFTER:
            return None
        keyword_start, keyword_end, category = self._found[place]
        gap = self._form[end:keyword_start]
        if "\n" in gap or _DIGIT.search(gap) or _SENTENCE_END.search(gap):
            return None
        if category == OTHER and _CONJUNCTION.search(gap):
            return None
        if self.before(start) is not None:
            return None
        # A number behind the keyword is what the keyword speaks of.
        behind = self._form[keyword_end : keyword_end + 20].split("\n", 1)[0]
        ends = _DIGIT if category == OTHER else _NUMBER
        return None if ends.search(behind) else category


def _is_second(gap: str) -> bool:
    """Whether what stands between a keyword and a number is another number of the same name."""
    found = _SECOND.fullmatch(gap)
    if found is None:
        return False
    between = found["between"]
    if _SENTENCE_END.search(gap):
        return bool(_OLD_AND_NEW.search(between))
    changed = _OLD_AND_NEW.search(found["first"]) and len(between) <= _REACH_AFTER
    return bool(changed) or is_joined(between)


def is_joined(between: str) -> bool:
    """Of what stands between two numbers, in small letters: the second is called as the first."""
    return bool(_AND.fullmatch(between) or _OLD_AND_NEW.search(between))


def is_aside(small: str, start: int) -> bool:
    """Whether "in", "on" or "for" stands before a keyword (in Hebrew: is its first letter)."""
    if small[start] in "בל" and small[start + 1] != "ר":
        return True
    return _IN.search(small, max(0, start - _REACH_AFTER), start) is not None
