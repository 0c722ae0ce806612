"""The audit trail in words: `{% load audit_text %}`. Names, numbers and codes are set apart, so
that they stand where they belong in text of either direction."""

from typing import Any

from django import template
from django.utils.html import conditional_escape, format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import Truncator
from django.utils.translation import gettext as _

from people.actions import action_name
from people.audit_words import DETAILS, known_value, thing
from people.models import AuditEntry
from runtime.templatetags.desk_text import digits

register = template.Library()
register.filter("action_name", action_name)

LONGEST = 200
"""Characters of a name that are shown."""
MOST_LISTED = 20


@register.filter
def target_line(target: str, most: int = LONGEST) -> SafeString:
    """ "token 2 of mina" in the reader's words; `most`: characters of a name."""
    found = thing(target)
    if found is None:
        return _apart(target, most)
    words, values = found
    shown = {name: _value(name, value, most=most) for name, value in values.items()}
    return mark_safe(conditional_escape(str(words)) % shown)  # noqa: S308  all parts are escaped


@register.filter
def details_line(entry: AuditEntry) -> SafeString:
    """{"before": "agent", "after": "lead"} → "before: agent · after: lead"."""
    details = entry.details if isinstance(entry.details, dict) else {}
    order = {key: number for number, key in enumerate(DETAILS)}
    keys = sorted(details, key=lambda key: (order.get(key, len(order)), key))
    told = (key for key in keys if details[key] not in ("", [], None))
    return format_html_join(
        " · ",
        "{}: {}",
        ((DETAILS.get(key, key), _values(key, details[key], entry.action)) for key in told),
    )


def _values(key: str, value: Any, action: str) -> SafeString:
    many = value if isinstance(value, list) else [value]
    shown = [_value(key, one, action=action) for one in many[:MOST_LISTED]]
    if len(many) > MOST_LISTED:
        shown.append(format_html("{}", "…"))
    return format_html_join(_(", "), "{}", ((one,) for one in shown))


def _value(key: str, value: Any, *, action: str = "", most: int = LONGEST) -> SafeString:
    known = known_value(key, value, action=action)
    if known is not None:
        return format_html("{}", known)
    is_number = key == "number" or isinstance(value, int | float)
    return _apart(digits(value) if is_number else str(value), most)


def _apart(text: str, most: int) -> SafeString:
    return format_html("<bdi>{}</bdi>", Truncator(text).chars(most))
