"""A figure of a report: its chart, the table behind it, and that table as a file.

The file is UTF-8 with a byte order mark, by which Excel knows Persian; days are written as ISO 8601
and figures as on the page but without their units, which stand in the heading; a name that a
spreadsheet would run as a formula is disarmed.
"""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from django.utils.translation import gettext as _

from runtime.charting import Chart, Line, LineChart, Point, RangeRow, Ranges
from runtime.spreadsheets import disarmed
from runtime.templatetags.desk_text import digits, number, percent
from tickets.reports import ModelRatings

MARK: Final = "\ufeff"
MOST_WEEKS: Final = 104
"""Weeks in a chart; the table has all."""


@dataclass(frozen=True)
class Column:
    """`unit`: text, day, count, percent, share, duration, number, p; how its cells are written."""

    title: str
    unit: str = "count"


@dataclass(frozen=True)
class Figure:
    """`slug` names its file. Without rows it says `empty`."""

    slug: str
    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Any, ...], ...]
    chart: Chart | None = None
    note: str = ""


def as_csv(figure: Figure) -> str:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([disarmed(_heading(column)) for column in figure.columns])
    for row in figure.rows:
        cells = zip(figure.columns, row, strict=True)
        writer.writerow([_cell(value, column.unit) for column, value in cells])
    return MARK + out.getvalue()


def _heading(column: Column) -> str:
    if column.unit in ("percent", "share"):
        return f"{column.title} (%)"
    if column.unit == "duration":
        return _("%(column)s (seconds)") % {"column": column.title}
    return column.title


def _cell(value: Any, unit: str) -> Any:
    if isinstance(value, str):
        return disarmed(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float):
        if unit == "share":  # beside others in per cent
            return round(100 * value, 1)
        return float(f"{value:.3g}") if unit == "p" else round(value, 4)
    return "" if value is None else value


def rating_columns(first: Column) -> tuple[Column, ...]:
    """The two tables in one: how often 1 to 5, negative against positive."""
    stars = [Column(_("%(star)s of 5") % {"star": digits(star)}) for star in range(1, 6)]
    return (
        first,
        *stars,
        Column(_("All")),
        Column(_("Negative"), "percent"),
        Column(_("Positive"), "percent"),
        Column(_("Interval from"), "percent"),
        Column(_("Interval to"), "percent"),
    )


def rating_cells(name: Any, one: ModelRatings) -> tuple[Any, ...]:
    shares = (one.negative_pct, one.positive_pct, one.low, one.high)
    return (name, *one.counts, one.total, *shares)


def rating_figure(
    slug: str, title: str, of_what: str, rows: Sequence[ModelRatings], *, note: str = ""
) -> Figure:
    """The positive share of each with its interval."""
    return Figure(
        slug,
        title,
        rating_columns(Column(of_what, "text")),
        tuple(rating_cells(one.model, one) for one in rows),
        chart=Ranges(
            label=listed(title, [(one.model, one.positive_pct) for one in rows]),
            unit="percent",
            rows=tuple(
                RangeRow(one.model, one.positive_pct, one.low, one.high, counted(one.total))
                for one in rows
            ),
            mark=50.0,
        ),
        note=note,
    )


def rating_weeks(
    slug: str, title: str, lines: Sequence[tuple[str, Sequence[tuple[date, ModelRatings]]]]
) -> Figure:
    """The positive share by week; one line with its interval, or several."""
    many = len(lines) > 1
    first = (Column(_("Version"), "text"),) if many else ()
    rows = [
        (*((name,) if many else ()), *rating_cells(day, one))
        for name, weeks in lines
        for day, one in weeks
    ]
    drawn = tuple(
        Line(
            name,
            tuple(
                Point(day, one.positive_pct or 0.0, one.low, one.high)
                for day, one in weeks[-MOST_WEEKS:]
            ),
        )
        for name, weeks in lines
    )
    return Figure(
        slug,
        title,
        (*first, *rating_columns(Column(_("Week from"), "day"))),
        tuple(rows),
        chart=LineChart(
            label=listed(
                title, [(line.name, line.points[-1].value) for line in drawn if line.points]
            ),
            title_up=_("Positive, of all ratings"),
            unit="percent",
            lines=drawn,
            top=100.0,
        ),
    )


def listed(title: str, values: Sequence[tuple[str, float | None]]) -> str:
    """What a chart says to who cannot see it: its title and the newest or only value of each."""
    told = "; ".join(f"{name}: {percent(value)}" for name, value in values[:12])
    return f"{title}. {told}" if told else title


def counted(count: int) -> str:
    return _("of %(number)s") % {"number": number(count)}
