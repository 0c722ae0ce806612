"""A comparison as a chart: `chart_of`, an SVG for a page or a report.

Each recipe has a line: the test loss before training (hollow), after it (filled) with the 95%
interval of the change, and beside it time, memory and what share of the model was trained. It has
its own colours for dark and for light surroundings and a text for those who hear it read.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.template.loader import render_to_string

from training.comparing.results import Result
from training.comparing.table import Table, lasting

WIDTH: Final = 960
LEFT: Final = 220
RIGHT: Final = 620
ROW: Final = 44
TOP: Final = 84
_TICKS: Final = 6


@dataclass(frozen=True)
class _Scale:
    low: float
    high: float

    def at(self, value: float) -> float:
        share = (value - self.low) / (self.high - self.low)
        return round(LEFT + share * (RIGHT - LEFT), 1)


def chart_of(table: Table) -> str:
    """The SVG's text."""
    step = _step(table.results)
    scale = _scale(table.results, step)
    steps = round((scale.high - scale.low) / step)
    ticks = [round(scale.low + number * step, 6) for number in range(steps + 1)]
    bottom = TOP + ROW * len(table.results)
    return render_to_string(
        "training/comparison.svg",
        {
            "width": WIDTH,
            "height": bottom + 76,
            "left": LEFT,
            "right": RIGHT,
            "top": TOP - 14,
            "bottom": bottom,
            "below": bottom + 20,
            "label_y": bottom + 44,
            "note_y": bottom + 64,
            "middle": (LEFT + RIGHT) / 2,
            "ticks": [{"x": scale.at(one), "text": f"{one:g}"} for one in ticks],
            "rows": [_row(one, at, scale) for at, one in enumerate(table.results)],
            "test_rows": table.test_rows,
            "hardware": ", ".join(sorted({one.hardware for one in table.results})),
            "columns": [
                {"x": RIGHT + 30, "text": "time"},
                {"x": RIGHT + 120, "text": "memory"},
                {"x": RIGHT + 200, "text": "data"},
                {"x": RIGHT + 260, "text": "trained"},
            ],
        },
    )


def _row(one: Result, at: int, scale: _Scale) -> dict[str, Any]:
    middle = TOP + ROW * at + ROW // 2
    before, difference = one.untuned_loss, one.difference
    start = None if before is None else scale.at(before)
    interval = None
    if before is not None and difference is not None:
        interval = (scale.at(before + difference.low), scale.at(before + difference.high))
    said = f"{one.recipe}: test loss "
    said += f"{one.loss:.3f}" if before is None else f"{before:.3f} before, {one.loss:.3f} after"
    return {
        "y": middle,
        "name_y": middle - 3,
        "recipe_y": middle + 13,
        "figure_y": middle - 11,
        "text_y": middle + 4,
        "technique": one.technique,
        "recipe": one.recipe[:34],
        "start": start,
        "end": scale.at(one.loss),
        "interval": interval,
        "figure": f"{one.loss:.2f}",
        "columns": [
            {"x": RIGHT + 30, "text": lasting(one.seconds)},
            {"x": RIGHT + 120, "text": f"{one.peak_memory_bytes / 2**30:.2f} GiB"},
            {"x": RIGHT + 200, "text": f"{one.share:.0%}"},
            {"x": RIGHT + 260, "text": f"{one.trainable_pct:.3g}%"},
        ],
        "said": said,
    }


def _values(results: Sequence[Result]) -> list[float]:
    found = [one.loss for one in results]
    return found + [one.untuned_loss for one in results if one.untuned_loss is not None]


def _step(results: Sequence[Result]) -> float:
    values = _values(results)
    rough = max(max(values) - min(values), 1e-6) / _TICKS
    size = 10 ** math.floor(math.log10(rough))
    return next(size * one for one in (1, 2, 5, 10) if size * one >= rough)


def _scale(results: Sequence[Result], step: float) -> _Scale:
    values = _values(results)
    low = math.floor(min(values) / step - 0.25) * step
    return _Scale(low=max(low, 0.0), high=math.ceil(max(values) / step + 0.25) * step)
