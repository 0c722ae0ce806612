"""What the drafts of each model version cost, and whether its last one failed.

Public entries: `version_costs` (tokens, seconds, memory) and `last_failures` (by slot). Medians: a
draft that waited for a model to be loaded says nothing about the next one.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Aggregate, Count, FloatField, Q

from llm.models import Slot
from tickets.models import Suggestion

State = Suggestion.State


@dataclass(frozen=True)
class VersionCost:
    """`drafts`: those that came to an end, `failed_pct` of them in per cent. The rest are medians
    over the drafts that were written; None where nothing was recorded (a server does not tell its
    memory). `prefill_seconds`: reading the prompt; `decode_seconds`: writing the answer."""

    version: str
    drafts: int
    failed_pct: float | None
    prompt_tokens: float | None
    tokens: float | None
    seconds: float | None
    prefill_seconds: float | None
    decode_seconds: float | None
    peak_mebibytes: float | None


@dataclass(frozen=True)
class LastFailure:
    """The last draft of a slot was not written: `error` in English, to be translated when shown."""

    slot: str
    version: str
    error: str
    at: datetime


class Median(Aggregate):
    """PostgreSQL's percentile_cont(0.5): the middle, or between the two in the middle."""

    function = "percentile_cont"
    template = "%(function)s(0.5) WITHIN GROUP (ORDER BY %(expressions)s)"
    output_field = FloatField()


def version_costs(*, since: datetime | None = None) -> list[VersionCost]:
    """A row for each version with finished drafts, by name. `since`: drafts begun then or later."""
    drafts = Suggestion.objects.filter(state__in=(State.READY, State.FAILED))
    if since is not None:
        drafts = drafts.filter(created_at__gte=since)
    rows = (
        drafts.order_by()
        .values("version__name")
        .annotate(
            finished=Count("pk"),
            failed=Count("pk", filter=Q(state=State.FAILED)),
            **{f"median_{name}": _median(name) for name in _MEASURES},
        )
    )
    return [
        VersionCost(
            version=row["version__name"],
            drafts=row["finished"],
            failed_pct=round(100 * row["failed"] / row["finished"], 1),
            **{name: row[f"median_{name}"] for name in _MEASURES},
        )
        for row in map(dict[str, Any], rows.order_by("version__name"))
    ]


def last_failures(slots: Iterable[str] = Slot.NAMES) -> dict[str, LastFailure]:
    """By slot, where its last draft that came to an end failed."""
    found = {}
    for slot in slots:
        ended = Suggestion.objects.filter(slot=slot, state__in=(State.READY, State.FAILED))
        last = ended.select_related("version").order_by("-pk").first()
        if last is not None and last.state == State.FAILED:
            at = last.finished_at or last.created_at
            found[slot] = LastFailure(slot, last.version.name, last.error, at)
    return found


_MEASURES = (
    "prompt_tokens",
    "tokens",
    "seconds",
    "prefill_seconds",
    "decode_seconds",
    "peak_mebibytes",
)


def _median(name: str) -> Median:
    """Of drafts that were written; 0 stands where nothing was measured."""
    return Median(name, filter=Q(state=State.READY, **{f"{name}__gt": 0}))
