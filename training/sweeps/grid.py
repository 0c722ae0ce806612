"""Which settings are tried, and which go on: a coarse grid, successive halving, a finer look.

Public entries: `Setting`, `grid`, `halve`, `neighbours`. Pure. Successive halving (Jamieson and
Talwalkar 2016): all are measured on a few rows, the better half on twice as many, until the last
few are measured on all. That costs a third of measuring all on all.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import product
from typing import Final

from llm.engine.results import GenerationSettings
from runtime.errors import InputError

MAX_SETTINGS: Final = 500
FIRST_ROWS: Final = 4
RUNGS: Final = 3
"""How often the rows double until all are used."""

TEMPERATURES: Final = (0.0, 0.1, 0.3, 0.5, 0.7, 0.9)
TOP_PS: Final = (0.9, 1.0)
PENALTIES: Final = (1.0, 1.025, 1.05, 1.1)


class BadGrid(InputError):
    """The values that were asked for make no grid."""


@dataclass(frozen=True, order=True)
class Setting:
    """What is searched for; the rest of a version's settings stays."""

    temperature: float
    top_p: float
    repetition_penalty: float

    @classmethod
    def of(cls, settings: GenerationSettings) -> "Setting":
        return cls(settings.temperature, settings.top_p, settings.repetition_penalty).plain()

    def within(self, settings: GenerationSettings, *, seed: int) -> GenerationSettings:
        """`settings` with these in place of its own. Raises SettingsError."""
        return replace(settings, **asdict(self), seed=seed)

    def plain(self) -> "Setting":
        """At temperature 0 there is nothing for top-p to choose from: one setting, not several."""
        return replace(self, top_p=1.0) if self.temperature == 0 else self


Measure = Callable[[Sequence[Setting], int], Mapping[Setting, float]]
"""The mean score of each on the first so many rows."""


def grid(
    temperatures: Sequence[float], top_ps: Sequence[float], penalties: Sequence[float]
) -> list[Setting]:
    """All of them with each other. Raises BadGrid, and SettingsError for a value out of range."""
    if not (temperatures and top_ps and penalties):
        raise BadGrid("Each list of values needs at least one number.")
    if len(temperatures) * len(top_ps) * len(penalties) > MAX_SETTINGS:
        raise BadGrid(f"A sweep tries {MAX_SETTINGS} settings at most; give fewer values.")
    found = {Setting(*one).plain() for one in product(temperatures, top_ps, penalties)}
    for one in found:
        one.within(GenerationSettings(), seed=0)
    return sorted(found)


def halve(
    settings: Sequence[Setting], *, rows: int, measure: Measure, present: Setting
) -> list[Setting]:
    """Those that were measured on all rows, best first; `present` is always one of them. Of equals
    the cooler one goes first."""
    alive = sorted({*settings, present})
    size = min(rows, max(FIRST_ROWS, math.ceil(rows / 2**RUNGS)))
    while True:
        scores = measure(alive, size)
        ranked = sorted(alive, key=lambda one: (-scores[one], one))
        if size == rows:
            return ranked
        better = ranked[: math.ceil(len(ranked) / 2)]
        alive = better if present in better else [*better, present]
        size = min(rows, 2 * size)


def neighbours(
    best: Setting,
    temperatures: Sequence[float],
    top_ps: Sequence[float],
    penalties: Sequence[float],
) -> list[Setting]:
    """Half-way from `best` to the next value of each list, one list at a time."""
    lists = {"temperature": temperatures, "top_p": top_ps, "repetition_penalty": penalties}
    found = set()
    for name, values in lists.items():
        own = getattr(best, name)
        below = max((one for one in values if one < own), default=None)
        above = min((one for one in values if one > own), default=None)
        for other in (below, above):
            if other is not None:
                found.add(replace(best, **{name: round((own + other) / 2, 4)}).plain())
    return sorted(found - {best})
