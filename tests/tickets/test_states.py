"""Closing, reopening, spam, priority, team and whose a ticket is: once, and told to the doors."""

import threading

import pytest
from django.db import connection
from django.urls import reverse

from tests.tickets.factories import make_drafts, make_ticket
from tickets import states
from tickets.assigning import NotAssignable, TakenMeanwhile, assign
from tickets.intake import add_customer_message
from tickets.models import Suggestion, Ticket, TicketEvent
from tickets.replying import send_reply

pytestmark = pytest.mark.django_db


def _kinds(ticket) -> list[str]:
    return list(ticket.events.values_list("kind", flat=True))


def _now(ticket) -> Ticket:
    ticket.refresh_from_db()
    return ticket


def test_close_ends_waiting_and_drafting_once(sara):
    ticket = make_ticket()
    draft = make_drafts(ticket)[0]
    Suggestion.objects.filter(pk=draft.pk).update(state="writing")
    Ticket.objects.filter(pk=ticket.pk).update(state="drafting", claim="a worker")
    assert states.close(ticket.pk, actor=sara, seen="ready") is True
    assert states.close(ticket.pk, actor=sara, seen="ready") is False
    _now(ticket)
    assert (ticket.state, ticket.claim, ticket.waiting_since) == ("closed", "", None)
    assert ticket.closed_at is not None
    draft.refresh_from_db()
    assert draft.state == "cancelled"
    assert _kinds(ticket) == ["received", "closed"]
    assert ticket.events.last().actor == sara


def test_reopened_ticket_waits_with_the_drafts_it_has(sara, asked):
    ticket = make_ticket()
    since = ticket.waiting_since
    make_drafts(ticket)
    states.close(ticket.pk, actor=sara)
    asked.clear()
    states.reopen(ticket.pk, actor=sara, seen="closed")
    _now(ticket)
    assert (ticket.state, ticket.waiting_since, ticket.closed_at) == ("ready", since, None)
    assert asked == []


def test_reopened_ticket_without_drafts_asks_for_them(
    sara, asked, django_capture_on_commit_callbacks
):
    ticket = make_ticket()
    states.close(ticket.pk, actor=sara)
    with django_capture_on_commit_callbacks(execute=True):
        states.reopen(ticket.pk, actor=sara)
    assert _now(ticket).state == "new"
    assert asked == [("suggest", ticket.pk)]


def test_spam_takes_what_comes_later_without_a_word_until_it_is_none(sara):
    ticket = make_ticket()
    states.mark_spam(ticket.pk, actor=sara)
    add_customer_message(ticket, "buy this")
    assert (_now(ticket).state, ticket.waiting_since) == ("spam", None)
    with pytest.raises(states.BadChange):
        states.close(ticket.pk, actor=sara)
    states.not_spam(ticket.pk, actor=sara)
    assert (_now(ticket).state, ticket.waiting_since is None) == ("new", False)


def test_click_meant_for_another_state_is_told_so(client, sara, omid):
    ticket = make_ticket()
    send_reply(ticket.pk, agent=omid, text="پاسخ", suggestion_id=None, send_key="k")
    client.force_login(sara)
    client.cookies["django_language"] = "en"
    body = {"do": "spam", "seen": "ready"}
    answer = client.post(reverse("ticket-change", args=[ticket.pk]), body, follow=True)
    said = "Somebody else changed this ticket meanwhile: it is answered now."
    assert [str(one) for one in answer.context["messages"]] == [said]
    assert _now(ticket).state == "answered"


def test_drafts_that_were_finished_meanwhile_make_no_click_stale(sara):
    ticket = make_ticket()
    make_drafts(ticket)
    assert states.close(ticket.pk, actor=sara, seen="new")


def test_priority_and_team_are_changed_once(sara, support, navid):
    ticket = make_ticket()
    assign(ticket.pk, navid, actor=sara)
    assert states.set_priority(ticket.pk, 3, actor=sara)
    assert not states.set_priority(ticket.pk, 3, actor=sara)
    assert states.move_to_team(ticket.pk, support.pk, actor=sara)
    assert not states.move_to_team(ticket.pk, support.pk, actor=sara)
    _now(ticket)
    assert (ticket.priority, ticket.team, ticket.assignee) == (3, support, None)
    assert _kinds(ticket) == ["received", "assigned", "priority", "team"]
    assert ticket.events.last().details == {"from": None, "to": support.pk}


def test_ticket_is_given_only_to_who_may_see_it(sara, omid, navid, outsider, mina, support):
    ticket = make_ticket(team_id=support.pk)
    for person in (navid, outsider):
        with pytest.raises(NotAssignable):
            assign(ticket.pk, person, actor=sara)
    omid.is_active = False
    omid.save()
    with pytest.raises(NotAssignable):
        assign(ticket.pk, omid, actor=sara)
    assert assign(ticket.pk, mina, actor=sara)
    assert _kinds(ticket) == ["received", "assigned"]


def test_second_one_who_takes_a_ticket_is_told_who_has_it(client, sara, omid):
    ticket = make_ticket()
    assign(ticket.pk, omid, actor=omid, instead_of=None)
    with pytest.raises(TakenMeanwhile, match="omid took this ticket meanwhile"):
        assign(ticket.pk, sara, actor=sara, instead_of=None)
    client.force_login(sara)
    address = reverse("ticket-change", args=[ticket.pk])
    client.post(address, {"do": "assign:me", "had": "0"})
    assert _now(ticket).assignee == omid
    client.post(address, {"do": "assign:me", "had": str(omid.pk)})
    assert _now(ticket).assignee == sara


def test_ticket_page_lets_a_ticket_go_to_another_team(client, sara, navid):
    ticket = make_ticket()
    client.force_login(sara)
    body = {"action": "team", "value": str(navid.teams.get().pk)}
    answer = client.post(reverse("ticket-change", args=[ticket.pk]), body)
    assert answer["Location"] == reverse("inbox")
    assert client.get(reverse("ticket", args=[ticket.pk])).status_code == 404


@pytest.mark.django_db(transaction=True)
def test_of_two_who_close_at_once_one_does(sara):
    ticket = make_ticket()
    done = []

    def work():
        try:
            done.append(states.close(ticket.pk, actor=sara))
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(done) == [False, False, False, True]
    assert TicketEvent.objects.filter(kind="closed").count() == 1
