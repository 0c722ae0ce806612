"""Charts as SVG that the server draws: `{% load desk_charts %}`.

Places are per cent of the chart's width, so that letters keep their size at any width, and are
mirrored where the interface reads from right to left. Colours come from the style sheet by class;
every chart stands beside the table with its numbers.
"""

from collections.abc import Sequence
from typing import Any

from django import template
from django.utils import translation

register = template.Library()

MIN_LABELLED_SHARE = 6.0
"""Per cent of the width below which a number does not fit into its segment on a telephone."""


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


def _attribute(value: float) -> str:
    """With a point in every language: SVG knows no other."""
    return f"{value:.3f}%"
