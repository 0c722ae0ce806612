"""What a file tells beyond what is stored of the same conversation: `growth(stored, told)`. Pure.

A chat or thread goes on after it was imported; a later file has all of it, or only what came since.
What is stored is known again by its words, and by its times where masking has changed them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from rapidfuzz import fuzz

from tickets.importing.records import Turn

LONG_ENOUGH: Final = 15
"""Characters of a turn whose words would hardly be said twice."""
ALIKE: Final = 60.0
"""Of 100, for texts of one moment: they differ by what was masked in them."""


@dataclass(frozen=True)
class Growth:
    """`told[first:]` is new. `last_grew`: the turn before it holds all of the last stored one, and
    more lines under it."""

    first: int
    last_grew: bool = False


def growth(stored: Sequence[Turn], told: Sequence[Turn]) -> Growth | None:
    """None where neither holds the other's beginning: nobody can say what is new."""
    for offset in range(len(stored)):
        count = min(len(told), len(stored) - offset)
        if all(_same(stored[offset + n], told[n], strict=offset > 0) for n in range(count - 1)):
            here, there = stored[offset + count - 1], told[count - 1]
            if offset + count == len(stored) and _goes_on(here, there):
                return Growth(count, last_grew=True)
            ends = count == len(told) and _goes_on(there, here)
            if ends or _same(here, there, strict=offset > 0):
                return Growth(count)
        if not offset and _is_later(stored, told):
            return None if _says_again(stored, told[0]) else Growth(0)
    return None


def joined(stored: Sequence[Turn], told: Sequence[Turn], found: Growth) -> tuple[Turn, ...]:
    """The whole conversation; a side that goes on speaks in one turn."""
    whole = list(stored)
    first = found.first
    if found.last_grew:
        whole[-1] = Turn(whole[-1].role, told[first - 1].text, whole[-1].at)
    elif first < len(told) and told[first].role == whole[-1].role:
        text = f"{whole[-1].text}\n{told[first].text}"
        whole[-1] = Turn(whole[-1].role, text, whole[-1].at)
        first += 1
    return (*whole, *told[first:])


def _same(stored: Turn, told: Turn, *, strict: bool) -> bool:
    """`strict`: in the middle, where the same words may have been said before."""
    if stored.role != told.role:
        return False
    same_time = told.at is not None and stored.at == told.at
    if stored.text == told.text:
        return same_time or not strict or told.at is None
    return same_time and not strict and fuzz.ratio(stored.text, told.text) >= ALIKE


def _goes_on(short: Turn, long: Turn) -> bool:
    return short.role == long.role and long.text.startswith(f"{short.text}\n")


def _is_later(stored: Sequence[Turn], told: Sequence[Turn]) -> bool:
    begins, ended = told[0].at, stored[-1].at
    return begins is not None and ended is not None and begins > ended


def _says_again(stored: Sequence[Turn], turn: Turn) -> bool:
    """The same question with another date and answer is no question that came later."""
    return len(turn.text) >= LONG_ENOUGH and any(one.text == turn.text for one in stored)
