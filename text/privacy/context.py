"""The words around a number: what it is called, or what unit it has.

Public entry: `Context(form).category(start, end)`. A unit right behind the number decides first,
then the nearest keyword before it, then one right behind it. Between keyword and number there may
stand no other number, except in a list ("phone 88123456 and 88123457").
"""

import re
from bisect import bisect_left, bisect_right

from text.privacy.keywords import KEYWORD, MONEY_BEFORE, OTHER, UNIT

_REACH_BEFORE = 40
_REACH_IN_LIST = 120
_REACH_AFTER = 12
_LIST_GAP = re.compile(r"(?:[\d\s\u200c\-+/().,،;:]|و|یا|هم|and|or|va|ya|або|та|і)*", re.IGNORECASE)
_NUMBER = re.compile(r"\d{4}")  # shorter ones ("کارت 2 من") do not end a keyword's reach


class Context:
    """Keywords of one text (its detection form), found once, asked for each number."""

    def __init__(self, form: str) -> None:
        self._form = form
        self._keywords = [
            (found.start(), found.end(), found.lastgroup or OTHER)
            for found in KEYWORD.finditer(form)
        ]
        self._starts = [start for start, _, _ in self._keywords]
        self._ends = [end for _, end, _ in self._keywords]

    def category(self, start: int, end: int) -> str | None:
        """What the number at `start`..`end` is called, None where no keyword is near."""
        if UNIT.match(self._form, end) or MONEY_BEFORE.search(
            self._form[max(0, start - 2) : start]
        ):
            return OTHER
        return self._before(start) or self._after(end)

    def _before(self, start: int) -> str | None:
        place = bisect_right(self._ends, start) - 1
        if place < 0 or start - self._ends[place] > _REACH_IN_LIST:
            return None
        gap = self._form[self._ends[place] : start]
        near = len(gap) <= _REACH_BEFORE and not _NUMBER.search(gap)
        return self._keywords[place][2] if near or _LIST_GAP.fullmatch(gap) else None

    def _after(self, end: int) -> str | None:
        place = bisect_left(self._starts, end)
        if place == len(self._starts) or self._starts[place] > end + _REACH_AFTER:
            return None
        _, keyword_end, category = self._keywords[place]
        # A number behind the keyword is what the keyword speaks of.
        behind = self._form[keyword_end : keyword_end + 20]
        return None if _NUMBER.search(behind) else category
