"""Which tickets somebody sees: admins all, others their teams' and those without a team.

Whoever may not see a ticket is told that there is none (404), so that numbers tell nothing.
"""

from typing import Any

from django.contrib.auth.models import User
from django.db.models import Q, QuerySet
from django.shortcuts import get_object_or_404

from people.roles import Person, is_admin
from tickets.models import Ticket


def team_ids(user: Person) -> frozenset[int]:
    """Of the user's teams; read once for the user of a request."""
    if not isinstance(user, User):
        return frozenset()
    known: frozenset[int] | None = getattr(user, "_team_ids", None)
    if known is None:
        known = frozenset(user.teams.values_list("pk", flat=True))
        user._team_ids = known  # type: ignore[attr-defined]
    return known


def visible(user: Person, prefix: str = "") -> Q:
    """For any query: `visible(user, "ticket__")` for rows of a visible ticket."""
    if is_admin(user):
        return Q()
    return Q(**{f"{prefix}team": None}) | Q(**{f"{prefix}team__in": team_ids(user)})


def tickets_of(user: Person) -> QuerySet[Ticket]:
    return Ticket.objects.filter(visible(user))


def may_see(user: Person, ticket: Ticket) -> bool:
    return is_admin(user) or ticket.team_id is None or ticket.team_id in team_ids(user)


def seen_ticket(user: Person, pk: int, *related: str) -> Ticket:
    """The ticket, or Http404 where there is none that the user may see."""
    rows = tickets_of(user)
    return get_object_or_404(rows.select_related(*related) if related else rows, pk=pk)


def seen_or_404(rows: QuerySet[Any], user: Person, prefix: str, **which: Any) -> Any:
    """A row of a ticket, likewise: `seen_or_404(Suggestion.objects, user, "ticket__", pk=7)`."""
    return get_object_or_404(rows.filter(visible(user, prefix)), **which)
