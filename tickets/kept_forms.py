"""What somebody has typed into a form and not sent: `keep`, `kept`, `forget`.

For forms that belong to no ticket yet (replies: `tickets.kept_drafts`): a new ticket, a canned
reply. It stands in the person's session, encrypted with the vault's key, since it is a customer's
words that nothing has masked yet. So it outlives a tab and a browser that are closed, nobody else
gets it, and it goes when the person signs out, with the session, or after `KEPT_FOR`.
"""

import json
import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from django.conf import settings
from django.contrib.sessions.backends.base import SessionBase
from django.utils import timezone
from django.utils.translation import gettext as _

from runtime.errors import InputError
from tickets import vault
from tickets.intake import MAX_EXTERNAL_ID, stored_external_id
from tickets.models import Ticket

KEPT_FOR: Final = timedelta(days=7)
MOST: Final = 5
"""Forms at a time; the one that was typed into longest ago goes first."""
NEW_TICKET: Final = "ticket"
FIELDS: Final = {
    NEW_TICKET: ("name", "contact", "subject", "text", "lang", "team", "external_id"),
    "canned": ("title", "text", "lang", "team"),
}
_TYPED: Final = ("name", "contact", "subject", "text", "title")
_NAME: Final = re.compile(r"(ticket|canned)(?:-\d{1,18})?", re.ASCII)
_KEY: Final = "kept_forms"


class TooLongToKeep(InputError):
    """More characters than the form takes."""


class NoSuchForm(InputError):
    """Nothing that is kept."""


def keep(session: SessionBase, name: str, values: Mapping[str, Any]) -> bool:
    """Whether there is something kept now: nothing typed is nothing kept. A page that is slow to
    say what was typed, after that has become a ticket, is not listened to."""
    typed = {field: str(values.get(field, "")) for field in _fields(name)}
    if sum(map(len, typed.values())) > settings.MAX_TICKET_CHARACTERS + 5000:
        raise TooLongToKeep(
            _("At most %(most)d characters.") % {"most": settings.MAX_TICKET_CHARACTERS}
        )
    is_empty = not any(typed.get(field, "").strip() for field in _TYPED)
    if is_empty or _is_sent(typed):
        forget(session, name)
        return False
    others = {form: one for form, one in session.get(_KEY, {}).items() if form != name}
    latest = sorted(others, key=lambda form: others[form]["at"])[-(MOST - 1) :]
    sealed = vault.encrypt(json.dumps(typed)).decode()
    row = {"at": timezone.now().timestamp(), "sealed": sealed}
    session[_KEY] = {form: others[form] for form in latest} | {name: row}
    return True


def kept(session: SessionBase, name: str) -> dict[str, str]:
    """By field; {} where there is nothing, nothing recent, or no key that opens it."""
    row = session.get(_KEY, {}).get(name)
    if row is None or row["at"] < (timezone.now() - KEPT_FOR).timestamp():
        return {}
    try:
        values = json.loads(vault.decrypt(row["sealed"].encode()))
    except vault.UnreadableVault:
        return {}
    known = _fields(name)
    return {field: value for field, value in values.items() if field in known}


def forget(session: SessionBase, name: str) -> None:
    rows = session.get(_KEY, {})
    if name in rows:
        session[_KEY] = {form: one for form, one in rows.items() if form != name}


def _fields(name: str) -> tuple[str, ...]:
    found = _NAME.fullmatch(name)
    if found is None:
        raise NoSuchForm(_("There is no such form."))
    return FIELDS[found[1]]


def _is_sent(typed: Mapping[str, str]) -> bool:
    number = typed.get("external_id", "")
    stored = stored_external_id(number[:MAX_EXTERNAL_ID]) if number else ""
    return bool(stored) and Ticket.objects.filter(source="desk", external_id=stored).exists()
