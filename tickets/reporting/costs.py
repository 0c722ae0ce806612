"""What drafts cost by version and week: `cost_figures` (see also `tickets.costs`).

There is no price list: a cost here is what was computed, in tokens and in seconds.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from django.db.models import F, QuerySet

from tickets.models import Rewrite, Suggestion
from tickets.reporting.grouping import MEDIAN, Key, Row, grouped, week
from tickets.reporting.naming import version_names
from tickets.reporting.scope import Scope

_WRITTEN: Final = "FILTER (WHERE state = 'ready' AND {0} > 0)"
"""0 stands where nothing was measured: a server that does not tell."""
_FIGURES: Final = {
    "drafts": "count(*)",
    "failed": "count(*) FILTER (WHERE state = 'failed')",
    "median_seconds": f"{MEDIAN.format('seconds')} {_WRITTEN.format('seconds')}",
    "median_tokens": f"{MEDIAN.format('tokens')} {_WRITTEN.format('tokens')}",
    "all_seconds": "coalesce(sum(seconds), 0)",
    "all_tokens": "coalesce(sum(tokens), 0)",
    "all_read": "coalesce(sum(prompt_tokens), 0)",
}
_REWORDED: Final = {
    "rewordings": "count(*)",
    "all_seconds": "coalesce(sum(seconds), 0)",
    "all_tokens": "coalesce(sum(tokens), 0)",
}
_COUNTED: Final = ("drafts", "failed", "rewordings", "all_seconds", "all_tokens", "all_read")
_SETS: Final[tuple[Key, ...]] = (("model",), ("model", "week"))
_ENDED: Final = (Suggestion.State.READY, Suggestion.State.FAILED)


@dataclass(frozen=True)
class DraftCost:
    """Of a version, or of a version in a week; medians over drafts that were written, sums over all
    that ended, and over `rewordings`: drafts that it said another way."""

    version: str
    week: date | None
    drafts: int
    failed: int
    median_seconds: float | None
    median_tokens: float | None
    rewordings: int
    all_seconds: float
    all_tokens: int
    all_read: int

    @property
    def failed_pct(self) -> float | None:
        return round(100 * self.failed / self.drafts, 1) if self.drafts else None


def cost_figures(scope: Scope) -> tuple[list[DraftCost], list[DraftCost]]:
    """By version, the one with most drafts first, and by version and week. Three questions."""
    drafts, rewordings = grouped(_drafts(scope), _SETS, _FIGURES), _rewordings(scope)
    by_version, by_week = (_together(drafts[key], rewordings[key]) for key in _SETS)
    names = version_names(row["model"] for row in by_version)
    versions = [_cost(row, names) for row in by_version]
    weeks = [_cost(row, names) for row in by_week]
    place = {
        one.version: at
        for at, one in enumerate(sorted(versions, key=lambda one: (-one.drafts, one.version)))
    }
    return (
        sorted(versions, key=lambda one: place[one.version]),
        sorted(weeks, key=lambda one: (place[one.version], one.week or date.min)),
    )


def _drafts(scope: Scope) -> QuerySet[Any, Any]:
    return Suggestion.objects.filter(
        scope.within("created_at"),
        scope.of_ticket("ticket__"),
        scope.by_version("version"),
        state__in=_ENDED,
    ).values(
        "state",
        "seconds",
        "tokens",
        "prompt_tokens",
        week=week("created_at"),
        model=F("version_id"),
    )


def _rewordings(scope: Scope) -> dict[Key, list[Row]]:
    rows = Rewrite.objects.filter(
        scope.within("created_at"),
        scope.of_ticket("suggestion__ticket__"),
        scope.by_version("suggestion__version"),
        state__in=_ENDED,
    ).values("seconds", "tokens", week=week("created_at"), model=F("suggestion__version_id"))
    return grouped(rows, _SETS, _REWORDED)


def _together(drafts: list[Row], rewordings: list[Row]) -> list[Row]:
    """Sums of both; a week may have rewordings and no drafts."""
    found: dict[tuple[int, date | None], Row] = {}
    for row in [*drafts, *rewordings]:
        nothing = {"median_seconds": None, "median_tokens": None} | dict.fromkeys(_COUNTED, 0)
        kept = found.setdefault((row["model"], row["week"]), row | nothing)
        for name in _COUNTED:
            kept[name] += row.get(name, 0)
        for name in ("median_seconds", "median_tokens"):
            kept[name] = row.get(name, kept[name])
    return list(found.values())


def _cost(row: Row, names: dict[int, str]) -> DraftCost:
    figures = {name: row[name] for name in (*_FIGURES, "rewordings")}
    return DraftCost(version=names[row["model"]], week=row["week"], **figures)
