"""The company's own patterns: what admins added at the desk, as the privacy engine takes them.

Public entry: `active_patterns`, for whoever masks customers' texts; `add_pattern` and `set_active`
for the desk. A worker remembers the patterns for a few seconds, so that a million messages cost no
million queries and a new pattern is still known to every process at once.

What was read inside a transaction is not remembered: it may yet be rolled back.
"""

import time
from typing import Any, Final

from django.contrib.auth.models import User
from django.db import IntegrityError, connection, transaction
from django.db.models.signals import post_delete, post_save
from django.utils.translation import gettext as _

from people import audit
from runtime.errors import InputError
from text.privacy.patterns import BadPattern, Pattern
from text.privacy.spans import TYPES
from tickets.models import CustomPattern

REMEMBERED_SECONDS: Final = 3.0
MOST: Final = 50
"""Patterns that are active at once: each is looked for in every text."""
LONGEST_NAME: Final = 20
LONGEST_TEMPLATE: Final = 60

_remembered: tuple[float, tuple[Pattern, ...]] | None = None


class RefusedPattern(InputError):
    """A pattern that cannot be added, and why."""


def active_patterns() -> tuple[Pattern, ...]:
    """By name; at most REMEMBERED_SECONDS old."""
    global _remembered
    now = time.monotonic()
    if _remembered is not None and now - _remembered[0] <= REMEMBERED_SECONDS:
        return _remembered[1]
    patterns = _read()
    if not connection.in_atomic_block:
        _remembered = (now, patterns)
    return patterns


def every_type() -> frozenset[str]:
    """What a placeholder can be called: the engine's types, and the patterns' names, also of those
    that are switched off: their placeholders stand in the texts still."""
    return frozenset((*TYPES, *CustomPattern.objects.values_list("name", flat=True)))


def checked(name: str, template: str) -> Pattern:
    """The pattern as the engine takes it, or RefusedPattern. The name is put into the form of a
    placeholder's type: `order no` is ORDER_NO."""
    type_ = "_".join(name.replace("-", " ").replace("_", " ").split()).upper()
    if type_ in TYPES:
        raise RefusedPattern(_("%(name)s is a type of the engine's own.") % {"name": type_})
    if len(type_) > LONGEST_NAME or len(template.strip()) > LONGEST_TEMPLATE:
        said = _("A name has %(name)s characters at most, a pattern %(template)s.")
        raise RefusedPattern(said % {"name": LONGEST_NAME, "template": LONGEST_TEMPLATE})
    try:
        return Pattern(type_, template.strip())
    except BadPattern as error:
        raise RefusedPattern(_(str(error))) from error


def add_pattern(name: str, template: str, *, user: User) -> CustomPattern:
    """Looked for from now on; what is stored already stays as it is."""
    pattern = checked(name, template)
    _leave_room()
    try:
        with transaction.atomic():
            row = CustomPattern.objects.create(
                name=pattern.name, template=pattern.template, created_by=user
            )
            audit.note(user, "pattern.added", f"pattern {row.name}")
    except IntegrityError:
        said = _("There is a pattern %(name)s already.") % {"name": pattern.name}
        raise RefusedPattern(said) from None
    return row


def set_active(row: CustomPattern, *, active: bool, by: User | None = None) -> None:
    if active:
        _leave_room()
    with transaction.atomic():
        row.active = active
        row.save(update_fields=["active"])
        action = "pattern.switched-on" if active else "pattern.switched-off"
        audit.note(by, action, f"pattern {row.name}")


def forget(**_signal: Any) -> None:
    """The next caller in this process reads again."""
    global _remembered
    _remembered = None


post_save.connect(forget, sender=CustomPattern)
post_delete.connect(forget, sender=CustomPattern)


def _leave_room() -> None:
    if CustomPattern.objects.filter(active=True).count() >= MOST:
        said = _("%(most)s patterns can be active at once: switch one off first.")
        raise RefusedPattern(said % {"most": MOST})


def _read() -> tuple[Pattern, ...]:
    rows = CustomPattern.objects.filter(active=True).order_by("name")[:MOST]
    return tuple(Pattern(row.name, row.template) for row in rows)
