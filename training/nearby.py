"""Which texts are nearly the same, among thousands, without holding each against each.

Public entries: `Nearby` (an index of sets of pieces), `counted`. Two sets whose Jaccard likeness is
`least` or more share at least one of the rarest pieces of both (the prefix filter of Bayardo et
al. 2007, "Scaling up all pairs similarity search"), so only those are compared: exact, and fast
where texts differ. Pure.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping

Pieces = frozenset[str]
_ROUNDING = 1e-9
"""0.55 of 20 is a little more than 11 to a computer."""


def counted(sets: Iterable[Pieces]) -> Counter[str]:
    """In how many of the sets each piece stands."""
    found: Counter[str] = Counter()
    for one in sets:
        found.update(one)
    return found


class Nearby:
    """`frequency`: of the pieces, from `counted`; what decides is only that it stays the same."""

    def __init__(self, *, least: float, frequency: Mapping[str, int]) -> None:
        self._least, self._frequency = least, frequency
        self._held: list[Pieces] = []
        self._places: dict[str, list[int]] = defaultdict(list)

    def add(self, pieces: Pieces) -> int:
        """Its number, from 0."""
        number = len(self._held)
        self._held.append(pieces)
        for piece in self._rarest(pieces):
            self._places[piece].append(number)
        return number

    def best(self, pieces: Pieces) -> int | None:
        """The number of the one that is most alike, if it is alike enough; the first of equals."""
        best, found = self._least, None
        seen: set[int] = set()
        size = len(pieces)
        for piece in self._rarest(pieces):
            for number in self._places.get(piece, ()):
                other = self._held[number]
                low, high = best * size - _ROUNDING, size / best + _ROUNDING
                if number in seen or not low <= len(other) <= high:
                    continue
                seen.add(number)
                common = len(pieces & other)
                alike = common / (size + len(other) - common)
                if alike > best or (alike == best and (found is None or number < found)):
                    best, found = alike, number
        return found

    def _rarest(self, pieces: Pieces) -> list[str]:
        ordered = sorted(pieces, key=lambda one: (self._frequency.get(one, 0), one))
        return ordered[: len(ordered) - math.ceil(self._least * len(ordered) - _ROUNDING) + 1]
