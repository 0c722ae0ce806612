"""A reply is taken back while it is held, and not a moment later; nothing learns from it before."""

import uuid
from datetime import timedelta

import pytest
from django.contrib import messages
from django.urls import reverse
from django.utils import timezone

from tests.tickets.factories import make_drafts, make_ticket
from tickets import kept_drafts
from tickets.intake import add_customer_message
from tickets.learning import learn_from, not_learned
from tickets.models import Message, Reply, ReplyDraft, Suggestion, Ticket, TicketEvent
from tickets.replying import UNDO_GRACE, send_reply
from tickets.sweeping import sweep
from tickets.undoing import TooLateToUndo, seconds_left, undo_reply, undoable

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def hour(settings):
    """No reply of a test goes out before it is undone."""
    settings.UNDO_SECONDS = 3600


def _send(ticket, agent, text="سلام، درست شد.", *, suggestion=None, hold=True):
    return send_reply(
        ticket.pk,
        agent=agent,
        text=text,
        suggestion_id=suggestion.pk if suggestion else None,
        send_key=str(uuid.uuid4()),
        hold=hold,
    )


def _hold_until(reply, moment):
    Reply.objects.filter(pk=reply.pk).update(held_until=moment)


def test_undo_puts_text_pick_and_ticket_back(sara):
    ticket = make_ticket()
    drafts = make_drafts(ticket)
    waiting_since = ticket.waiting_since
    reply = _send(ticket, sara, "با 0935 111 2233 تماس می‌گیریم", suggestion=drafts[1])
    undo_reply(reply.pk, agent=sara)
    ticket.refresh_from_db()
    assert (ticket.state, ticket.waiting_since) == (Ticket.State.READY, waiting_since)
    assert not Reply.objects.exists()
    assert [one.role for one in ticket.messages.all()] == [Message.Role.CUSTOMER]
    kept = kept_drafts.kept(ticket, agent=sara)
    assert (kept.text, kept.suggestion_id) == ("با [PHONE_2] تماس می‌گیریم", drafts[1].pk)
    assert [one.kind for one in ticket.events.all()][-2:] == ["replied", "undone"]
    assert _send(ticket, sara, kept.text, suggestion=drafts[1]).message.text == kept.text


def test_undo_of_an_early_reply_writes_the_stopped_drafts_again(sara, asked):
    ticket = make_ticket()
    drafts = make_drafts(ticket)
    Suggestion.objects.filter(pk=drafts[0].pk).update(state=Suggestion.State.WRITING)
    Ticket.objects.update(state=Ticket.State.DRAFTING, claim="worker", attempts=4)
    reply = _send(ticket, sara)
    undo_reply(reply.pk, agent=sara)
    ticket.refresh_from_db()
    assert (ticket.state, ticket.attempts) == (Ticket.State.NEW, 0)


@pytest.mark.django_db(transaction=True)
def test_undo_asks_the_worker_for_what_was_stopped(sara, asked):
    ticket = make_ticket()
    reply = _send(ticket, sara)
    asked.clear()
    undo_reply(reply.pk, agent=sara)
    assert asked == [("suggest", ticket.pk)]


def test_undo_when_it_may_be_on_its_way_is_refused(sara):
    ticket = make_ticket()
    reply = _send(ticket, sara)
    _hold_until(reply, timezone.now() + UNDO_GRACE - timedelta(milliseconds=1))
    with pytest.raises(TooLateToUndo):
        undo_reply(reply.pk, agent=sara)
    assert undoable(sara) is None
    ticket.refresh_from_db()
    assert ticket.state == Ticket.State.ANSWERED
    assert not ReplyDraft.objects.exists()


def test_undo_twice_and_of_another_agent_is_refused(sara, omid):
    reply = _send(make_ticket(), sara)
    with pytest.raises(TooLateToUndo):
        undo_reply(reply.pk, agent=omid)
    undo_reply(reply.pk, agent=sara)
    with pytest.raises(TooLateToUndo):
        undo_reply(reply.pk, agent=sara)
    assert TicketEvent.objects.filter(kind="undone").count() == 1


def test_undo_after_the_customer_wrote_again_leaves_the_ticket_waiting(sara):
    ticket = make_ticket()
    make_drafts(ticket)
    since = ticket.waiting_since
    reply = _send(ticket, sara)
    add_customer_message(ticket, "هنوز نشده")
    undo_reply(reply.pk, agent=sara)
    ticket.refresh_from_db()
    assert (ticket.state, ticket.waiting_since) == (Ticket.State.NEW, since)


def test_undo_keeps_what_was_typed_since(sara):
    ticket = make_ticket()
    reply = _send(ticket, sara, "پاسخ نخست")
    add_customer_message(ticket, "هنوز نشده")
    kept_drafts.keep(ticket, agent=sara, text="پاسخ دوم", suggestion_id=None)
    undo_reply(reply.pk, agent=sara)
    assert kept_drafts.kept(ticket, agent=sara).text == "پاسخ نخست\n\nپاسخ دوم"


def test_undo_of_a_reply_before_another_leaves_the_ticket_answered(sara):
    ticket = make_ticket()
    make_drafts(ticket)
    first = _send(ticket, sara, "پاسخ نخست")
    add_customer_message(ticket, "هنوز نشده")
    second = _send(ticket, sara, "پاسخ دوم")
    undo_reply(first.pk, agent=sara)
    ticket.refresh_from_db()
    assert (ticket.state, ticket.waiting_since) == (Ticket.State.ANSWERED, None)
    assert list(ticket.replies.all()) == [second]


def test_second_press_of_undo_says_that_it_was_done(client, sara, omid):
    ticket = make_ticket()
    reply = _send(ticket, sara)
    client.force_login(sara)
    for said in (messages.SUCCESS, messages.INFO):
        answer = client.post(reverse("reply-undo", args=[reply.pk]), follow=True)
        assert answer.redirect_chain == [(reverse("ticket", args=[ticket.pk]), 302)]
        assert [one.level for one in answer.context["messages"]] == [said]
    client.force_login(omid)
    assert client.post(reverse("reply-undo", args=[reply.pk])).status_code == 404


def test_undo_is_not_offered_where_the_ticket_went_to_another_team(sara, navid):
    ticket = make_ticket()
    _send(ticket, sara)
    Ticket.objects.update(team=navid.teams.get())
    assert undoable(sara) is None


def test_reply_of_a_program_is_not_held(sara, settings):
    assert _send(make_ticket(), sara, hold=False).held_until is None
    settings.UNDO_SECONDS = 0
    reply = _send(make_ticket(), sara)
    assert reply.held_until is None
    assert seconds_left(reply) < 0
    with pytest.raises(TooLateToUndo):
        undo_reply(reply.pk, agent=sara)


@pytest.mark.django_db(transaction=True)
def test_nothing_is_learned_before_it_is_too_late_to_undo(sara, asked):
    ticket = make_ticket()
    reply = _send(ticket, sara)
    assert ("learn", reply.pk) not in asked
    assert learn_from(reply.pk) is False
    assert list(not_learned()) == []
    _hold_until(reply, timezone.now())
    asked.clear()
    assert sweep()["to_learn"] == 1
    assert asked == [("learn", reply.pk)]
    assert learn_from(reply.pk) is True
    assert list(not_learned()) == []


def test_undoable_is_the_agents_last_reply_on_any_ticket(sara, omid, settings, monkeypatch):
    settings.UNDO_SECONDS = 10
    first, second = make_ticket(), make_ticket()
    clock = [timezone.now()]
    monkeypatch.setattr(timezone, "now", lambda: clock[0])
    _send(first, sara)
    clock[0] += timedelta(seconds=1)
    last = _send(second, sara)
    assert undoable(sara) == last
    assert undoable(omid) is None
    assert seconds_left(last) == 10
    clock[0] += timedelta(seconds=9)
    assert (undoable(sara), seconds_left(last)) == (last, 1)
    clock[0] += timedelta(seconds=1)
    assert (undoable(sara), seconds_left(last)) == (None, 0)
