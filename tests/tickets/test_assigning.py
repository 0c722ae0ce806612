"""Whoever may see a ticket no more has it no more."""

import pytest

from people import managing, teams
from tests.tickets.factories import make_ticket
from tickets.assigning import assign
from tickets.models import Ticket, TicketEvent
from tickets.states import close


@pytest.fixture
def tickets(sara, support):
    """Sara's: one of her team that waits, one that is closed, and one of everybody."""
    of_team, closed, of_all = make_ticket(), make_ticket(), make_ticket()
    Ticket.objects.filter(pk__in=[of_team.pk, closed.pk]).update(team=support)
    for one in (of_team, closed, of_all):
        assign(one.pk, sara, actor=sara)
    close(closed.pk, actor=sara)
    return of_team.pk, closed.pk, of_all.pk


def _hers(sara):
    return set(Ticket.objects.filter(assignee=sara).values_list("pk", flat=True))


@pytest.mark.parametrize("how", ["by the person", "by the team"])
def test_who_leaves_a_team_leaves_its_tickets(sara, omid, mina, support, tickets, how):
    of_team, _closed, of_all = tickets
    if how == "by the person":
        managing.set_teams(sara, [], by=mina)
    else:
        teams.set_members(support, [omid], by=mina)
    assert _hers(sara) == {of_all}
    told = TicketEvent.objects.filter(kind=TicketEvent.Kind.ASSIGNED, details__to=None).get()
    assert (told.ticket_id, told.actor, told.details["from"]) == (of_team, mina, sara.pk)


@pytest.mark.parametrize("how", ["switched off", "without a role"])
def test_who_leaves_the_desk_leaves_all(sara, mina, tickets, how):
    if how == "switched off":
        managing.set_active(sara, False, by=mina)
    else:
        managing.change_role(sara, "", by=mina)
    assert _hers(sara) == set()


def test_who_sees_them_still_keeps_them(sara, mina, tickets):
    managing.change_role(sara, "admin", by=mina)
    managing.set_teams(sara, [], by=mina)  # an admin sees all
    assert _hers(sara) == set(tickets)
