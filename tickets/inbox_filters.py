"""Which tickets an inbox shows: `Filters`, read from an address or a saved view, and back.

Whatever is not understood is left out: an address that somebody changed by hand shows an inbox, not
an error. The default views are filters with a name.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from datetime import timedelta
from typing import Any, Final
from urllib.parse import urlencode

from django.contrib.auth.models import User
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from tickets import searching
from tickets.access import tickets_of
from tickets.models import Ticket
from tickets.rights.requests import ERASED

WAITING: Final = "waiting"
STATES: Final = {
    WAITING: _("Waiting"),
    "answered": _("Answered"),
    "closed": _("Closed"),
    "spam": _("Spam"),
    "all": _("All"),
}
PEOPLE: Final = {"me": _("me"), "nobody": _("nobody"), "somebody": _("somebody")}
SORTS: Final = {
    "waiting": _("the longest waiting first"),
    "priority": _("the most urgent first"),
    "newest": _("the newest first"),
}
HOURS: Final = (1, 4, 24, 72)
DAYS: Final = (1, 7, 30)
MAX_VALUE: Final = 100
_HIGHEST: Final = 2**63 - 1


@dataclass(frozen=True)
class Filters:
    """ "" is: any."""

    state: str = WAITING
    assignee: str = ""  # "me", "nobody", "somebody", or a user's id
    team: str = ""  # "none" or an id
    priority: str = ""
    lang: str = ""
    source: str = ""
    waiting: str = ""  # for more than so many hours
    updated: str = ""  # within so many days
    customer: str = ""  # an id
    q: str = ""  # words without personal data
    sort: str = ""

    @property
    def order(self) -> str:
        """Only waiting tickets can be ordered by how long they wait."""
        if self.state != WAITING:
            return "newest"
        return self.sort or "waiting"

    @property
    def query(self) -> str:
        """For an address; what stands at its default is left out."""
        return urlencode(self.as_dict())

    @property
    def has_more(self) -> bool:
        """Beyond the state: something that a list of filters says."""
        return bool(self.as_dict().keys() - {"state", "q"})

    def as_dict(self) -> dict[str, str]:
        """As a saved view keeps it."""
        nothing = asdict(Filters())
        return {name: value for name, value in asdict(self).items() if value != nothing[name]}


DEFAULT_VIEWS: Final = {
    "mine": (_("Mine"), Filters(assignee="me")),
    "unassigned": (_("Unassigned"), Filters(assignee="nobody")),
    "waiting": (_("Waiting"), Filters()),
    "urgent": (_("Urgent"), Filters(priority="3")),
    "answered": (_("Answered"), Filters(state="answered")),
    "all": (_("All"), Filters(state="all")),
}


def read_filters(values: Mapping[str, Any]) -> Filters:
    """From an address (a QueryDict) or a saved view; personal data in its words is left out."""
    checked = {
        name: value
        for name in (field.name for field in fields(Filters))
        if isinstance(value := values.get(name, ""), str)
        and value
        and len(value) <= (searching.MAX_QUERY if name == "q" else MAX_VALUE)
        and "\x00" not in value
        and _may_be(name, value)
    }
    if "q" in checked:
        checked["q"] = searching.impersonal(checked["q"])
    return replace(Filters(), **checked)


def _may_be(name: str, value: str) -> bool:
    match name:
        case "state":
            return value in STATES
        case "sort":
            return value in SORTS
        case "assignee":
            return value in PEOPLE or _is_id(value)
        case "team":
            return value == "none" or _is_id(value)
        case "customer":
            return _is_id(value)
        case "priority":
            return value in {str(one) for one in Ticket.Priority.values}
        case "waiting":
            return value in {str(one) for one in HOURS}
        case "updated":
            return value in {str(one) for one in DAYS}
    return True


def _is_id(value: str) -> bool:
    return value.isascii() and value.isdigit() and int(value) <= _HIGHEST


def matching(filters: Filters, *, reader: User) -> QuerySet[Ticket]:
    """What the reader may see of it, in no order."""
    rows = tickets_of(reader).exclude(source=ERASED)
    rows = rows.filter(_in_state(filters.state), _of_assignee(filters.assignee, reader))
    if filters.team:
        rows = rows.filter(team=None if filters.team == "none" else int(filters.team))
    exact = {
        "priority": filters.priority,
        "lang": filters.lang,
        "source": filters.source,
        "customer": filters.customer,
    }
    rows = rows.filter(**{name: value for name, value in exact.items() if value})
    now = timezone.now()
    if filters.waiting:
        rows = rows.filter(waiting_since__lt=now - timedelta(hours=int(filters.waiting)))
    if filters.updated:
        rows = rows.filter(updated_at__gte=now - timedelta(days=int(filters.updated)))
    if filters.q:
        rows = rows.filter(searching.found_by(filters.q))
    return rows


def _in_state(state: str) -> Q:
    if state == WAITING:  # the first is what the indexes hold
        return Q(waiting_since__isnull=False) & Q(state__in=Ticket.OPEN_STATES)
    return Q() if state == "all" else Q(state=state)


def _of_assignee(assignee: str, reader: User) -> Q:
    if assignee == "nobody":
        return Q(assignee=None)
    if assignee == "somebody":
        return Q(assignee__isnull=False)
    if assignee == "me":
        return Q(assignee=reader.pk)
    return Q(assignee=int(assignee)) if assignee else Q()
