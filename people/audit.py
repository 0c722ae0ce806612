"""The audit trail: `note` what somebody changed, inside the transaction that changes it."""

from typing import Any

from django.contrib.auth.models import User

from people.models import AuditEntry
from people.roles import Person

MAX_TARGET = 200


def note(actor: Person | None, action: str, target: str = "", **details: Any) -> AuditEntry:
    """`action`: "thing.done" in the past, e.g. "token.issued"; `target`: which thing. Neither they
    nor `details` may hold a customer's words, or a secret."""
    return AuditEntry.objects.create(
        actor=actor if isinstance(actor, User) else None,
        action=action,
        target=target[:MAX_TARGET],
        details=details,
    )
