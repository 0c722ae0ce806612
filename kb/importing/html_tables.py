"""Cells of a table that reach over several rows or columns: `spread(rows)` gives each its place."""

from collections.abc import Sequence

from bs4 import Tag

MAX_COLUMNS = 100
MAX_SPREAD = 200_000
"""Places that cells may be spread over: a few bytes can ask for billions."""


def spread(rows: Sequence[Sequence[Tag]]) -> list[list[Tag | None]]:
    """A cell over several rows is said again in each, so that every row can be understood alone;
    over several columns it is said once and leaves the others empty."""
    grid: list[list[Tag | None]] = []
    reaching: dict[int, tuple[Tag, int]] = {}  # column → cell and the rows that it still reaches
    places = 0
    for row in rows:
        line: list[Tag | None] = []
        waiting = list(row)
        while waiting or len(line) in reaching:
            column = len(line)
            if column in reaching and places < MAX_SPREAD:
                cell, left = reaching.pop(column)
                if left > 1:
                    reaching[column] = (cell, left - 1)
                line.append(cell)
                places += 1
                continue
            if not waiting:
                break
            cell = waiting.pop(0)
            width = min(_span(cell, "colspan"), max(MAX_COLUMNS - column, 1))
            height = _span(cell, "rowspan")
            if height > 1:
                reaching[column] = (cell, min(height, len(rows)) - 1)
            line += [cell, *[None] * (width - 1)]
            places += width
        grid.append(line)
    return grid


def _span(cell: Tag, name: str) -> int:
    value = str(cell.get(name) or "1").strip()
    return max(1, int(value)) if value.isdecimal() and len(value) < 6 else 1
