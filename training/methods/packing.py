"""Rows into lines of one length: `packed_by_length`. No torch here."""

import bisect
from collections.abc import Sequence


def packed_by_length(sizes: Sequence[int], room: int) -> list[list[int]]:
    """Places of `sizes`, line by line, none of which is over `room` unless one size alone is.

    Best fit, longest first: each size goes where it leaves the least (what TRL calls `bfd`).
    """
    lines: list[list[int]] = []
    left: list[tuple[int, int]] = []  # (room left, line), in order
    for place in sorted(range(len(sizes)), key=lambda one: -sizes[one]):
        at = bisect.bisect_left(left, (sizes[place], -1))
        if at == len(left):
            lines.append([place])
            bisect.insort(left, (room - sizes[place], len(lines) - 1))
            continue
        free, line = left.pop(at)
        lines[line].append(place)
        bisect.insort(left, (free - sizes[place], line))
    return lines
