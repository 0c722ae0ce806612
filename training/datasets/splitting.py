"""Which rows stand on which side: by a hash of whose they are, so that a row stays on its side
however the data grows.

Public entries: `split` (by the row's own key, as sweeps measure), `place_of`, `part` (a share of
the customers). Pure.
"""

import hashlib
from collections.abc import Callable, Sequence

from training.datasets.rows import Row, unit_of


def split(rows: Sequence[Row], *, holdout: float) -> tuple[list[Row], list[Row]]:
    """(learned from, kept out): about `holdout` of the ticket rows, chosen by their keys' hash."""
    kept_out = {
        row.key for row in rows if row.kind in ("ticket", "reply") and place_of(row.key) < holdout
    }
    return (
        [row for row in rows if row.key not in kept_out],
        [row for row in rows if row.key in kept_out],
    )


def part(
    rows: Sequence[Row], *, share: float, salt: str, of: Callable[[Row], str] = unit_of
) -> tuple[list[Row], list[Row]]:
    """(the rest, the part): about `share` of the units, whole. With two units or more and a share
    above 0 neither side is empty; a share of 1 leaves no rest."""
    units = sorted({of(row) for row in rows}, key=lambda unit: place_of(f"{salt}:{unit}"))
    chosen = {unit for unit in units if place_of(f"{salt}:{unit}") < share}
    if 0 < share < 1 and len(units) > 1:
        chosen = (chosen or {units[0]}) - (set() if len(chosen) < len(units) else {units[-1]})
    return (
        [row for row in rows if of(row) not in chosen],
        [row for row in rows if of(row) in chosen],
    )


def place_of(key: str) -> float:
    """From 0 to 1, always the same for a key."""
    return int(hashlib.sha256(key.encode()).hexdigest()[:8], 16) / 2**32
