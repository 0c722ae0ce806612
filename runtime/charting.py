"""Charts as data, and where everything in them stands: what `desk_charts` draws.

`LineChart` (by week, with bands), `Ranges` (a value with its interval, a row each), `Bars` and
`Columns` (shares of a whole, by week). Places are per cent of the plot, so that letters keep their
size at any width.

Where the interface reads from right to left, everything that goes across is mirrored, time too: the
first week stands at the side where reading begins, as in the table below the chart. Series are told
apart by dash, mark and hatching as well as by colour, in the order in which they are given.
"""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from math import ceil, floor, log10
from typing import Final

from django.utils import translation

MOST_LINES: Final = 5
"""More cannot be told apart; the table has them all."""
MOST_LABELS: Final = 4
LABEL_SHARE: Final = 0.28
"""Of the plot's width: two days' letters do not touch on a telephone."""
MOST_ROWS: Final = 25
BAND_ALONE: Final = 2.0
"""Per cent of the width that the interval of a week has which stands alone."""
LABEL_GAP: Final = 17.0
"""Per cent of the height between two labels at the end of lines, each of two lines."""
_TIME_STEPS: Final = (
    *(1, 2, 5, 10, 20, 30),
    *(60 * minutes for minutes in (1, 2, 5, 10, 20, 30)),
    *(3600 * hours for hours in (1, 2, 4, 6, 12)),
    *(86400 * days for days in (1, 2, 5, 10, 20, 50, 100)),
)


@dataclass(frozen=True)
class Point:
    """`low` and `high`: its interval, where it has one."""

    at: date
    value: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Line:
    name: str
    points: tuple[Point, ...]


@dataclass(frozen=True)
class LineChart:
    """`unit`: percent, duration, number. `title_up`: what is counted. `top`: the scale's end, else
    the first round number above all values. Bands are drawn where there is one line alone: laid
    over each other they say nothing."""

    label: str
    title_up: str
    unit: str
    lines: tuple[Line, ...]
    top: float | None = None


@dataclass(frozen=True)
class RangeRow:
    name: str
    value: float | None
    low: float | None
    high: float | None
    note: str = ""


@dataclass(frozen=True)
class Ranges:
    """`bounds`: the ends of the scale; `mark`: where a line stands to hold values against."""

    label: str
    unit: str
    rows: tuple[RangeRow, ...]
    bounds: tuple[float, float] = (0.0, 100.0)
    mark: float | None = None


@dataclass(frozen=True)
class BarRow:
    name: str
    value: float


@dataclass(frozen=True)
class Bars:
    label: str
    unit: str
    rows: tuple[BarRow, ...]


@dataclass(frozen=True)
class Column:
    at: date
    counts: tuple[int, ...]


@dataclass(frozen=True)
class Columns:
    """What share each of `names` has of a week's whole."""

    label: str
    names: tuple[str, ...]
    columns: tuple[Column, ...]


Chart = LineChart | Ranges | Bars | Columns


@dataclass(frozen=True)
class Tick:
    value: float
    place: float


@dataclass(frozen=True)
class DayTick:
    """`anchor`: of its letters, so that the outer ones do not stand beside the plot; "start" is
    where reading begins."""

    at: date
    place: float
    anchor: str


@dataclass(frozen=True)
class Mark:
    x: float
    y: float


@dataclass
class DrawnLine:
    """`pieces`: points of polylines in a plot of 1000 × 1000, a new piece after each gap."""

    number: int
    name: str
    last: float
    pieces: list[str] = field(default_factory=list)
    bands: list[str] = field(default_factory=list)
    marks: list[Mark] = field(default_factory=list)
    label_at: float = 0.0


def scale(highest: float, unit: str, *, top: float | None = None) -> list[float]:
    """Round values from 0 to the first that is not below `highest`, four to six of them."""
    if top is not None:
        return [top * part / 4 for part in range(5)]
    if highest <= 0:
        return [0.0, 1.0]
    step = _time_step(highest) if unit == "duration" else _round_step(highest / 4)
    if unit == "count":
        step = max(1.0, ceil(step))
    return [step * at for at in range(ceil(highest / step) + 1)]


def _time_step(highest: float) -> float:
    return next((float(step) for step in _TIME_STEPS if highest / step <= 5), highest / 4)


def _round_step(least: float) -> float:
    """1, 2, 2.5 or 5 times a power of ten."""
    power = 10.0 ** floor(log10(least))
    return next(round(power * part, 12) for part in (1, 2, 2.5, 5, 10) if power * part >= least)


def across(share: float) -> float:
    """`share` of the way from the side where reading begins, in per cent from the left."""
    return round(100 * (1 - share if translation.get_language_bidi() else share), 3)


def day_places(days: Sequence[date]) -> dict[date, float]:
    """Shares of the way from the first day to the last; one alone stands in the middle."""
    first, last = min(days), max(days)
    length = (last - first).days
    return {day: (day - first).days / length if length else 0.5 for day in days}


def week_places(days: Sequence[date]) -> dict[date, float]:
    """Shares of the way at the middle of each week's room: a week without figures has room too."""
    first = min(days)
    rooms = (max(days) - first).days // 7 + 1
    return {day: ((day - first).days // 7 + 0.5) / rooms for day in days}


def day_ticks(days: Sequence[date], places: Mapping[date, float] | None = None) -> list[DayTick]:
    """A few of the days, the first and the last among them, as far apart as their letters need on
    a telephone: days without figures leave gaps, so that neighbours in the list may be near.
    `places` None: those of `day_places`."""
    ordered = sorted(set(days))
    if not ordered:
        return []
    places = day_places(ordered) if places is None else places
    first, length = places[ordered[0]], places[ordered[-1]] - places[ordered[0]]
    wanted = [first + length * at / (MOST_LABELS - 1) for at in range(MOST_LABELS)]
    chosen = {min(ordered, key=lambda day: abs(places[day] - place)) for place in wanted}
    ticks = []
    for day in _apart(sorted(chosen), places):
        share = places[day]
        side = "start" if share < 0.04 else "end" if share > 0.96 else "middle"
        ticks.append(DayTick(day, across(share), side))
    return ticks


def _apart(days: Sequence[date], places: Mapping[date, float]) -> list[date]:
    *others, last = days
    kept: list[date] = []
    for day in others:
        near_last = places[last] - places[day] < LABEL_SHARE
        if not kept or (places[day] - places[kept[-1]] >= LABEL_SHARE and not near_last):
            kept.append(day)
    return [*kept, last]


def shown_lines(chart: LineChart) -> list[Line]:
    return [line for line in chart.lines if line.points][:MOST_LINES]


def drawn_lines(chart: LineChart, top: float) -> list[DrawnLine]:
    """The first MOST_LINES, with their labels moved apart."""
    shown = shown_lines(chart)
    if not shown:
        return []
    places = day_places([point.at for line in shown for point in line.points])
    drawn = []
    for number, line in enumerate(shown, 1):
        one = DrawnLine(number, line.name, line.points[-1].value)
        for piece in _pieces(line.points):
            corners = [(across(places[point.at]), _up(point.value, top)) for point in piece]
            one.pieces.append(_joined(corners))
            one.marks += [Mark(x, y) for x, y in corners]
            if len(shown) == 1 and all(point.low is not None for point in piece):
                one.bands.append(_band(piece, places, top))
        one.label_at = one.marks[-1].y
        drawn.append(one)
    _move_apart(drawn)
    return drawn


def _pieces(points: Sequence[Point]) -> list[list[Point]]:
    """A week without a value is a gap and not a slope: nobody knows what was between."""
    pieces: list[list[Point]] = []
    for point in points:
        if pieces and point.at - pieces[-1][-1].at <= timedelta(days=7):
            pieces[-1].append(point)
        else:
            pieces.append([point])
    return pieces


def _band(piece: Sequence[Point], places: dict[date, float], top: float) -> str:
    """A week that stands alone has an interval too: a narrow one, which else nobody would see."""
    there = [(across(places[one.at]), one) for one in piece]
    if len(there) == 1:
        (middle, one), half = there[0], BAND_ALONE / 2
        middle = min(max(middle, half), 100 - half)
        there = [(middle - half, one), (middle + half, one)]
    upper = [(x, _up(one.high or 0.0, top)) for x, one in there]
    lower = [(x, _up(one.low or 0.0, top)) for x, one in reversed(there)]
    return _joined([*upper, *lower])


def _up(value: float, top: float) -> float:
    """Per cent from above."""
    return round(100 * (1 - max(0.0, min(1.0, value / top))), 3)


def _joined(corners: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{10 * x:.1f},{10 * y:.1f}" for x, y in corners)


def _move_apart(lines: list[DrawnLine]) -> None:
    """From above downwards, and up again where the last would stand below the plot."""
    ordered = sorted(lines, key=lambda one: one.label_at)
    for above, below in itertools.pairwise(ordered):
        below.label_at = max(below.label_at, above.label_at + LABEL_GAP)
    limit = 100.0
    for one in reversed(ordered):
        one.label_at = round(min(one.label_at, limit), 3)
        limit = one.label_at - LABEL_GAP
