"""Figures about replies: what became of drafts, how long an answer took, why none was good."""

from collections.abc import Sequence
from datetime import date

from django.utils.translation import gettext as _

from runtime.charting import BarRow, Bars, Columns, Line, LineChart, Point, RangeRow, Ranges
from runtime.charting import Column as Drawn
from runtime.templatetags.desk_charts import in_unit
from tickets.reporting.figures import MOST_WEEKS, Column, Figure, counted, listed
from tickets.reporting.replies import RefusalFigures, ReplyGroup


def _reply_columns(first: Column, *, of_version: bool = False) -> tuple[Column, ...]:
    return (
        first,
        Column(_("Replies")),
        Column(_("As drafted")),
        Column(_("Edited")),
        Column(_("Written afresh")),
        Column(_("Sent as drafted") if of_version else _("Began from a draft"), "percent"),
        Column(_("Interval from"), "percent"),
        Column(_("Interval to"), "percent"),
        Column(_("Changed, median"), "share"),
    )


def _reply_cells(name: object, one: ReplyGroup, *, of_version: bool = False) -> tuple[object, ...]:
    counts = (one.replies, one.as_drafted, one.edited, one.afresh)
    if of_version:
        return (name, *counts, one.untouched_pct, *one.untouched_bounds, one.edit_median)
    return (name, *counts, one.accepted_pct, *one.bounds, one.edit_median)


def outcomes(weeks: Sequence[ReplyGroup]) -> Figure:
    title = _("What became of drafts, by week")
    names = (_("as drafted"), _("edited"), _("written afresh"))
    recent = [one for one in weeks if one.week][-MOST_WEEKS:]
    last = recent[-1] if recent else None
    told = [] if last is None else [(_("began from a draft in the last week"), last.accepted_pct)]
    return Figure(
        "outcomes",
        title,
        _reply_columns(Column(_("Week from"), "day")),
        tuple(_reply_cells(one.week, one) for one in weeks),
        chart=Columns(
            listed(title, told),
            names,
            tuple(
                Drawn(one.week, (one.as_drafted, one.edited, one.afresh))
                for one in recent
                if one.week
            ),
        ),
    )


def accepted(
    slug: str, title: str, of_what: str, groups: Sequence[ReplyGroup], *, of_version: bool = False
) -> Figure:
    """`of_version`: all these replies began from a version's drafts, so that what counts is how
    many needed no edit."""
    shares = [
        (one.untouched_pct, *one.untouched_bounds)
        if of_version
        else (one.accepted_pct, *one.bounds)
        for one in groups
    ]
    rows = tuple(
        RangeRow(one.name, *share, counted(one.replies))
        for one, share in zip(groups, shares, strict=True)
    )
    note = (
        _("Share of the replies begun from a version’s draft that were sent as drafted.")
        if of_version
        else _("Share of replies that began from a draft.")
    )
    return Figure(
        slug,
        title,
        _reply_columns(Column(of_what, "text"), of_version=of_version),
        tuple(_reply_cells(one.name, one, of_version=of_version) for one in groups),
        chart=Ranges(
            listed(title, [(row.name, row.value) for row in rows]), "percent", rows, mark=50.0
        ),
        note=note,
    )


def edits(slug: str, title: str, groups: Sequence[ReplyGroup]) -> Figure:
    known = [one for one in groups if one.edit_median is not None]
    return Figure(
        slug,
        title,
        (Column(_("Version"), "text"), Column(_("Replies")), Column(_("Changed, median"), "share")),
        tuple((one.name, one.replies, one.edit_median) for one in known),
        chart=Bars(
            listed(title, [(one.name, round(100 * (one.edit_median or 0), 1)) for one in known]),
            "percent",
            tuple(BarRow(one.name, round(100 * (one.edit_median or 0), 1)) for one in known),
        ),
        note=_(
            "The median of letters changed between draft and reply, over the longer of the two."
        ),
    )


def times(slug: str, title: str, groups: Sequence[ReplyGroup]) -> Figure:
    """`slug`: "answer" or "writing", the time that is meant."""
    weeks = [
        (one.week, one.answer_known, one.answer_median, one.answer_late)
        if slug == "answer"
        else (one.week, one.writing_known, one.writing_median, one.writing_late)
        for one in groups
    ]
    weeks = [one for one in weeks if one[1]]
    recent = weeks[-MOST_WEEKS:]
    middle = [(day, value) for day, _replies, value, _late in recent]
    late = [(day, value) for day, _replies, _middle, value in recent]
    lines = (_time_line(_("half within"), middle), _time_line(_("nine in ten within"), late))
    told = "; ".join(
        f"{one.name}: {in_unit(one.points[-1].value, 'duration')}" for one in lines if one.points
    )
    return Figure(
        slug,
        title,
        (
            Column(_("Week from"), "day"),
            Column(_("Replies with a known time")),
            Column(_("Median"), "duration"),
            Column(_("9 in 10 within"), "duration"),
        ),
        tuple(weeks),
        chart=LineChart(f"{title}. {told}", _("Time"), "duration", lines),
    )


def _time_line(name: str, weeks: Sequence[tuple[date | None, float | None]]) -> Line:
    known = [(day, value) for day, value in weeks if day is not None and value is not None]
    return Line(name, tuple(Point(day, value) for day, value in known))


def refused(found: RefusalFigures) -> Figure:
    title = _("None of the drafts was good, by reason")
    told = "; ".join(f"{name}: {in_unit(count, 'count')}" for name, count in found.reasons)
    return Figure(
        "refusals",
        title,
        (Column(_("Week from"), "day"), Column(_("Reason"), "text"), Column(_("Times said"))),
        tuple(found.weeks),
        chart=Bars(
            f"{title}. {told}",
            "count",
            tuple(BarRow(name, count) for name, count in found.reasons),
        ),
    )
