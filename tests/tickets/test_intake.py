"""Tickets come in once, masked, within their limits."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from tests.tickets.factories import CARD, EMAIL, PHONE, make_drafts, make_ticket, new_ticket
from tickets import vault
from tickets.intake import BadTicket, TicketTooLong, add_customer_message, receive
from tickets.models import Customer, Message, Suggestion, Ticket, VaultEntry
from tickets.replying import send_reply

pytestmark = pytest.mark.django_db


def test_ticket_is_stored_with_placeholders(mina):
    received = receive(
        new_ticket(subject=f"کارت {CARD}", text=f"با {CARD} پرداخت کردم، {PHONE} یا {EMAIL}")
    )
    assert received.created
    ticket = Ticket.objects.get()
    assert ticket.state == Ticket.State.NEW
    assert ticket.subject == "کارت [BANK_CARD_1]"
    assert ticket.messages.get().text == "با [BANK_CARD_1] پرداخت کردم، [PHONE_1] یا [EMAIL_1]"
    assert vault.reveal(ticket, "[BANK_CARD_1]", reader=mina) == CARD


def test_same_ticket_again_is_the_same_ticket():
    first = receive(new_ticket(external_id="7"))
    second = receive(new_ticket(external_id="7", text="something else"))
    assert (second.created, second.ticket.pk) == (False, first.ticket.pk)
    assert Message.objects.count() == 1
    assert VaultEntry.objects.count() == 1


def test_same_id_of_another_source_is_another_ticket():
    receive(new_ticket(external_id="7", source="one"))
    assert receive(new_ticket(external_id="7", source="two")).created


@pytest.mark.django_db(transaction=True)
def test_ticket_received_by_many_at_once_is_one_ticket():
    def receive_it(_: int) -> bool:
        try:
            return receive(new_ticket(external_id="race")).created
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        created = list(pool.map(receive_it, range(12)))
    assert sum(created) == 1
    assert (Ticket.objects.count(), Message.objects.count()) == (1, 1)


def test_customer_is_found_again_by_the_contact():
    one, two = make_ticket(contact="A@mail.test"), make_ticket(contact="a@mail.test")
    assert one.customer == two.customer
    assert vault.decrypt(Customer.objects.get().name_encrypted) == "مریم کریمی"


def test_ticket_without_contact_has_no_customer():
    assert make_ticket(contact="", name="somebody").customer is None


def test_language_is_recognised():
    assert make_ticket(lang="", text="My domain does not work, please help me").lang == "en"
    assert make_ticket(lang="", text="دامنه‌ام کار نمی‌کند").lang == "fa"


def test_external_id_that_is_an_address_is_stood_for_by_a_hash():
    first = receive(new_ticket(external_id=EMAIL))
    assert EMAIL not in first.ticket.external_id
    assert not receive(new_ticket(external_id=EMAIL)).created


def test_external_id_of_ten_digits_stays():
    assert make_ticket(external_id="0013542419").external_id == "0013542419"


def test_text_that_postgresql_cannot_keep_is_cleaned():
    ticket = make_ticket(text="a\x00b \ud800 c")
    assert ticket.messages.get().text == "a\ufffdb \ufffd c"


@pytest.mark.parametrize(
    "fields",
    [
        {"text": "  \n "},
        {"source": "no spaces please"},
        {"source": "a" * 101},
        {"external_id": " "},
        {"external_id": "x" * 201},
        {"subject": "x" * 301},
        {"name": "x" * 201},
        {"contact": "x" * 321},
        {"lang": "Persian!"},
    ],
)
def test_bad_field_is_refused_and_nothing_is_stored(fields):
    with pytest.raises(BadTicket) as refused:
        receive(new_ticket(**fields))
    assert "\n" not in str(refused.value)
    assert not Ticket.objects.exists()
    assert not Customer.objects.exists()


def test_ticket_of_100_000_characters_is_refused():
    with pytest.raises(TicketTooLong):
        receive(new_ticket(text="ا" * 100_000))
    assert not Ticket.objects.exists()


def test_errors_and_repr_show_nothing_of_the_customers():
    shown = repr(new_ticket(text=PHONE))
    assert PHONE not in shown
    assert EMAIL not in shown


def test_worker_is_asked_when_the_ticket_is_committed(asked, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        ticket = make_ticket()
        assert asked == []
    assert asked == [("suggest", ticket.pk)]


def test_broker_that_is_down_loses_no_ticket(monkeypatch, django_capture_on_commit_callbacks):
    def fail(ticket_id: int) -> None:
        raise ConnectionError

    monkeypatch.setattr("tickets.tasks.suggest.delay", fail)
    with django_capture_on_commit_callbacks(execute=True):
        make_ticket()
    assert Ticket.objects.get().state == Ticket.State.NEW


def test_customer_writes_again_and_the_ticket_waits_anew(sara):
    ticket = make_ticket()
    drafts = make_drafts(ticket)
    drafts[0].state = Suggestion.State.WRITING
    drafts[0].save()
    Ticket.objects.update(state=Ticket.State.DRAFTING, claim="somebody", attempts=3)
    add_customer_message(ticket, f"هنوز درست نشده، {PHONE} یا 0935 111 2233")
    ticket.refresh_from_db()
    assert (ticket.state, ticket.claim, ticket.attempts) == (Ticket.State.NEW, "", 0)
    assert ticket.messages.last().text == "هنوز درست نشده، [PHONE_1] یا [PHONE_2]"
    assert Suggestion.objects.get(pk=drafts[0].pk).state == Suggestion.State.CANCELLED
    assert Suggestion.objects.get(pk=drafts[1].pk).state == Suggestion.State.READY


def test_who_asks_twice_has_waited_since_the_first_time(sara):
    ticket = make_ticket()
    since = ticket.waiting_since
    add_customer_message(ticket, "هنوز درست نشده")
    ticket.refresh_from_db()
    assert ticket.waiting_since == since
    send_reply(ticket.pk, agent=sara, text="x", suggestion_id=None, send_key="k")
    again = add_customer_message(ticket, "باز هم")
    ticket.refresh_from_db()
    assert ticket.waiting_since == again.created_at


def test_message_to_spam_makes_no_drafts():
    ticket = make_ticket()
    Ticket.objects.update(state=Ticket.State.SPAM)
    add_customer_message(ticket, "again")
    ticket.refresh_from_db()
    assert ticket.state == Ticket.State.SPAM


def test_too_long_message_changes_nothing():
    ticket = make_ticket()
    with pytest.raises(TicketTooLong):
        add_customer_message(ticket, "x" * 100_000)
    assert ticket.messages.count() == 1
