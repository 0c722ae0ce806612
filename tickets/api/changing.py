"""A ticket's PATCH: `change` makes all that is given, or nothing."""

from collections.abc import Mapping
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.utils.translation import gettext as _
from rest_framework.exceptions import ValidationError

from people.models import Team
from tickets import states
from tickets.api.serializers import PRIORITIES
from tickets.assigning import assign, people
from tickets.models import Ticket

ME = "me"


def change(ticket: Ticket, given: Mapping[str, Any], *, actor: User) -> None:
    """The state comes first: what is closed may be given to somebody, too. Raises what
    `tickets.states` and `tickets.assigning` raise."""
    with transaction.atomic():
        if "state" in given:
            _set_state(ticket, given["state"], actor)
        if "team" in given:
            states.move_to_team(ticket.pk, _team_id(given["team"]), actor=actor)
        if "assignee" in given:
            assign(ticket.pk, _person(given["assignee"], actor), actor=actor)
        if "priority" in given:
            states.set_priority(ticket.pk, PRIORITIES[given["priority"]], actor=actor)


def _set_state(ticket: Ticket, wanted: str, actor: User) -> None:
    if wanted == "closed":
        states.close(ticket.pk, actor=actor)
    elif wanted == "spam":
        states.mark_spam(ticket.pk, actor=actor)
    elif not states.not_spam(ticket.pk, actor=actor):
        states.reopen(ticket.pk, actor=actor)


def _team_id(name: str | None) -> int | None:
    if name is None:
        return None
    found = Team.objects.filter(name=name).values_list("pk", flat=True).first()
    if found is None:
        raise ValidationError({"team": [_("There is no such team.")]})
    return found


def _person(name: str | None, actor: User) -> User | None:
    if name is None or name == ME:
        return actor if name else None
    found = people().filter(username=name).first()
    if found is None:
        raise ValidationError({"assignee": [_("There is nobody of this name at the desk.")]})
    return found
