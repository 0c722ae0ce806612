"""Beside the articles to write: how often agents took no draft for want of one, and where."""

from collections.abc import Iterable
from typing import Any

from django import template

from kb.coverage import GapGroup
from tickets.models import NoGoodAnswer
from tickets.refusing import Refused, refused_for, together

register = template.Library()


@register.simple_tag
def refusal_reasons() -> list[tuple[str, str]]:
    """Value and label, for the dialog."""
    return [(one.value, str(one.label)) for one in NoGoodAnswer.Reason]


@register.simple_tag(takes_context=True)
def with_refusals(
    context: dict[str, Any], groups: Iterable[GapGroup]
) -> list[tuple[GapGroup, Refused]]:
    """Each group with its refusals, for all of a page at once."""
    groups = list(groups)
    gaps = [gap.pk for group in groups for gap in group.gaps]
    found = refused_for(gaps, reader=context["request"].user)
    return [
        (group, together([found[gap.pk] for gap in group.gaps if gap.pk in found]))
        for group in groups
    ]
