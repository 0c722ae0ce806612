"""The windows over a run of numbers: neighbouring chunks that could together be something, with
what the words around call them.

Public entry: `windows(form, runs, naming)`. Where nothing calls a number anything, only windows of
lengths and beginnings that a number of some type has are made.
"""

from collections.abc import Iterator
from functools import cache
from typing import Final, Protocol

from text.privacy.keywords import CARD
from text.privacy.numbers import (
    MAX_CHUNKS,
    MAX_DIGITS,
    MIN_DIGITS,
    Chunk,
    Run,
    Window,
    beginning,
    chunks_of,
    coded_before,
    window_of,
)

_CARD_DIGITS: Final = 12


class Naming(Protocol):
    """What numbers are called (see `context`)."""

    silent: bool
    """There is not one word that calls a number anything."""

    def before(self, start: int) -> str | None: ...

    def beyond(self, start: int) -> str | None: ...

    def behind(self, start: int, end: int) -> str | None: ...


def windows(form: str, found: list[Run], naming: Naming) -> Iterator[tuple[Window, str | None]]:
    """The windows of 7 to 26 digits that could be something, with what they are called."""
    for run in found:
        chunks = chunks_of(form, run)
        digits = "".join([chunk.digits for chunk in chunks])
        offsets = [0]
        for chunk in chunks:
            offsets.append(offsets[-1] + len(chunk.digits))
        ends = {offset: place for place, offset in enumerate(offsets)}
        text = form[run.start : run.end]
        silent = naming.silent and "+" not in form[max(0, run.start - 4) : run.start]
        silent = silent and "+" not in text
        parted = ". " in text or "|" in text
        for first in range(len(chunks)):
            begin = offsets[first]
            if len(digits) - begin < MIN_DIGITS:
                break
            counts = _counts(digits[begin : begin + 3], offsets[first + 1] - begin)
            if silent and first + MAX_CHUNKS < len(chunks):
                # Some of the next chunks together have as many digits.
                limit = first + MAX_CHUNKS
                for count in counts:
                    if ends.get(begin + count, limit + 1) <= limit:
                        break
                else:
                    continue
            yield from _from(form, chunks, offsets, first, naming, counts, parted)


def _from(
    form: str,
    chunks: list[Chunk],
    offsets: list[int],
    first: int,
    naming: Naming,
    counts: frozenset[int],
    parted: bool,
) -> Iterator[tuple[Window, str | None]]:
    start, plus = beginning(form, chunks[first].start)
    called = naming.before(start)
    begin, final = offsets[first], len(chunks) - 1
    if plus or called is not None:
        counts = _ALL_COUNTS
    elif not counts and first + MAX_CHUNKS <= final:
        return
    coded: bool | None = None
    for last in range(first, min(final + 1, first + MAX_CHUNKS)):
        if parted and last > first and _parts(chunks[last].joint, chunks[first + 1].joint):
            return
        count = offsets[last + 1] - begin
        if count < MIN_DIGITS or (count not in counts and last < final):
            continue
        if count > MAX_DIGITS:
            return
        end = chunks[last].end
        behind = naming.behind(start, end)
        if behind is None and count not in counts:
            continue
        if coded is None:
            coded = coded_before(form, chunks[first].start)
        window = window_of(form, chunks[first : last + 1], start, plus, coded)
        name = behind or called
        if name == CARD and count < _CARD_DIGITS:
            name = naming.beyond(start)
        yield window, name


def _parts(joint: str, first: str) -> bool:
    """The end of a sentence, of a table's cell."""
    return ". " in joint or ("|" in joint and joint != first)


# How unnamed numbers of so many digits begin, and how many digits may stand together first.
_BEGINNINGS: Final[dict[int, tuple[tuple[str, ...], tuple[int, ...]]]] = {
    9: (("02", "03", "04", "08", "09"), (3,)),
    10: (("0", "9"), (3, 10)),
    11: (tuple(f"0{digit}" for digit in range(1, 10)), (8, 11)),
    12: (("98", "00", "380", "972", "90", "971", "44"), (12,)),
    13: (("98", "00"), (13,)),
    14: (("98", "00"), (4, 14)),
    15: (("00",), (4, 15)),
    16: (("60", "62", "61", "58", "50", "63"), (4, 8, 16)),
    19: ((), (4, 19)),
    24: ((), (2, 4, 24)),
}


_ALL_COUNTS: Final = frozenset(range(MIN_DIGITS, MAX_DIGITS + 1))


@cache
def _counts(prefix: str, lead: int) -> frozenset[int]:
    """How many digits a number that begins so could have though nothing says what it is; `lead`:
    digits of the first chunk."""
    found = {
        count
        for count, (beginnings, leads) in _BEGINNINGS.items()
        if lead in leads or prefix.startswith(beginnings)
    }
    if lead == 1 and prefix[0] == "1":
        found.add(11)  # American
    return frozenset(found)
