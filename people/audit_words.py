"""What an entry of the audit trail is about, in words: `thing("token 2 of mina")`, `DETAILS`,
`known_value`.

The rows keep codes; only what is shown is translated. A test looks for every kind of thing and
every detail that the program writes; what is not here is shown as it is.
"""

import re
from collections.abc import Mapping
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from people.roles import ADMIN, AGENT, LEAD
from runtime.templatetags.desk_text import language_name

_NAME: Final = r"(?P<name>.+)"
_NUMBER: Final = r"(?P<number>[0-9]+)"
THINGS: Final[tuple[tuple[str, Promise], ...]] = (
    (f"person {_NAME}", _("person %(name)s")),
    (f"team {_NAME}", _("team %(name)s")),
    (f"version {_NAME}", _("version %(name)s")),
    (f"server {_NAME}", _("server %(name)s")),
    (f"pattern {_NAME}", _("pattern %(name)s")),
    (f"door {_NAME}", _("door %(name)s")),
    (f"webhook {_NAME}", _("webhook %(name)s")),
    (f"source {_NUMBER} {_NAME}", _("source %(name)s")),
    (f"token {_NUMBER} of {_NAME}", _("token %(number)s of %(name)s")),
    (f"article {_NUMBER}", _("article %(number)s")),
    (f"article import {_NUMBER}", _("article import %(number)s")),
    (f"ticket import {_NUMBER}", _("ticket import %(number)s")),
    (f"customer {_NUMBER}", _("customer %(number)s")),
    (f"canned reply {_NUMBER}", _("canned reply %(number)s")),
    (f"ticket {_NUMBER}", _("ticket %(number)s")),
    (f"run {_NUMBER}", _("training run %(number)s")),
    ("rule (?P<rule>[a-z_]+)", _("how long is kept: %(rule)s")),
)
DETAILS: Final[dict[str, Promise]] = {
    "slot": _("slot"),
    "door": _("door"),
    "role": _("role"),
    "team": _("team"),
    "before": _("before"),
    "after": _("after"),
    "joined": _("joined"),
    "left": _("left"),
    "state": _("state"),
    "active": _("switched on"),
    "hosted": _("hosted"),
    "follows": _("follows instructions"),
    "revision": _("version of the text"),
    "hours": _("hours between imports"),
    "days": _("days"),
    "articles": _("articles"),
    "fields": _("fields changed"),
    "invitations_withdrawn": _("invitations withdrawn"),
    "scopes": _("scopes"),
    "status": _("answer"),
    "lang": _("language"),
}
"""In the order in which they are told."""
RULES: Final[dict[str, Promise]] = {
    "closed_tickets": _("answered and closed tickets"),
    "spam": _("spam"),
    "suggestions": _("drafts that were not sent"),
    "customers": _("customers without tickets"),
    "readings": _("the record of who read values"),
}
_ROLES: Final[dict[str, Promise]] = {AGENT: _("agent"), LEAD: _("lead"), ADMIN: _("admin")}
_VALUES: Final[dict[str, Mapping[str, Promise]]] = {
    "role": _ROLES,
    "rule": RULES,
    "state": {"draft": _("draft"), "published": _("published"), "archived": _("archived")},
}
_OF_ROLES: Final = "person.role-changed"
"""Whose "before" and "after" are roles; those of other actions are names."""


def thing(target: str) -> tuple[Promise, dict[str, str]] | None:
    """Words with places, and what stands in them; None for a thing of no known kind."""
    for form, words in THINGS:
        found = re.fullmatch(form, target, re.DOTALL)
        if found is not None:
            return words, found.groupdict()
    return None


def known_value(key: str, value: Any, *, action: str = "") -> str | None:
    """In words, where it is one of a few; None for names and numbers, which stand for
    themselves."""
    if isinstance(value, bool):
        return str(_("yes") if value else _("no"))
    if key == "lang" and isinstance(value, str):
        return language_name(value)
    roles = action == _OF_ROLES and key in ("before", "after")
    words = (_ROLES if roles else _VALUES.get(key, {})).get(str(value))
    return None if words is None else str(words)
