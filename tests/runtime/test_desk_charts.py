"""Where the segments of a chart stand, in both directions of reading."""

from itertools import pairwise

import pytest
from django.utils import translation

from runtime.templatetags.desk_charts import chart_place, stacked_shares

COUNTS = (18, 21, 31, 28, 26)


@pytest.mark.parametrize("lang", ["fa", "en"])
def test_segments_fill_the_bar_without_gaps(lang):
    with translation.override(lang):
        segments = stacked_shares(COUNTS)
    assert [segment["count"] for segment in segments] == list(COUNTS)
    spans = sorted((_value(one["x"]), _value(one["width"])) for one in segments)
    assert spans[0][0] == pytest.approx(0, abs=0.01)
    for (x, width), (following, _) in pairwise(spans):
        assert x + width == pytest.approx(following, abs=0.01)
    assert sum(spans[-1]) == pytest.approx(100, abs=0.01)


def test_the_lowest_star_stands_at_the_side_where_reading_begins():
    with translation.override("en"):
        assert _value(stacked_shares(COUNTS)[0]["x"]) == 0
        assert chart_place(25) == "25.000%"
    with translation.override("fa"):
        first = stacked_shares(COUNTS)[0]
        assert _value(first["x"]) + _value(first["width"]) == pytest.approx(100, abs=0.01)
        assert chart_place(25) == "75.000%"


def test_empty_and_narrow_segments():
    assert stacked_shares((0, 0, 0, 0, 0)) == []
    segments = stacked_shares((1, 0, 0, 0, 99))
    assert [(one["star"], one["labelled"]) for one in segments] == [(1, False), (5, True)]


def _value(attribute: str) -> float:
    assert attribute.endswith("%")
    return float(attribute[:-1])
