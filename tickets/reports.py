"""Ratings by model: how often 1 to 5 stars, and negative (1, 2) against positive (3, 4, 5).

`rating_table` reads the database, `read_counts` a CSV with a published table; both give rows that
`summarise` made, so that one's own figures stand beside others' on the same footing.
"""

import csv
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from math import sqrt
from pathlib import Path
from typing import Any, Final

from django.db.models import Count
from django.utils import timezone
from django.utils.translation import gettext as _

from runtime.errors import InputError
from runtime.spreadsheets import disarmed
from tickets.models import Rating

NEGATIVE_STARS: Final = 2  # 1 and 2 are negative
Z_95: Final = 1.959963984540054  # the normal distribution's 0.975 quantile
MAX_COUNTS_BYTES: Final = 1_000_000
MOST_RATINGS: Final = 10**12
CSV_HEADER: Final = (
    "model",
    "1",
    "2",
    "3",
    "4",
    "5",
    "negative_pct",
    "positive_pct",
    "low",
    "high",
)


@dataclass(frozen=True)
class ModelRatings:
    """`counts`: ratings of 1, 2, 3, 4 and 5 stars. Shares in per cent with one decimal; `low` and
    `high` bound the positive share (95% Wilson interval). None where nothing was rated."""

    model: str
    counts: tuple[int, int, int, int, int]
    negative_pct: float | None
    positive_pct: float | None
    low: float | None
    high: float | None

    @property
    def total(self) -> int:
        return sum(self.counts)


class BadCounts(InputError):
    """The file for --counts cannot be read as model,1,2,3,4,5."""


def rating_table(*, since: datetime | None = None) -> list[ModelRatings]:
    """A row for each model version with ratings, by name. `since`: rated (or rated anew) then or
    later."""
    ratings = (
        Rating.objects.all() if since is None else Rating.objects.filter(updated_at__gte=since)
    )
    counts: dict[str, list[int]] = defaultdict(lambda: [0] * 5)
    rows = ratings.values_list("suggestion__version__name", "stars").annotate(Count("pk"))
    for model, stars, count in rows.order_by():
        counts[model][stars - 1] = count
    return [summarise(model, counts[model]) for model in sorted(counts)]


def summarise(model: str, counts: Sequence[int]) -> ModelRatings:
    """`counts`: five whole numbers, of 1 star to 5 stars."""
    total = sum(counts)
    five = (counts[0], counts[1], counts[2], counts[3], counts[4])
    if not total:
        return ModelRatings(model, five, None, None, None, None)
    positive = sum(counts[NEGATIVE_STARS:])
    low, high = wilson(positive, total)
    return ModelRatings(
        model,
        five,
        negative_pct=_per_cent((total - positive) / total),
        positive_pct=_per_cent(positive / total),
        low=_per_cent(low),
        high=_per_cent(high),
    )


def wilson(successes: int, total: int, *, z: float = Z_95) -> tuple[float, float]:
    """Wilson's score interval of a share (E. B. Wilson, 1927), without continuity correction."""
    share = successes / total
    scale = 1 + z * z / total
    centre = (share + z * z / (2 * total)) / scale
    half = z * sqrt(share * (1 - share) / total + z * z / (4 * total * total)) / scale
    return max(0.0, centre - half), min(1.0, centre + half)


def read_counts(path: Path) -> list[ModelRatings]:
    """Rows of a CSV model,1,2,3,4,5; a heading is allowed. Raises BadCounts, naming the line."""
    try:
        if path.stat().st_size > MAX_COUNTS_BYTES:
            raise BadCounts(_("The file of counts is too large."))
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = [(number, row) for number, row in enumerate(csv.reader(file), 1) if any(row)]
    except OSError as error:
        raise BadCounts(_("The file of counts cannot be read: %s") % error.strerror) from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise BadCounts(_("The file of counts is no CSV in UTF-8.")) from error
    if rows and [cell.strip() for cell in rows[0][1]][1:6] == ["1", "2", "3", "4", "5"]:
        rows = rows[1:]
    if not rows:
        raise BadCounts(_("The file of counts has no rows."))
    return [_counts_row(number, row) for number, row in rows]


def csv_rows(models: Iterable[ModelRatings]) -> list[list[Any]]:
    """Cells under CSV_HEADER; a name that a spreadsheet would run is disarmed."""
    return [
        [
            disarmed(one.model),
            *one.counts,
            one.negative_pct,
            one.positive_pct,
            one.low,
            one.high,
        ]
        for one in models
    ]


def start_of_day(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))


def _counts_row(number: int, row: list[str]) -> ModelRatings:
    try:
        counts = [int(cell) for cell in row[1:]]
    except ValueError:
        counts = []
    if len(counts) != 5 or not row[0].strip() or not all(0 <= n <= MOST_RATINGS for n in counts):
        raise BadCounts(_("Line %d of the counts must be a model and five whole numbers.") % number)
    return summarise(row[0].strip(), counts)


def _per_cent(share: float) -> float:
    return round(100 * share, 1)
