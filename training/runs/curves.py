"""The losses of a run, from the log of its steps: `read_losses`, `curve_of`.

A curve is drawn in a box of 1000 by 1000 whose sides the page stretches, so that it fits any width;
the letters beside it keep their size. A run of a hundred thousand steps is drawn by 400 points.
Steps go from the side where reading begins, as time does in all charts (runtime.charting).
"""

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from runtime.charting import across

SIDE: Final = 1000
MOST_POINTS: Final = 400
MOST_BYTES: Final = 64 * 1024 * 1024
"""Of a log that is read: far beyond what a run writes."""
_TICKS: Final = 4
_STEPS_OF_TICKS: Final = (1, 2, 2.5, 5, 10)


@dataclass(frozen=True)
class Losses:
    """`steps`: (step, loss, running mean, tokens, seconds); `evaluations`: (step, loss)."""

    steps: Sequence[tuple[int, float, float, int, float]]
    evaluations: Sequence[tuple[int, float]]


@dataclass(frozen=True)
class Tick:
    """A line of the grid: its value, its place in the box, and the place in per cent. `anchor`: of
    its letters, so that the outer ones do not stand beside the plot."""

    value: float
    place: float
    anchor: str = "middle"

    @property
    def percent(self) -> str:
        return f"{self.place / SIDE * 100:.2f}%"


@dataclass(frozen=True)
class Curve:
    """`loss`, `mean`: points of polylines; `evaluation` likewise, and `marks`, a path of dots."""

    loss: str
    mean: str
    evaluation: str
    marks: str
    across: Sequence[Tick]
    up: Sequence[Tick]
    first: float
    last: float
    last_step: int
    best_evaluation: tuple[int, float] | None


def read_losses(path: Path) -> Losses:
    """What its whole lines say; a last one that is being written is left out."""
    steps, evaluations = [], []
    if path.is_file() and path.stat().st_size <= MOST_BYTES:
        for line in path.read_text(encoding="utf-8").splitlines():
            try:
                found = json.loads(line)
            except ValueError:
                break
            number = int(found["step"])
            if "evaluation" in found:
                evaluations.append((number, float(found["evaluation"])))
            elif "loss" in found:
                mean = float(found.get("mean", found["loss"]))
                tokens, seconds = int(found.get("tokens", 0)), float(found.get("seconds", 0))
                steps.append((number, float(found["loss"]), mean, tokens, seconds))
    return Losses(steps, evaluations)


def curve_of(losses: Losses, *, total: int = 0) -> Curve | None:
    """None where there is nothing to draw a line through. `total`: steps that there will be."""
    if len(losses.steps) < 2:
        return None
    thinned = _thinned(losses.steps)
    loss = [(one[0], one[1]) for one in thinned]
    mean = [(one[0], one[2]) for one in thinned]
    evaluation = list(losses.evaluations)
    last_step = max(total, losses.steps[-1][0])
    values = [value for _, value in [*loss, *mean, *evaluation] if math.isfinite(value)]
    up = _ticks(min(values, default=0.0), max(values, default=1.0))
    low, high = up[0], up[-1]

    def place(step: int, value: float) -> tuple[float, float]:
        height = (value - low) / (high - low) if math.isfinite(value) else 1.0
        return _across(step / last_step), SIDE * (1 - min(max(height, 0.0), 1.0))

    return Curve(
        loss=_line([place(*one) for one in loss]),
        mean=_line([place(*one) for one in mean]),
        evaluation=_line([place(*one) for one in evaluation]),
        marks=" ".join(f"M{x:.1f} {y:.1f}h.01" for x, y in (place(*one) for one in evaluation)),
        across=[
            Tick(step, _across(step / last_step), _anchor(step / last_step))
            for step in _ticks(0, last_step)
            if step <= last_step and float(step).is_integer()
        ],
        up=[Tick(value, SIDE * (1 - (value - low) / (high - low))) for value in up],
        first=losses.steps[0][1],
        last=losses.steps[-1][2],
        last_step=losses.steps[-1][0],
        best_evaluation=min(evaluation, key=lambda one: one[1], default=None),
    )


def _across(share: float) -> float:
    return across(share) / 100 * SIDE


def _anchor(share: float) -> str:
    return "start" if share < 0.04 else "end" if share > 0.96 else "middle"


def _thinned(
    steps: Sequence[tuple[int, float, float, int, float]],
) -> Sequence[tuple[int, float, float, int, float]]:
    """Evenly, with the first and the last."""
    if len(steps) <= MOST_POINTS:
        return steps
    last = len(steps) - 1
    return [steps[round(number * last / (MOST_POINTS - 1))] for number in range(MOST_POINTS)]


def _ticks(low: float, high: float) -> list[float]:
    """Round numbers from below `low` to above `high`."""
    span = max(high - low, abs(high) * 1e-3, 1e-6)
    rough = span / _TICKS
    power = 10.0 ** math.floor(math.log10(rough))
    between = next(one * power for one in _STEPS_OF_TICKS if one * power >= rough * 0.999)
    first = math.floor(low / between + 1e-9)
    last = max(math.ceil(high / between - 1e-9), first + 1)
    return [round(number * between, 10) for number in range(first, last + 1)]


def _line(points: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
