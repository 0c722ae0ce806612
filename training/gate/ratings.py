"""Live ratings as the rules read them: `record`, `shares`, `shares_of_version`.

A draft counts once, with the newest of its ratings: two agents who look at one draft are not two
drafts. Positive is 3, 4 and 5 stars, as in `ratings_report`.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from llm.models import ModelVersion
from tickets.models import Rating
from tickets.reports import NEGATIVE_STARS
from training.gate.rules import Shares


@dataclass(frozen=True)
class Rated:
    """One rated draft."""

    at: datetime
    lang: str
    positive: bool


def record(
    slot: str,
    version: ModelVersion,
    *,
    since: datetime | None = None,
    before: datetime | None = None,
    is_canary: bool | None = None,
) -> list[Rated]:
    """The rated drafts that the version wrote in the slot, in the order of their first rating.
    `since`, `before`: when they were written."""
    ratings = Rating.objects.filter(suggestion__slot=slot, suggestion__version=version)
    if since is not None:
        ratings = ratings.filter(suggestion__created_at__gte=since)
    if before is not None:
        ratings = ratings.filter(suggestion__created_at__lt=before)
    if is_canary is not None:
        ratings = ratings.filter(suggestion__is_canary=is_canary)
    return _once(
        ratings.order_by("updated_at", "pk").values_list(
            "suggestion_id", "suggestion__ticket__lang", "stars", "created_at"
        )
    )


def shares(rated: Iterable[Rated]) -> dict[str, Shares]:
    """By language."""
    found: dict[str, Shares] = defaultdict(lambda: Shares(0, 0))
    for one in rated:
        found[one.lang] += Shares(int(one.positive), 1)
    return dict(found)


def _once(rows: Iterable[tuple[int, str, int, datetime]]) -> list[Rated]:
    drafts: dict[int, dict[str, Any]] = {}
    for draft, lang, stars, at in rows:
        first = min(at, drafts[draft]["at"]) if draft in drafts else at
        drafts[draft] = {"at": first, "lang": lang, "positive": stars > NEGATIVE_STARS}
    return sorted((Rated(**one) for one in drafts.values()), key=lambda one: one.at)
