"""Figures about versions: against each other, and what their drafts cost."""

from collections.abc import Sequence

from django.utils.translation import gettext as _

from runtime.charting import BarRow, Bars, Line, LineChart, Point, RangeRow, Ranges
from runtime.templatetags.desk_charts import in_unit
from tickets.reporting.costs import DraftCost
from tickets.reporting.figures import MOST_WEEKS, Column, Figure, counted
from tickets.reporting.pairs import Pair


def against_each_other(pairs: Sequence[Pair]) -> Figure:
    title = _("Versions against each other, on the same messages")
    widest = max(
        (abs(end or 0.0) for one in pairs for end in (one.low, one.high, one.mean)), default=1
    )
    bound = next((step for step in (0.5, 1.0, 2.0) if widest <= step), 4.0)
    names = [f"{one.one} − {one.other}" for one in pairs]
    means = [in_unit(one.mean, "number") for one in pairs]
    told = "; ".join(f"{name}: {mean}" for name, mean in zip(names, means, strict=True))
    return Figure(
        "pairs",
        title,
        (
            Column(_("Version"), "text"),
            Column(_("Against"), "text"),
            Column(_("Messages")),
            Column(_("Customers")),
            Column(_("Better")),
            Column(_("The same")),
            Column(_("Worse")),
            Column(_("Difference in stars"), "number"),
            Column(_("Interval from"), "number"),
            Column(_("Interval to"), "number"),
            Column(_("p (sign test)"), "p"),
        ),
        tuple(
            (
                *(one.one, one.other, one.messages, one.customers),
                *(one.better, one.same, one.worse, one.mean, one.low, one.high, one.p),
            )
            for one in pairs
        ),
        chart=Ranges(
            f"{title}. {told}",
            "number",
            tuple(
                RangeRow(name, one.mean, one.low, one.high, counted(one.messages))
                for name, one in zip(names, pairs, strict=True)
            ),
            bounds=(-bound, bound),
            mark=0.0,
        ),
        note=_(
            "Mean difference in stars where both versions’ drafts for one message were rated: "
            "above 0 the first is better. The interval (95%) counts customers, not ratings."
        ),
    )


def seconds_by_week(weeks: Sequence[DraftCost]) -> Figure:
    title = _("Seconds for a draft, by version and week")
    points: dict[str, list[Point]] = {}
    for one in weeks:
        if one.week and one.median_seconds is not None:
            points.setdefault(one.version, []).append(Point(one.week, one.median_seconds))
    lines = tuple(Line(name, tuple(found[-MOST_WEEKS:])) for name, found in points.items())
    told = "; ".join(
        f"{one.name}: {in_unit(one.points[-1].value, 'duration')}" for one in lines[:12]
    )
    return Figure(
        "weeks",
        title,
        (Column(_("Version"), "text"), Column(_("Week from"), "day"), *_cost_columns()),
        tuple((one.version, one.week, *_cost_cells(one)) for one in weeks),
        chart=LineChart(f"{title}. {told}", _("Median of written drafts"), "duration", lines),
    )


def costs(versions: Sequence[DraftCost]) -> Figure:
    title = _("Cost by version")
    told = "; ".join(f"{one.version}: {in_unit(one.all_seconds, 'duration')}" for one in versions)
    return Figure(
        "versions",
        title,
        (Column(_("Version"), "text"), *_cost_columns()),
        tuple((one.version, *_cost_cells(one)) for one in versions),
        chart=Bars(
            f"{title}. {told}",
            "duration",
            tuple(BarRow(one.version, one.all_seconds) for one in versions),
        ),
        note=_(
            "There is no price list: a cost is what was computed, in time, rewordings included."
        ),
    )


def _cost_columns() -> tuple[Column, ...]:
    return (
        Column(_("Drafts")),
        Column(_("Failed"), "percent"),
        Column(_("Seconds, median"), "duration"),
        Column(_("Tokens, median"), "number"),
        Column(_("Rewordings")),
        Column(_("Time in all"), "duration"),
        Column(_("Tokens written")),
        Column(_("Tokens read")),
    )


def _cost_cells(one: DraftCost) -> tuple[object, ...]:
    medians = (one.drafts, one.failed_pct, one.median_seconds, one.median_tokens)
    return (*medians, one.rewordings, one.all_seconds, one.all_tokens, one.all_read)
