"""The audit trail in words: `{% load audit_text %}`."""

from collections.abc import Mapping
from typing import Any

from django import template

from people.actions import action_name

register = template.Library()
register.filter("action_name", action_name)

_SHOWN = 300


@register.filter
def details_line(details: Mapping[str, Any]) -> str:
    """{"before": "agent", "after": "lead"} → "before: agent · after: lead"."""
    keys = sorted(details, key=lambda key: (key == "after", key))
    parts = [f"{key}: {_value(details[key])}" for key in keys if details[key] not in ("", [], None)]
    line = " · ".join(parts)
    return line if len(line) <= _SHOWN else f"{line[:_SHOWN]}…"


def _value(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
