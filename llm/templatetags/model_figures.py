"""How the figures of models are written: `{% load model_figures %}`."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django import template
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from llm.figure_names import GROUPS, ORDER, figure_name, group_name
from runtime.templatetags.desk_text import duration, number

register = template.Library()
register.filter("figure_called", figure_name)

MEBIBYTES_IN_GIBIBYTE = 1024
SHOWN_AS_GIBIBYTES = 10 * MEBIBYTES_IN_GIBIBYTE
_DEEPEST: Final = 3
_TOLD_ELSEWHERE: Final = ("settings",)


@register.filter
def seconds(length: float | None) -> str:
    """A part of a draft can take a hundredth of a second."""
    if length is None:
        return "–"
    if length >= 1:
        return duration(length)
    return _("%(seconds)s s") % {"seconds": number(round(float(length), 2))}


@register.filter
def mebibytes(size: float | None) -> str:
    if size is None:
        return "–"
    if size < SHOWN_AS_GIBIBYTES:
        return _("%(size)s MiB") % {"size": number(round(size))}
    return _("%(size)s GiB") % {"size": number(round(size / MEBIBYTES_IN_GIBIBYTE, 1))}


@register.filter
def share_in_percent(share: float) -> float:
    """0.1 as 10: a whole number where it is one."""
    percent = round(100 * share, 1)
    return int(percent) if percent.is_integer() else percent


@register.filter
def signed(value: float | None) -> str:
    """A difference with its sign."""
    if value is None:
        return "–"
    sign = "+" if value > 0 else "−" if value < 0 else ""
    return f"{sign}{number(round(abs(float(value)), 3))}"


@dataclass(frozen=True)
class Measured:
    """Figures that were measured on the same rows; `title` says on which."""

    title: str
    rows: list[tuple[str, str]]


@register.filter
def measured(metrics: Mapping[str, Any]) -> list[Measured]:
    """The numbers of a version's metrics by what they were measured on, in an order that reads."""
    given = metrics if isinstance(metrics, dict) else {}
    return [Measured(group_name(path), _rows(found, path)) for path, found in _groups(given, ())]


def _groups(
    given: Mapping[str, Any], path: tuple[str, ...]
) -> Iterator[tuple[tuple[str, ...], dict[str, float]]]:
    numbers = {str(name): value for name, value in given.items() if _is_number(value)}
    numbers.pop("evaluation", None)  # the number of a row of the database
    if numbers:
        yield path, numbers
    inner = [str(name) for name, value in given.items() if isinstance(value, dict)]
    for name in sorted(inner, key=lambda name: _place(name, tuple(GROUPS))):
        if name not in _TOLD_ELSEWHERE and len(path) < _DEEPEST:
            yield from _groups(given[name], (*path, name))


def _rows(found: Mapping[str, float], path: Sequence[str]) -> list[tuple[str, str]]:
    """An interval stands with the difference that it bounds."""
    bounded = next((name for name in ("difference", "mean") if name in found), "")
    has_interval = bounded and {"low", "high"} <= set(found)
    names = [name for name in found if not (has_interval and name in ("low", "high"))]
    rows = []
    for name in sorted(names, key=lambda name: _place(name, ORDER)):
        if name == bounded:
            interval = (found["low"], found["high"]) if has_interval else None
            value: str = _difference(found[name], interval)
        else:
            value = number(found[name])
        rows.append((figure_name(name, measured_on=path), value))
    return rows


def _difference(value: float, interval: tuple[float, float] | None) -> SafeString:
    if interval is None:
        return format_html("<bdi>{}</bdi>", signed(value))
    low, high = (format_html("<bdi>{}</bdi>", signed(one)) for one in interval)
    between = conditional_escape(_("95%% interval %(low)s to %(high)s")) % {
        "low": low,
        "high": high,
    }
    return format_html(
        '<bdi>{}</bdi> <span class="muted small">{}</span>',
        signed(value),
        mark_safe(between),  # noqa: S308  all parts are escaped
    )


def _place(name: str, order: Sequence[str]) -> tuple[int, str]:
    return (order.index(name) if name in order else len(order), name)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
