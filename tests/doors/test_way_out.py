"""Replies that wait for their door, while all sorts of things happen to them."""

import uuid
from datetime import timedelta

import pytest
from django.conf import settings
from django.db.models import ProtectedError
from django.utils import timezone

from doors import ledger, working
from doors.claims import held
from doors.kinds import DoorTrouble, Kind, Refused
from doors.models import Door, Incoming, Outgoing
from doors.wording import EXPIRED, words_of
from tests.tickets import factories
from tickets.intake import add_customer_message
from tickets.merging import merge
from tickets.models import Message, Reply, Ticket, VaultEntry
from tickets.rating import rate
from tickets.replying import send_reply
from tickets.rights.erasing import erase_customer
from tickets.vault import UnreadableVault

State = Outgoing.State


@pytest.fixture
def door(db) -> Door:
    return Door.objects.create(kind=Door.Kind.WEBHOOK, name="shop", source="shop")


def come(door: Door, number: str, **fields) -> Ticket:
    def make() -> ledger.Made:
        ticket = factories.make_ticket(source=door.source, external_id=number, **fields)
        return ledger.Made(ticket, ticket.messages.get(), new_ticket=True)

    return ledger.take_in(door, number, make).row.ticket


def answer(ticket: Ticket, agent, text: str = "سلام") -> Reply:
    return send_reply(
        ticket.pk, agent=agent, text=text, suggestion_id=None, send_key=uuid.uuid4().hex
    )


def kind(**functions) -> Kind:
    nothing = {"check": lambda door: None, "receive": lambda door: 0}
    nothing |= {"send": lambda row: "1", "find_sent": lambda row: None}
    return Kind(**nothing | functions)


def test_merged_ticket_is_answered_where_its_customer_wrote(door, sara, mina):
    """Not at the other desk's ticket that happens to have the number of the target."""
    other = Door.objects.create(kind=Door.Kind.WEBHOOK, name="chat", source="chat")
    first, second = come(door, "17"), come(other, "42")
    waiting = answer(first, sara)
    merge(first.pk, into=second.pk, actor=mina)
    Ticket.objects.filter(pk=second.pk).update(state=Ticket.State.NEW)
    later = answer(second, sara)
    found = {row.reply_id: (row.door, row.remote_ticket) for row in Outgoing.objects.all()}
    assert found == {waiting.pk: (door, "17"), later.pk: (other, "42")}

    def wrote() -> ledger.Made:
        return ledger.Made(first, add_customer_message(first, "باز هم"))

    ledger.take_in(door, "again", wrote)
    again = answer(second, sara)
    row = Outgoing.objects.get(reply=again)
    assert (again.ticket_id, row.door, row.remote_ticket) == (second.pk, door, "17")


def test_erased_customer_gets_nothing_that_waited(door, sara, mina):
    """Also where the ticket stays, since its drafts were rated."""
    ticket = come(door, "17")
    rate(factories.make_drafts(ticket)[0], agent=sara, stars=5)
    answer(ticket, sara)
    erase_customer(ticket.customer, user=mina)
    assert Reply.objects.exists()
    assert not Outgoing.objects.exists()
    row = Incoming.objects.get()
    assert (row.ticket, row.message) == (None, None)


def test_value_that_expired_while_the_reply_waited_is_no_placeholder(door, sara):
    ticket = come(door, "17")
    answer(ticket, sara, f"Your number is {factories.PHONE}.")
    row = Outgoing.objects.get()
    assert words_of(row).text == f"Your number is {factories.PHONE}."
    VaultEntry.objects.update(expires_at=timezone.now())
    with pytest.raises(Refused, match=EXPIRED):
        words_of(row)


def test_door_with_replies_cannot_be_deleted(door, sara):
    answer(come(door, "17"), sara)
    with pytest.raises(ProtectedError):
        door.delete()
    assert Outgoing.objects.exists()


def test_message_that_cannot_be_masked_now_is_not_given_up(door):
    def locked() -> ledger.Made:
        factories.make_ticket(source="shop")
        raise UnreadableVault

    with pytest.raises(UnreadableVault):
        ledger.take_in(door, "17", locked)
    assert not Incoming.objects.exists()
    assert not Ticket.objects.exists()
    come(door, "17")
    assert Message.objects.count() == 1


@pytest.mark.parametrize("trouble", [UnreadableVault(), DoorTrouble("Away.")])
def test_reply_that_cannot_be_read_or_sent_now_waits(door, sara, monkeypatch, trouble):
    answer(come(door, "17"), sara)

    def fails(row: Outgoing) -> str:
        raise trouble

    monkeypatch.setattr(working, "kind_of", lambda door: kind(send=fails))
    assert working.work(door.pk).trouble == str(trouble)
    row = Outgoing.objects.get()
    assert (row.state, row.attempts, row.claim) == (State.WAITING, 0, "")
    door.refresh_from_db()
    assert (door.failures, door.claim) == (1, "")


def test_message_that_nobody_foresaw_keeps_no_reply_waiting(door, sara, monkeypatch):
    answer(come(door, "17"), sara)

    def breaks(door: Door) -> int:
        raise ZeroDivisionError

    monkeypatch.setattr(working, "kind_of", lambda door: kind(receive=breaks))
    with pytest.raises(ZeroDivisionError):
        working.work(door.pk)
    assert Outgoing.objects.get().state == State.SENT
    door.refresh_from_db()
    assert (door.failures, door.last_error, door.claim) == (1, working.BROKE_OFF, "")
    assert not working.due(now=door.checked_at)


def test_clock_that_was_set_back_stops_no_door(door):
    tomorrow = timezone.now() + timedelta(days=1)
    Door.objects.update(checked_at=tomorrow, claim="dead", claimed_at=tomorrow)
    assert working.due() == [door.pk]
    with held(door.pk) as ours:
        assert ours is not None
    just_now = timezone.now() + timedelta(seconds=settings.STALE_SECONDS / 2)
    Door.objects.update(claim="alive", claimed_at=just_now)  # clocks differ a little
    with held(door.pk) as ours:
        assert ours is None
