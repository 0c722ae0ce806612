"""Ratings by week, language, agent, version and category: `rating_figures`.

A draft's category is the source of the article that it stands on (`Suggestion.article`): the first
passage that it cites, or else was given. Drafts without an article have none.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from django.db.models import F
from django.utils.translation import gettext as _

from tickets.models import Rating
from tickets.reporting.grouping import Key, Row, grouped, week
from tickets.reporting.naming import agent_names, language_names, source_names, version_names
from tickets.reporting.scope import Scope
from tickets.reports import ModelRatings, summarise

_SETS: Final[tuple[Key, ...]] = (
    ("model", "stars", "week"),
    ("lang", "stars"),
    ("person", "stars"),
    ("category", "stars"),
)
"""Weeks, versions and all together are sums of the first: a set is another pass over all rows."""
Counts = dict[Any, list[int]]


@dataclass(frozen=True)
class RatingFigures:
    """Each by name, what was rated most first; weeks by their first day. `weeks_of`: the weeks of
    each version, those that were rated most first."""

    all: ModelRatings
    weeks: list[tuple[date, ModelRatings]]
    languages: list[ModelRatings]
    agents: list[ModelRatings]
    versions: list[ModelRatings]
    categories: list[ModelRatings]
    weeks_of: list[tuple[str, list[tuple[date, ModelRatings]]]]


def rating_figures(scope: Scope) -> RatingFigures:
    """Four questions to the database."""
    rows = Rating.objects.filter(
        scope.within("updated_at"),
        scope.of_ticket("suggestion__ticket__"),
        scope.by_version("suggestion__version"),
        scope.by_agent("agent"),
    ).values(
        "stars",
        week=week("updated_at"),
        lang=F("suggestion__ticket__lang"),
        person=F("agent_id"),
        model=F("suggestion__version_id"),
        category=F("suggestion__article__source_id"),
    )
    found = grouped(rows, _SETS, {"ratings": "count(*)"})
    by_week = found[_SETS[0]]
    versions = version_names({row["model"] for row in by_week})
    weeks = _counts(by_week, "week")
    people, categories = (
        _counts(found[_SETS[at]], key) for at, key in ((2, "person"), (3, "category"))
    )
    languages = _counts(found[_SETS[1]], "lang")
    sources = source_names(categories)
    return RatingFigures(
        all=summarise("", [sum(column) for column in zip(*weeks.values(), strict=True)] or [0] * 5),
        weeks=_weeks(weeks),
        languages=_named(languages, language_names(languages).__getitem__),
        agents=_named(people, agent_names(people).__getitem__),
        versions=_named(_counts(by_week, "model"), versions.__getitem__),
        categories=_named(categories, lambda key: sources.get(key, _("no article"))),
        weeks_of=_weeks_of(by_week, versions),
    )


def _counts(rows: list[Row], key: str) -> Counts:
    """By the values of a key: how many ratings of 1 to 5 stars."""
    found: Counts = defaultdict(lambda: [0] * 5)
    for row in rows:
        found[row[key]][row["stars"] - 1] += row["ratings"]
    return found


def _named(counts: Counts, name: Callable[[Any], str]) -> list[ModelRatings]:
    found = [summarise(name(key), stars) for key, stars in counts.items()]
    return sorted(found, key=lambda one: (-one.total, one.model))


def _weeks(counts: Counts) -> list[tuple[date, ModelRatings]]:
    return [(day, summarise("", counts[day])) for day in sorted(counts)]


def _weeks_of(
    rows: list[Row], names: Mapping[int, str]
) -> list[tuple[str, list[tuple[date, ModelRatings]]]]:
    versions: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        versions[names[row["model"]]].append(row)
    found = [(name, _weeks(_counts(weeks, "week"))) for name, weeks in versions.items()]
    return sorted(found, key=lambda one: (-sum(row.total for _day, row in one[1]), one[0]))
