"""Whose a ticket is: `assign` it to somebody who may see it, or to nobody; `assignable` says whom.
Whoever may see a ticket no more has it no more: `put_back`, when somebody leaves a team or the
desk.

Under the lock on the ticket's row. `instead_of`: who had it when the page was shown: when somebody
else took it meanwhile, the second one is told so in one line, and nothing changes.
"""

from typing import Any, Final

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from people.roles import ADMIN, ROLES, is_agent
from runtime.errors import InputError
from tickets import events
from tickets.access import tickets_of
from tickets.models import Ticket, TicketEvent

UNASKED: Final = -1
"""For `instead_of`: whoever has it."""
MOST_PEOPLE: Final = 200
"""In a list to choose from."""


class NotAssignable(InputError):
    """Nobody of the desk, or somebody who may not see the ticket."""


class TakenMeanwhile(InputError):
    """Somebody else has the ticket since the page was shown."""


def people() -> QuerySet[User]:
    """Who works at the desk."""
    staff = Q(groups__name__in=ROLES) | Q(is_superuser=True)
    return User.objects.filter(staff, is_active=True).distinct().order_by("username")


def assignable(team_id: int | None) -> QuerySet[User]:
    """Who may see tickets of the team (None: everybody's)."""
    if team_id is None:
        return people()
    return people().filter(Q(teams=team_id) | Q(groups__name=ADMIN) | Q(is_superuser=True))


def assign(
    ticket_id: int, person: User | None, *, actor: User | None, instead_of: int | None = UNASKED
) -> bool:
    """False where it is so already. Raises NotAssignable or TakenMeanwhile, and has then changed
    nothing; Ticket.DoesNotExist."""
    with transaction.atomic():
        ticket = Ticket.objects.select_for_update().select_related(None).get(pk=ticket_id)
        new = person.pk if person else None
        if ticket.assignee_id == new:
            return False
        if instead_of != UNASKED and ticket.assignee_id != instead_of:
            raise TakenMeanwhile(_taken(ticket))
        if person and not assignable(ticket.team_id).filter(pk=person.pk).exists():
            raise NotAssignable(_("This ticket can be given only to somebody who may see it."))
        before, ticket.assignee = ticket.assignee_id, person
        ticket.save(update_fields=["assignee", "updated_at"])
        events.record(ticket, TicketEvent.Kind.ASSIGNED, actor=actor, **{"from": before, "to": new})
    return True


def put_back(person: User, *, by: User | None) -> int:
    """How many waiting tickets became nobody's; of others it is only not said any more."""
    rows = Ticket.objects.filter(assignee=person)
    if is_agent(person):
        rows = rows.exclude(pk__in=tickets_of(person).values("pk"))
    waiting = rows.filter(state__in=Ticket.OPEN_STATES).order_by("pk")
    done = [pk for pk in waiting.values_list("pk", flat=True) if assign(pk, None, actor=by)]
    rows.update(assignee=None)
    return len(done)


def on_sees_less(sender: Any, user: User, by: User | None, **_more: Any) -> None:
    put_back(user, by=by)


def _taken(ticket: Ticket) -> str:
    if ticket.assignee is None:
        return _("This ticket was put back meanwhile; nobody has it now.")
    name = ticket.assignee.get_full_name() or ticket.assignee.get_username()
    return _("%(person)s took this ticket meanwhile.") % {"person": name}
