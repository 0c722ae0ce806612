"""How sure a mean difference is: the paired bootstrap (Koehn 2004), `bootstrap`. Pure.

The same rows are drawn for both sides, 10,000 times, seeded. Where it is known which rows are one
customer's, customers are drawn and not rows (a cluster bootstrap): ten tickets of one person are
not ten opinions.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from runtime.errors import InputError

RESAMPLES: Final = 10_000
TOGETHER: Final = 500
"""Resamples in one piece, to hold little memory with many rows."""


class NothingToCompare(InputError):
    """No row has figures of both sides."""


@dataclass(frozen=True)
class Interval:
    """A mean difference and its 95% interval; `clusters`: customers, rows where none is known."""

    mean: float
    low: float
    high: float
    rows: int
    clusters: int = 0


def bootstrap(
    differences: Sequence[float], *, clusters: Sequence[str] = (), seed: int = 0
) -> Interval:
    """`clusters`: whose each difference is, "" where unknown. Raises NothingToCompare."""
    if not differences:
        raise NothingToCompare("The two versions have no measured row in common.")
    values = np.asarray(differences, dtype=np.float64)
    groups = [name or f"\0{at}" for at, name in enumerate(clusters or [""] * len(values))]
    _names, of_row = np.unique(np.asarray(groups), return_inverse=True)
    sums = np.bincount(of_row, weights=values)
    counts = np.bincount(of_row).astype(np.float64)
    means = _means(sums, counts, np.random.default_rng(seed))
    low, high = np.quantile(means, [0.025, 0.975])
    return Interval(
        mean=round(float(values.mean()), 4),
        low=round(float(low), 4),
        high=round(float(high), 4),
        rows=len(values),
        clusters=len(sums),
    )


def _means(sums: np.ndarray, counts: np.ndarray, chance: np.random.Generator) -> np.ndarray:
    size = len(sums)
    found = []
    for start in range(0, RESAMPLES, TOGETHER):
        many = min(TOGETHER, RESAMPLES - start)
        drawn = chance.integers(0, size, size=(many, size))
        found.append(sums[drawn].sum(axis=1) / counts[drawn].sum(axis=1))
    return np.concatenate(found)
