"""What drafts cost by version and week: `cost_figures` (see also `tickets.costs`).

There is no price list: a cost here is what was computed, in tokens and in seconds.
"""

from dataclasses import dataclass
from datetime import date
from typing import Final

from django.db.models import F

from tickets.models import Suggestion
from tickets.reporting.grouping import MEDIAN, Key, Row, grouped, week
from tickets.reporting.ratings import version_names
from tickets.reporting.scope import Scope

_WRITTEN: Final = "FILTER (WHERE state = 'ready')"
_FIGURES: Final = {
    "drafts": "count(*)",
    "failed": "count(*) FILTER (WHERE state = 'failed')",
    "median_seconds": f"{MEDIAN.format('seconds')} {_WRITTEN}",
    "median_tokens": f"{MEDIAN.format('tokens')} {_WRITTEN}",
    "all_seconds": f"coalesce(sum(seconds) {_WRITTEN}, 0)",
    "all_tokens": "coalesce(sum(tokens), 0)",
    "all_read": "coalesce(sum(prompt_tokens), 0)",
}
_SETS: Final[tuple[Key, ...]] = (("model",), ("model", "week"))


@dataclass(frozen=True)
class DraftCost:
    """Of a version, or of a version in a week; medians over drafts that were written, sums over
    all."""

    version: str
    week: date | None
    drafts: int
    failed: int
    median_seconds: float | None
    median_tokens: float | None
    all_seconds: float
    all_tokens: int
    all_read: int

    @property
    def failed_pct(self) -> float:
        return round(100 * self.failed / self.drafts, 1)


def cost_figures(scope: Scope) -> tuple[list[DraftCost], list[DraftCost]]:
    """By version, the one with most drafts first, and by version and week. Two questions."""
    rows = Suggestion.objects.filter(
        scope.within("created_at"),
        scope.of_ticket("ticket__"),
        scope.by_version("version"),
        state__in=(Suggestion.State.READY, Suggestion.State.FAILED),
    ).values(
        "state",
        "seconds",
        "tokens",
        "prompt_tokens",
        week=week("created_at"),
        model=F("version_id"),
    )
    found = grouped(rows, _SETS, _FIGURES)
    names = version_names(row["model"] for row in found[("model",)])
    versions = [_cost(row, names) for row in found[("model",)]]
    weeks = [_cost(row, names) for row in found[("model", "week")]]
    place = {
        one.version: at
        for at, one in enumerate(sorted(versions, key=lambda one: (-one.drafts, one.version)))
    }
    return (
        sorted(versions, key=lambda one: place[one.version]),
        sorted(weeks, key=lambda one: (place[one.version], one.week or date.min)),
    )


def _cost(row: Row, names: dict[int, str]) -> DraftCost:
    return DraftCost(
        version=names[row["model"]],
        week=row["week"],
        **{name: row[name] for name in _FIGURES},
    )
