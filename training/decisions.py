"""What the gate has decided, as pages show it: `decisions`, `figures_of`."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.db.models import QuerySet

from training.models import Decision

DIFFERENCES: Final = ("difference", "languages", "guards")
_KEYS: Final = frozenset({"evaluation"})
"""Numbers of rows, which decide nothing."""
_ENDS: Final = ("low", "high")
_SELF: Final = ("mean", "difference", "share", "value")


@dataclass(frozen=True)
class Figure:
    """One number that something was decided on, with its interval where it has one. `path`: where
    it stands, ("languages", "fa")."""

    path: tuple[str, ...]
    value: float | None
    low: float | None = None
    high: float | None = None
    rows: int | None = None

    @property
    def is_difference(self) -> bool:
        """It has a sign."""
        return self.place < len(DIFFERENCES)

    @property
    def place(self) -> int:
        """The differences come first: of all rows, by language, of what must not get worse."""
        first = self.path[0]
        return DIFFERENCES.index(first) if first in DIFFERENCES else len(DIFFERENCES)


def decisions() -> QuerySet[Decision]:
    """The last first, with all that a page names."""
    return Decision.objects.select_related("version", "against", "run")


def figures_of(decision: Decision) -> list[Figure]:
    """Its numbers, an interval in one line. The database keeps no order of them."""
    return sorted(_figures(decision.figures, ()), key=lambda one: one.place)


def _figures(given: Any, path: tuple[str, ...]) -> Iterator[Figure]:
    if not isinstance(given, Mapping):
        return
    if all(_is_number(given.get(end)) for end in _ENDS):
        value = next((given[name] for name in _SELF if _is_number(given.get(name))), None)
        rows = given.get("rows", given.get("total"))
        count = rows if isinstance(rows, int) else None
        yield Figure(path, value, given["low"], given["high"], count)
        return
    for name, value in given.items():
        here = (*path, str(name))
        if name in _KEYS:
            continue
        if _is_number(value):
            yield Figure(here, value)
        elif len(here) < 4:
            yield from _figures(value, here)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
