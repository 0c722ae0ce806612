"""Where things stand in a chart, in both directions of reading, and what it says without colour."""

import itertools
import re
from datetime import date, timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.utils import translation

from runtime.charting import (
    BarRow,
    Bars,
    Column,
    Columns,
    Line,
    LineChart,
    Point,
    RangeRow,
    Ranges,
    day_ticks,
    drawn_lines,
    scale,
    week_places,
)
from runtime.templatetags.desk_charts import chart, day_month, ends_of, in_unit, tick
from tests.browser.test_contrast import THEMES, _contrast

FIRST = date(2026, 8, 29)
WEEKS = [FIRST + timedelta(days=7 * at) for at in range(12)]


def line(name: str, values: list[float | None]) -> Line:
    points = zip(WEEKS, values, strict=False)
    return Line(
        name, tuple(Point(day, one, one - 5, one + 5) for day, one in points if one is not None)
    )


@pytest.mark.parametrize(
    ("highest", "unit", "expected"),
    [
        (95, "number", [0, 25, 50, 75, 100]),
        (3, "count", [0, 1, 2, 3]),
        (0, "number", [0, 1]),
        (100, "duration", [0, 20, 40, 60, 80, 100]),
        (9000, "duration", [0, 1800, 3600, 5400, 7200, 9000]),
        (400_000, "duration", [0, 86400, 172800, 259200, 345600, 432000]),
    ],
)
def test_scale_is_round_and_reaches_the_highest(highest, unit, expected):
    assert scale(highest, unit) == expected


@pytest.mark.parametrize("unit", ["number", "count", "duration"])
@pytest.mark.parametrize("highest", [0.001, 0.7, 13, 1234, 5_000_000, 9e9])
def test_scale_has_few_steps(highest, unit):
    steps = scale(highest, unit)
    assert steps[-1] >= highest
    assert 2 <= len(steps) <= 7


def test_time_runs_from_where_reading_begins():
    with translation.override("en"):
        there = [
            mark.x
            for mark in drawn_lines(LineChart("", "", "percent", (line("a", [1, 2]),)), 100)[
                0
            ].marks
        ]
        left = [one.place for one in day_ticks(WEEKS)]
    with translation.override("fa"):
        back = [
            mark.x
            for mark in drawn_lines(LineChart("", "", "percent", (line("a", [1, 2]),)), 100)[
                0
            ].marks
        ]
        right = [one.place for one in day_ticks(WEEKS)]
    assert there == [0, 100]
    assert back == [100, 0]
    assert left == sorted(left)
    assert right == [pytest.approx(100 - place) for place in left]


def test_days_at_the_axis_do_not_touch_where_weeks_are_missing():
    days = [WEEKS[at] for at in (0, 7, 8, 11)]
    with translation.override("en"):
        shown = [(one.at, one.place) for one in day_ticks(days)]
    places = [place for _day, place in shown]
    assert [day for day, _place in shown] == [WEEKS[0], WEEKS[7], WEEKS[11]]
    assert min(b - a for a, b in itertools.pairwise(places)) >= 28
    with translation.override("en"):
        assert [one.at for one in day_ticks(WEEKS[:2])] == WEEKS[:2]
        assert [one.at for one in day_ticks(WEEKS[:1])] == WEEKS[:1]


def test_a_week_without_a_value_is_a_gap():
    drawing = LineChart("", "", "percent", (line("a", [10, 20, None, 40, 50]),))
    with translation.override("en"):
        drawn = drawn_lines(drawing, 100)[0]
    assert len(drawn.pieces) == len(drawn.bands) == 2
    assert len(drawn.marks) == 4


def test_several_lines_have_no_bands_and_labels_apart():
    lines = tuple(line(str(at), [50 + at / 10, 50]) for at in range(7))
    with translation.override("en"):
        drawn = drawn_lines(LineChart("", "", "percent", lines), 100)
    assert len(drawn) == 5  # more cannot be told apart
    assert not any(one.bands for one in drawn)
    places = sorted(one.label_at for one in drawn)
    assert all(below - above >= 16.9 for above, below in itertools.pairwise(places))
    assert places[0] >= 0
    assert places[-1] <= 100


@pytest.mark.parametrize("lang", ["fa", "en"])
def test_every_kind_is_an_image_with_a_label(lang):
    drawings = [
        LineChart("Lines: 5", "up", "duration", (line("one", [5]), line("two", [5, 7]))),
        Ranges("Ranges: 5", "percent", (RangeRow("<b>", 5, 1, 9), RangeRow("x", None, None, None))),
        Bars("Bars: 5", "count", (BarRow("one", 5), BarRow("two", 0))),
        Columns("Columns: 5", ("a", "b"), (Column(FIRST, (1, 3)), Column(WEEKS[1], (0, 0)))),
    ]
    for drawing in drawings:
        with translation.override(lang):
            html = chart(drawing)
        assert f'role="img" aria-label="{drawing.label}"' in html
        assert "<b>" not in html
        places = re.findall(r'(?:x|y|cx|x1|x2|width|height)="(-?[\d.]+)%"', html)
        assert places
        assert all(-0.001 <= float(place) <= 100.001 for place in places), places


def test_columns_fill_the_week():
    with translation.override("fa"):
        html = chart(Columns("", ("a", "b", "c"), (Column(FIRST, (1, 2, 1)),)))
    heights = re.findall(r'fill="url\(#hatch-\d\)"[^>]*height="([\d.]+)%"', html)
    assert [float(one) for one in heights] == [25, 50, 25]


def test_a_week_without_replies_keeps_its_room():
    """Drawn beside each other, weeks that lie a quarter apart would look like one following."""
    weeks = (WEEKS[0], WEEKS[1], WEEKS[11])
    with translation.override("en"):
        html = chart(Columns("", ("a",), tuple(Column(day, (1,)) for day in weeks)))
    bars = re.findall(r'class="column-part"[^>]* x="([\d.]+)%"[^>]* width="([\d.]+)%"', html)
    middles = [float(x) + float(width) / 2 for x, width in bars]
    assert middles == pytest.approx([100 * (at + 0.5) / 12 for at in (0, 1, 11)], abs=0.01)


def test_days_are_named_on_both_sides_of_a_gap():
    days = [FIRST + timedelta(days=7 * at) for at in (*range(25), *range(34, 54))]
    with translation.override("en"):
        assert len(day_ticks(days, week_places(days))) == 4


@pytest.mark.parametrize("count", [1, 4, 8, 13, 60])
def test_days_below_columns_do_not_touch(count):
    days = [FIRST + timedelta(days=7 * at) for at in range(count)]
    with translation.override("en"):
        html = chart(Columns("", ("a",), tuple(Column(day, (1,)) for day in days)))
    named = re.findall(r'<text x="([\d.]+)%" y="1.2em" text-anchor="(\w+)">', html)
    places = [float(place) for place, _anchor in named]
    assert places
    assert all(b - a >= 24.9 for a, b in itertools.pairwise(places))
    assert len(places) <= 4


@pytest.mark.parametrize(("lang", "mirrored"), [("en", False), ("fa", True)])
def test_values_stand_where_their_scale_has_them(lang, mirrored):
    def place(share):
        return 100 - share if mirrored else share

    with translation.override(lang):
        ranges = chart(Ranges("", "number", (RangeRow("a", 0.5, -0.5, 1),), (-1, 1), mark=0))
        bars = chart(Bars("", "count", (BarRow("a", 3), BarRow("b", 4))))
        lines = chart(LineChart("", "", "percent", (line("a", [20, 95]),), top=100))
    assert float(re.search(r'cx="([\d.]+)%"', ranges)[1]) == pytest.approx(place(75))
    low, high = re.search(r'range-line" x1="([\d.]+)%" x2="([\d.]+)%"', ranges).groups()
    assert (float(low), float(high)) == (place(25), place(100))
    widths = [float(one) for one in re.findall(r'bar-value" x="[\d.]+%" width="([\d.]+)', bars)]
    assert widths == [75, 100]  # from nothing on
    marks = re.findall(r'chart-point" x="([\d.]+)%" y="([\d.]+)%"', lines)
    assert [tuple(map(float, one)) for one in marks] == [(place(0), 80), (place(100), 5)]


def test_an_interval_of_one_week_alone_can_be_seen():
    with translation.override("en"):
        drawn = drawn_lines(LineChart("", "", "percent", (line("a", [40]),)), 100)[0]
    corners = [tuple(map(float, one.split(","))) for one in drawn.bands[0].split()]
    assert {x for x, _y in corners} == {490, 510}
    assert {y for _x, y in corners} == {550, 650}


def test_what_a_chart_leaves_out_is_said():
    def said(count):
        rows = tuple(BarRow(str(at), 1) for at in range(count))
        ranges = tuple(RangeRow(str(at), 1, 0, 2) for at in range(count))
        return [chart(Bars("", "count", rows)), chart(Ranges("", "percent", ranges))]

    def of_lines(count):
        return chart(LineChart("", "", "percent", tuple(line(str(at), [5]) for at in range(count))))

    with translation.override("en"):
        assert all("The chart shows the first 25;" in html for html in said(30))
        assert not any("The chart shows" in html for html in said(25))
        assert "The chart shows the first 5;" in of_lines(8)
        assert "The chart shows" not in of_lines(5)


def test_versions_that_begin_alike_keep_their_ends():
    names = ("pasokh-2026-11-20-alora-1", "pasokh-2026-11-20-alora-2")
    assert [ends_of(name, 18) for name in names] == ["pasokh-2…0-alora-1", "pasokh-2…0-alora-2"]
    assert ends_of("tuned-a", 18) == "tuned-a"


def test_a_small_probability_is_not_none():
    with translation.override("en"):
        assert in_unit(0.0000004, "p") == "\u2066<\u00a00.001\u2069"
        assert in_unit(0.0041, "p") == "0.004"


def test_figures_are_written_as_people_read_them():
    with translation.override("en"):
        assert in_unit(0.125, "share") == "12.5%"
        assert in_unit(70.0, "percent") == "70%"
        assert in_unit(None, "number") == "–"
        assert in_unit(-0.25, "number") == "\u2066−0.25\u2069"
        assert [tick(value, "duration") for value in (30, 90, 7200, 172800)] == [
            "30 s",
            "1.5 min",
            "2 h",
            "2 d",
        ]
        assert day_month(FIRST) == "29 Aug"
    with translation.override("fa"):
        assert day_month(FIRST) == "۷ شهریور"


CHARTS = (Path(settings.BASE_DIR) / "static" / "desk" / "charts.css").read_text()


@pytest.mark.parametrize("theme", THEMES)
def test_series_can_be_seen(theme):
    light, dark = CHARTS.split("@media (prefers-color-scheme: dark)")
    block = light if theme == "light" else dark
    series = dict(re.findall(r"--(series-\d):\s*(#[0-9a-f]{6})", block))
    assert len(series) == 5
    colours = THEMES[theme] | series
    weak = {name: _contrast(colours, name, "surface") for name in series}
    assert not {name: ratio for name, ratio in weak.items() if ratio < 3}
