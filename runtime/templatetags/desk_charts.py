"""Charts as SVG that the server draws: `{% load desk_charts %}`.

Places are per cent of the chart's width, so that letters keep their size at any width, and are
mirrored where the interface reads from right to left. Colours come from the style sheet by class;
every chart stands beside the table with its numbers. `{% chart drawing %}` draws what
`runtime.charting` names.
"""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

import jdatetime
from django import template
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.formats import date_format
from django.utils.translation import gettext, gettext_lazy

from runtime import charting
from runtime.charting import Bars, Chart, Columns, LineChart, Ranges
from runtime.templatetags import desk_text

register = template.Library()

MIN_LABELLED_SHARE = 6.0
"""Per cent of the width below which a number does not fit into its segment on a telephone."""
LEAST_P = 0.001
"""A probability below is written as being below."""


@register.simple_tag
def stacked_shares(counts: Sequence[int]) -> list[dict[str, Any]]:
    """Segments of one bar for counts of 1, 2, 3 … stars: `star`, `count`, `x` and `width` and
    `middle` in per cent as SVG attributes want them, `labelled` whether its number fits."""
    total = sum(counts)
    mirrored = translation.get_language_bidi()
    segments, start = [], 0.0
    for star, count in enumerate(counts, 1):
        width = 100 * count / total if total else 0.0
        x = 100 - start - width if mirrored else start
        if count:
            segments.append(
                {
                    "star": star,
                    "count": count,
                    "x": _attribute(x),
                    "width": _attribute(width),
                    "middle": _attribute(x + width / 2),
                    "labelled": width >= MIN_LABELLED_SHARE,
                }
            )
        start += width
    return segments


@register.simple_tag
def chart_place(value: float) -> str:
    """Where `value` (0 to 100) stands on a horizontal axis from the reading side, as x."""
    return _attribute(100 - value if translation.get_language_bidi() else value)


@register.simple_tag
def chart(drawing: Chart) -> str:
    """A chart as SVG with its legend; see `runtime.charting`."""
    template, context = _PARTS[type(drawing)]
    return render_to_string(template, context(drawing) | {"chart": drawing})


@register.filter
def in_unit(value: float | str | None, unit: str) -> str:
    """A figure as people read it: "percent", "duration", "share" (0.125 → 12.5%), "p" (which is
    never nothing), else a number."""
    if value is None or value == "":
        return "–"
    if unit == "duration":
        return desk_text.duration(float(value))
    if unit == "percent":
        return desk_text.percent(_whole(value))
    if unit == "share":
        return desk_text.percent(round(100 * float(value), 1))
    if unit == "p":
        return _probability(float(value))
    return _signed(round(float(value), 2))


@register.filter
def tick(value: float, unit: str) -> str:
    """A round figure at an axis, in the one unit that matters."""
    if unit != "duration":
        return in_unit(value, unit)
    for seconds, words in ((86400, _DAYS), (3600, _HOURS), (60, _MINUTES)):
        if value >= seconds:
            return str(words) % {"number": desk_text.number(round(value / seconds, 1))}
    return gettext("%(seconds)s s") % {"seconds": desk_text.digits(round(value))}


@register.filter
def ends_of(name: str, most: int) -> str:
    """A long name without its middle: versions that begin alike differ in how they end."""
    if len(name) <= most:
        return name
    kept = most // 2
    return f"{name[: most - kept - 1]}…{name[-kept:]}"


@register.filter
def day_month(day: date) -> str:
    """A day without its year: "21 Nov", in Persian "۳۰ آبان"."""
    if (translation.get_language() or "").split("-")[0] != "fa":
        return date_format(day, "j M")
    jalali = jdatetime.date.fromgregorian(date=day, locale=jdatetime.FA_LOCALE)
    return desk_text.digits(jalali.strftime("%-d %B"))


@register.simple_tag
def cells(figure: Any, row: Sequence[Any]) -> list[dict[str, Any]]:
    """A row of the table behind a chart, each cell as its column's unit is written."""
    found = []
    for column, value in zip(figure.columns, row, strict=True):
        text = value if column.unit == "text" else _cell(value, column.unit)
        found.append({"text": text, "number": column.unit not in ("text", "day")})
    return found


def _cell(value: Any, unit: str) -> str:
    if unit == "day":
        return desk_text.jalali(value, "date")
    return in_unit(value, unit)


@register.simple_tag
def scope_query(scope: Any, since: date | None) -> str:
    """What was asked, from another day on until today; None: from the beginning."""
    return str(scope.changed(since=since.isoformat() if since else "all", until=""))


@register.filter
def typed_day(day: date | None) -> str:
    """A day as `runtime.days.read_day` reads it, in the calendar of the interface's language."""
    if day is None:
        return ""
    if (translation.get_language() or "").split("-")[0] != "fa":
        return day.isoformat()
    return desk_text.digits(jdatetime.date.fromgregorian(date=day).strftime("%Y/%m/%d"))


def _signed(value: float) -> str:
    """A minus stands at the left of its digits in every direction of reading."""
    text = desk_text.number(abs(value))
    return f"\u2066−{text}\u2069" if value < 0 else text


def _probability(value: float) -> str:
    if value < LEAST_P:
        return "\u2066<\u00a0" + desk_text.number(LEAST_P) + "\u2069"
    return desk_text.number(round(value, 3))


def _whole(value: float | str) -> float:
    number = float(value)
    return int(number) if number.is_integer() else number


def _line_parts(drawing: LineChart) -> dict[str, Any]:
    values = [
        point.high if point.high is not None and len(drawing.lines) == 1 else point.value
        for line in drawing.lines
        for point in line.points
    ]
    steps = charting.scale(max(values, default=0.0), drawing.unit, top=drawing.top)
    top = steps[-1]
    shown = charting.shown_lines(drawing)
    days = [point.at for line in shown for point in line.points]
    return {
        "shown": _fewer(len(shown), sum(1 for line in drawing.lines if line.points)),
        "ticks": [charting.Tick(step, 100 - 100 * step / top) for step in steps],
        "days": charting.day_ticks(days),
        "lines": charting.drawn_lines(drawing, top),
    }


def _range_parts(drawing: Ranges) -> dict[str, Any]:
    low, high = drawing.bounds

    def place(value: float | None) -> float | None:
        if value is None:
            return None
        return charting.across(max(0.0, min(1.0, (value - low) / (high - low))))

    steps = [low + (high - low) * part / 4 for part in range(5)]
    return {
        "shown": _fewer(charting.MOST_ROWS, len(drawing.rows)),
        "rows": [
            {"row": row, "x": place(row.value), "low": place(row.low), "high": place(row.high)}
            for row in drawing.rows[: charting.MOST_ROWS]
        ],
        "mark": place(drawing.mark),
        "ticks": [charting.Tick(step, place(step) or 0.0) for step in steps],
    }


def _bar_parts(drawing: Bars) -> dict[str, Any]:
    steps = charting.scale(max((row.value for row in drawing.rows), default=0.0), drawing.unit)
    rows = []
    for row in drawing.rows[: charting.MOST_ROWS]:
        width = 100 * row.value / steps[-1]
        mirrored = translation.get_language_bidi()
        rows.append({"row": row, "width": width, "x": 100 - width if mirrored else 0})
    return {"rows": rows, "shown": _fewer(charting.MOST_ROWS, len(drawing.rows))}


def _fewer(shown: int, there: int) -> int:
    """How many a chart shows, where that is not all: the reader is told."""
    return shown if there > shown else 0


def _column_parts(drawing: Columns) -> dict[str, Any]:
    days = [column.at for column in drawing.columns]
    places = charting.week_places(days) if days else {}
    rooms = round(0.5 / min(places.values())) if places else 1  # the first stands in half a room
    width = min(8.0, 80 / rooms)
    bars = []
    for column in drawing.columns:
        total, below = sum(column.counts), 0.0
        middle = charting.across(places[column.at])
        for number, part in enumerate(column.counts, 1):
            height = 100 * part / total if total else 0.0
            if part:
                y = 100 - below - height
                bars.append({"number": number, "x": middle - width / 2, "y": y, "height": height})
            below += height
    return {
        "bars": bars,
        "width": width,
        "days": charting.day_ticks(days, places),
        "ticks": [charting.Tick(float(step), 100.0 - step) for step in (0, 25, 50, 75, 100)],
    }


_MINUTES, _HOURS, _DAYS = (
    gettext_lazy("%(number)s min"),
    gettext_lazy("%(number)s h"),
    gettext_lazy("%(number)s d"),
)
_PARTS: dict[type, tuple[str, Callable[[Any], dict[str, Any]]]] = {
    LineChart: ("charts/lines.html", _line_parts),
    Ranges: ("charts/ranges.html", _range_parts),
    Bars: ("charts/bars.html", _bar_parts),
    Columns: ("charts/columns.html", _column_parts),
}


def _attribute(value: float) -> str:
    """With a point in every language: SVG knows no other."""
    return f"{value:.3f}%"


@register.filter
def place(value: float | str | None) -> str:
    """Per cent of a plot as SVG wants them."""
    return _attribute(float(value or 0))
