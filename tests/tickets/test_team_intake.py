"""A ticket entered at the desk: for a team of the agent's, or for everybody."""

import uuid

import pytest

from tickets.models import Ticket


@pytest.fixture
def given():
    return {"subject": "", "text": "Where is my order?", "lang": "en", "external_id": uuid.uuid4()}


def test_the_only_team_is_chosen_before(client, sara, support):
    client.force_login(sara)
    form = client.get("/tickets/new/").context["form"]
    assert form.initial["team"] == support.pk


def test_a_ticket_goes_to_the_team(client, sara, support, given):
    client.force_login(sara)
    assert client.post("/tickets/new/", given | {"team": support.pk}).status_code == 302
    assert Ticket.objects.get().team == support


def test_another_team_is_not_to_be_chosen(client, navid, support, given):
    client.force_login(navid)
    assert client.post("/tickets/new/", given | {"team": support.pk}).status_code == 400
    assert not Ticket.objects.exists()


def test_an_admin_may_choose_any(client, mina, support, given):
    client.force_login(mina)
    client.post("/tickets/new/", given | {"team": support.pk})
    assert Ticket.objects.get().team == support
