"""What was sent: from a draft or not, how far edited, how soon; and why no draft was good.

Public entries: `reply_figures` and `refusal_figures`.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from django.db.models import (
    DurationField,
    Exists,
    ExpressionWrapper,
    F,
    FloatField,
    OuterRef,
    QuerySet,
)
from django.db.models.functions import Extract

from tickets.models import NoGoodAnswer, Reply, Suggestion
from tickets.reporting.grouping import LATE, MEDIAN, Key, Row, grouped, week
from tickets.reporting.naming import agent_names, language_names, version_names
from tickets.reporting.scope import Scope
from tickets.reports import wilson

_COUNTS: Final = {
    "replies": "count(*)",
    "as_drafted": "count(*) FILTER (WHERE edit_share = 0)",
    "edited": "count(*) FILTER (WHERE edit_share > 0)",
    "afresh": "count(*) FILTER (WHERE edit_share IS NULL)",
}
_OUTCOMES: Final = _COUNTS | {"edit_median": MEDIAN.format("edit_share")}
_KNOWN: Final = {"answer_known": "count(answer)", "writing_known": "count(writing)"}
_MEDIANS: Final = {
    "answer_median": MEDIAN.format("answer"),
    "answer_late": LATE.format("answer"),
    "writing_median": MEDIAN.format("writing"),
    "writing_late": LATE.format("writing"),
}
_TIMES: Final = _KNOWN | _MEDIANS
_SETS: Final[tuple[Key, ...]] = (("week",), ("lang",), ("person",), ("model",), ())
_TIMES_BY: Final[tuple[Key, ...]] = (("week",), ())
"""Sorting is what takes time: only what is shown is sorted."""


Bounds = tuple[float | None, float | None]


@dataclass(frozen=True)
class ReplyGroup:
    """`edit_median`: share of a draft that was changed, of replies that began from one. Seconds
    from the customer's message to the reply (`answer`) and from opening the ticket to it
    (`writing`): of how many replies that is `known` (an opening is not, where the reply came
    through the API), and `late`: one in ten took longer. None where nothing was measured."""

    name: str
    week: date | None
    replies: int
    as_drafted: int
    edited: int
    afresh: int
    edit_median: float | None
    answer_known: int
    writing_known: int
    answer_median: float | None
    answer_late: float | None
    writing_median: float | None
    writing_late: float | None

    @property
    def accepted_pct(self) -> float | None:
        """Of all replies, those that began from a draft."""
        return _share(self.replies - self.afresh, self.replies)

    @property
    def bounds(self) -> Bounds:
        """The 95% interval (Wilson) of `accepted_pct`."""
        return _bounds(self.replies - self.afresh, self.replies)

    @property
    def untouched_pct(self) -> float | None:
        """Of all replies, those that were sent as drafted."""
        return _share(self.as_drafted, self.replies)

    @property
    def untouched_bounds(self) -> Bounds:
        return _bounds(self.as_drafted, self.replies)


@dataclass(frozen=True)
class ReplyFigures:
    all: ReplyGroup
    weeks: list[ReplyGroup]
    languages: list[ReplyGroup]
    agents: list[ReplyGroup]
    versions: list[ReplyGroup]


@dataclass(frozen=True)
class RefusalFigures:
    """`reasons`: words and count, the most first; `weeks`: day, reason, count."""

    total: int
    reasons: list[tuple[str, int]]
    weeks: list[tuple[date, str, int]]


def reply_figures(scope: Scope) -> ReplyFigures:
    """Four questions to the database."""
    rows = _replies(scope)
    found = grouped(rows, _SETS, _OUTCOMES)
    times = grouped(rows, _TIMES_BY, _TIMES)
    by_week = {row["week"]: row for row in times[("week",)]}
    versions = version_names(row["model"] for row in found[("model",)] if row["model"])
    agents = agent_names(row["person"] for row in found[("person",)])
    languages = language_names(row["lang"] for row in found[("lang",)])
    return ReplyFigures(
        all=_group("", _only(found[()]) | _only(times[()])),
        weeks=sorted(
            (_group("", row | by_week.get(row["week"], {})) for row in found[("week",)]), key=_day
        ),
        languages=_most_first([_group(languages[row["lang"]], row) for row in found[("lang",)]]),
        agents=_most_first([_group(agents[row["person"]], row) for row in found[("person",)]]),
        versions=_most_first(
            [_group(versions[row["model"]], row) for row in found[("model",)] if row["model"]]
        ),
    )


def reply_totals(scope: Scope) -> ReplyGroup:
    """All together, in one question."""
    return _group("", _only(grouped(_replies(scope), [()], _OUTCOMES | _TIMES)[()]))


def _only(rows: list[Row]) -> Row:
    return rows[0] if rows else {}


def refusal_figures(scope: Scope) -> RefusalFigures:
    """One question. All drafts of a message were refused together: of a version it counts those of
    messages for which it had one."""
    rows = NoGoodAnswer.objects.filter(
        scope.within("created_at"), scope.of_ticket("message__ticket__"), scope.by_agent("agent")
    )
    if scope.version:
        drafted = Suggestion.objects.filter(message=OuterRef("message"), version=scope.version)
        rows = rows.filter(Exists(drafted))
    by = rows.values("reason", week=week("created_at"))
    found = grouped(by, [("reason",), ("reason", "week")], {"refusals": "count(*)"})
    words = dict(NoGoodAnswer.Reason.choices)
    reasons = [(str(words[row["reason"]]), row["refusals"]) for row in found[("reason",)]]
    weeks = [
        (row["week"], str(words[row["reason"]]), row["refusals"])
        for row in found[("reason", "week")]
    ]
    return RefusalFigures(
        total=sum(count for _reason, count in reasons),
        reasons=sorted(reasons, key=lambda one: (-one[1], one[0])),
        weeks=sorted(weeks),
    )


def _replies(scope: Scope) -> QuerySet[Any, Any]:
    return Reply.objects.filter(
        scope.within("created_at"),
        scope.of_ticket("ticket__"),
        scope.by_version("suggestion__version"),
        scope.by_agent("agent"),
    ).values(
        "edit_share",
        week=week("created_at"),
        lang=F("ticket__lang"),
        person=F("agent_id"),
        model=F("suggestion__version_id"),
        answer=_seconds("waiting_since"),
        writing=_seconds("opened_at"),
    )


def _seconds(start: str) -> Extract:
    passed = ExpressionWrapper(F("created_at") - F(start), output_field=DurationField())
    return Extract(passed, "epoch", output_field=FloatField())


def _group(name: str, row: Row) -> ReplyGroup:
    counts: dict[str, Any] = {key: row.get(key) or 0 for key in (*_COUNTS, *_KNOWN)}
    medians: dict[str, Any] = {key: row.get(key) for key in ("edit_median", *_MEDIANS)}
    return ReplyGroup(name=name, week=row.get("week"), **counts, **medians)


def _share(part: int, whole: int) -> float | None:
    return round(100 * part / whole, 1) if whole else None


def _bounds(part: int, whole: int) -> Bounds:
    if not whole:
        return None, None
    low, high = wilson(part, whole)
    return round(100 * low, 1), round(100 * high, 1)


def _day(one: ReplyGroup) -> date:
    assert one.week is not None
    return one.week


def _most_first(groups: list[ReplyGroup]) -> list[ReplyGroup]:
    return sorted(groups, key=lambda one: (-one.replies, one.name))
