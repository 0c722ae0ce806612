"""How the figures of models are written: `{% load model_figures %}`."""

from collections.abc import Iterator, Mapping
from typing import Any

from django import template
from django.utils.translation import gettext as _

from runtime.templatetags.desk_text import duration, number

register = template.Library()

MEBIBYTES_IN_GIBIBYTE = 1024
SHOWN_AS_GIBIBYTES = 10 * MEBIBYTES_IN_GIBIBYTE


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
def measured(metrics: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The numbers of a version's metrics, those inside of others too: "holdout chrf"."""
    given = metrics if isinstance(metrics, dict) else {}
    return [(" ".join(path), number(value)) for path, value in _numbers(given, ())]


def _numbers(
    given: Mapping[str, Any], path: tuple[str, ...]
) -> Iterator[tuple[tuple[str, ...], float]]:
    for name, value in given.items():
        here = (*path, str(name))
        if isinstance(value, dict) and len(here) < 3:
            yield from _numbers(value, here)
        elif isinstance(value, int | float) and not isinstance(value, bool):
            yield here, value
