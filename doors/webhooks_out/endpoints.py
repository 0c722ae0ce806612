"""Who is told: `create`, `change`, `rotate`, `remove` an endpoint; `keys_of` one.

Keys stand encrypted, the newest first; one that was replaced signs along for a day, so that the
other side has time to change.
"""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from doors.http import check_url
from doors.models import WebhookEndpoint
from people import audit
from people.roles import Person
from runtime.errors import InputError
from runtime.webhooks import new_key
from text.lines import is_one_line
from tickets.models import TicketEvent
from tickets.vault import decrypt, encrypt

MAX_NAME: Final = 100
MAX_ENDPOINTS: Final = 50
OVERLAP: Final = timedelta(days=1)
KINDS: Final = tuple(f"ticket.{kind}" for kind in TicketEvent.Kind.values)
TEST_KIND: Final = "webhook.test"


class BadEndpoint(InputError):
    """Its name, address or kinds cannot be used, or there are too many."""


def create(
    *, name: str, url: str, kinds: Sequence[str] = (), actor: Person
) -> tuple[WebhookEndpoint, str]:
    """The endpoint and its key, this once. No kinds: all."""
    name, url = _checked(name, url, kinds)
    if WebhookEndpoint.objects.count() >= MAX_ENDPOINTS:
        raise BadEndpoint(
            _("There are %(limit)d webhooks already; remove one first.") % {"limit": MAX_ENDPOINTS}
        )
    key = new_key()
    row = WebhookEndpoint(name=name, url=url, kinds=sorted(set(kinds)), created_by=_user(actor))
    row.secret_encrypted = _packed([(key, None)])
    with transaction.atomic():
        _save(row)
        audit.note(actor, "webhook.made", f"webhook {row.name}")
    return row, key


def change(
    row: WebhookEndpoint,
    *,
    actor: Person,
    name: str | None = None,
    url: str | None = None,
    kinds: Sequence[str] | None = None,
    active: bool | None = None,
) -> WebhookEndpoint:
    """What is None stays. Switching on forgets the failures."""
    new_kinds = row.kinds if kinds is None else list(kinds)
    name, url = _checked(
        row.name if name is None else name, row.url if url is None else url, new_kinds
    )
    with transaction.atomic():
        row = WebhookEndpoint.objects.select_for_update().get(pk=row.pk)
        row.name, row.url, row.kinds = name, url, sorted(set(new_kinds))
        if active is not None and active != row.active:
            row.active, row.failing_since = active, None
        _save(row)
        audit.note(actor, "webhook.changed", f"webhook {row.name}", active=row.active)
    return row


def rotate(row: WebhookEndpoint, *, actor: Person) -> str:
    """The new key, this once. The one before signs along for a day; older ones go."""
    key = new_key()
    with transaction.atomic():
        row = WebhookEndpoint.objects.select_for_update().get(pk=row.pk)
        until = timezone.now() + OVERLAP
        newest = _unpacked(row)[0][0]
        row.secret_encrypted = _packed([(key, None), (newest, until)])
        row.save(update_fields=["secret_encrypted"])
        audit.note(actor, "webhook.key_changed", f"webhook {row.name}")
    return key


def remove(row: WebhookEndpoint, *, actor: Person) -> None:
    """With its log."""
    with transaction.atomic():
        audit.note(actor, "webhook.removed", f"webhook {row.name}")
        row.delete()


def keys_of(row: WebhookEndpoint, *, now: datetime | None = None) -> list[str]:
    """Those that sign now, the newest first. Raises UnreadableVault."""
    now = now or timezone.now()
    return [key for key, until in _unpacked(row) if until is None or until > now]


def _checked(name: str, url: str, kinds: Sequence[str]) -> tuple[str, str]:
    name = name.strip()
    if not 0 < len(name) <= MAX_NAME or not is_one_line(name):
        raise BadEndpoint(_("The name must have 1 to %(limit)d characters.") % {"limit": MAX_NAME})
    for kind in kinds:
        if kind not in KINDS:
            raise BadEndpoint(
                _("There is no kind %(kind)s. There are: %(known)s.")
                % {"kind": str(kind)[:40], "known": ", ".join(KINDS)}
            )
    return name, check_url(url.strip())


def _save(row: WebhookEndpoint) -> None:
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError:
        raise BadEndpoint(_("There is a webhook of this name already.")) from None


def _packed(keys: Sequence[tuple[str, datetime | None]]) -> bytes:
    rows = [[key, until.isoformat() if until else None] for key, until in keys]
    return encrypt(json.dumps(rows))


def _unpacked(row: WebhookEndpoint) -> list[tuple[str, datetime | None]]:
    rows: list[list[Any]] = json.loads(decrypt(row.secret_encrypted))
    return [(key, datetime.fromisoformat(until) if until else None) for key, until in rows]


def _user(actor: Person) -> Any:
    return actor if actor.is_authenticated else None
