"""The ledger of all doors: in once, out once, whoever comes at the same time or dies."""

import threading
import uuid
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from doors import ledger, working
from doors.claims import held
from doors.kinds import DoorTrouble, Kind, NotSent
from doors.leaving import HasLeft
from doors.models import Door, Incoming, Outgoing
from runtime.errors import InputError
from tests.tickets import factories
from tickets import events
from tickets.models import Reply, Ticket, TicketEvent
from tickets.replying import send_reply

State = Outgoing.State


@pytest.fixture
def door(db) -> Door:
    return Door.objects.create(kind=Door.Kind.WEBHOOK, name="shop", source="shop")


@pytest.fixture
def answer(door, sara):
    """A ticket of the door, answered; `hold`: it can be undone for a while."""

    def answered(*, hold: bool = False) -> Reply:
        ticket = factories.make_ticket(source="shop", external_id=uuid.uuid4().hex)
        return send_reply(
            ticket.pk,
            agent=sara,
            text="سلام",
            suggestion_id=None,
            send_key=uuid.uuid4().hex,
            hold=hold,
        )

    return answered


def made() -> ledger.Made:
    ticket = factories.make_ticket(source="shop", external_id=uuid.uuid4().hex)
    return ledger.Made(ticket=ticket, message=ticket.messages.get(), new_ticket=True)


def test_same_id_again_makes_nothing(door):
    first, second = (ledger.take_in(door, "17", made) for _again in range(2))
    assert (first.created, second.created) == (True, False)
    assert first.row == second.row
    assert Ticket.objects.count() == 1
    assert first.row.remote_key == ledger.remote_key(door, "17") != "17"


@pytest.mark.django_db(transaction=True)
def test_same_id_from_many_at_once_makes_one(door):
    ready = threading.Barrier(4)
    taken = []

    def take() -> None:
        try:
            ready.wait(60)
            taken.append(ledger.take_in(door, "17", made).created)
        finally:
            connection.close()

    threads = [threading.Thread(target=take) for _number in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join(120)
    assert sorted(taken) == [False, False, False, True]
    assert Ticket.objects.count() == Incoming.objects.count() == 1


def test_what_is_refused_is_written_down_and_what_breaks_is_not(door):
    def refuses() -> ledger.Made:
        made()
        raise InputError("It has no text.")

    def breaks() -> ledger.Made:
        made()
        raise RuntimeError

    row = ledger.take_in(door, "1", refuses).row
    assert (row.outcome, row.why) == ("ignored", "It has no text.")
    with pytest.raises(RuntimeError):
        ledger.take_in(door, "2", breaks)
    assert Incoming.objects.count() == 1
    assert not Ticket.objects.exists()


def test_only_replies_of_a_doors_tickets_go_out(door, answer, sara):
    reply = answer()
    other = factories.make_ticket(source="desk", external_id="x")
    send_reply(other.pk, agent=sara, text="سلام", suggestion_id=None, send_key="x")
    assert Outgoing.objects.get().reply == reply


def test_held_reply_waits_and_goes_when_it_is_undone(door, answer):
    reply = answer(hold=True)
    second = timedelta(seconds=1)
    with held(door.pk) as ours:
        assert ledger.next_outgoing(ours, now=reply.held_until - second) is None
        assert ledger.next_outgoing(ours, now=reply.held_until + second).reply == reply
    Outgoing.objects.update(state=State.WAITING, attempts=0)
    events.record(reply.ticket, TicketEvent.Kind.UNDONE, object_id=reply.pk)
    assert not Outgoing.objects.exists()


def test_reply_that_has_left_cannot_be_undone(door, answer):
    reply = answer()
    with held(door.pk) as ours:
        ledger.next_outgoing(ours)
    with pytest.raises(HasLeft):
        events.record(reply.ticket, TicketEvent.Kind.UNDONE, object_id=reply.pk)


def test_door_is_worked_by_one_until_it_shows_no_life(door, settings):
    settings.STALE_SECONDS = 3600
    with held(door.pk) as first:
        with held(door.pk) as second:
            assert second is None
        stale = timezone.now() - timedelta(seconds=settings.STALE_SECONDS + 1)
        Door.objects.update(claimed_at=stale)
        with held(door.pk) as second:
            assert second is not None
            assert ledger.next_outgoing(first) is None  # it is theirs now
    assert Door.objects.get().claim == ""


def test_only_the_holder_of_a_reply_says_what_became_of_it(door, answer):
    answer()
    with held(door.pk) as ours:
        row = ledger.next_outgoing(ours)
        ledger.left_behind(ours)  # as whoever takes the door next does
        assert not ledger.mark_sent(row, "7")
        asked = ledger.next_unsure(ours)
        assert ledger.mark_sent(asked, "7\x00\ud800")  # the other program's own words
        assert not ledger.fail(asked, "too late")
    assert (Outgoing.objects.get().state, Outgoing.objects.get().remote_id) == (
        State.SENT,
        "7\ufffd\ufffd",
    )


def test_pauses_grow_and_end(door, answer, monkeypatch):
    answer()
    pauses, now = [], timezone.now()
    monkeypatch.setattr(timezone, "now", lambda: now)
    with held(door.pk) as ours:
        for _try in range(ledger.MAX_ATTEMPTS):
            row = ledger.next_outgoing(ours)
            ledger.give_back(row, "Away.")
            row.refresh_from_db()
            pauses.append(row.next_at - now)
            Outgoing.objects.update(next_at=now)
    assert ledger.FIRST_PAUSE == pauses[0] < pauses[1] < pauses[2]
    assert max(pauses) == ledger.LONGEST_PAUSE
    assert (row.state, row.error) == (State.FAILED, "Away.")


def kind(**functions) -> Kind:
    nothing = {"check": lambda door: None, "receive": lambda door: 0}
    nothing |= {"send": lambda row: "1", "find_sent": lambda row: None}
    return Kind(**nothing | functions)


def test_trouble_with_coming_in_does_not_stop_what_goes_out(door, answer, monkeypatch):
    answer()

    def away(door: Door) -> int:
        raise DoorTrouble("Away.")

    monkeypatch.setattr(working, "kind_of", lambda door: kind(receive=away))
    worked = working.work(door.pk)
    assert (worked.sent, worked.trouble) == (1, "Away.")
    looked_at = Door.objects.get().checked_at
    assert not working.due(now=looked_at)  # its pause has begun
    assert working.due(now=looked_at + timedelta(minutes=1)) == [door.pk]


def test_one_that_surely_did_not_go_out_is_sent_again(door, answer, monkeypatch):
    answer()
    Outgoing.objects.update(state=State.SENDING, claim="dead", claimed_at=timezone.now())
    asked = []

    def find(row: Outgoing) -> None:
        asked.append(row.pk)
        if len(asked) == 1:
            raise NotSent("Ask later.", seconds=60)

    monkeypatch.setattr(working, "kind_of", lambda door: kind(find_sent=find))
    working.work(door.pk)
    assert Outgoing.objects.get().state == State.UNSURE
    working.work(door.pk)
    assert len(asked) == 1
    Outgoing.objects.update(next_at=timezone.now())
    working.work(door.pk)
    assert Outgoing.objects.get().state == State.SENT


def test_door_with_something_to_send_is_due_at_once(door, answer):
    now = timezone.now()
    Door.objects.update(checked_at=now)
    assert not working.due(now=now)
    reply = answer()
    assert working.due(now=reply.created_at) == [door.pk]
