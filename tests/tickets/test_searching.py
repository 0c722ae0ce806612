"""Tickets are found by their words in any form, and by none that was taken out."""

import pytest
from django.db import connection

from tests.tickets.everywhere import tables_with
from tests.tickets.factories import make_drafts, make_ticket
from tickets import searching
from tickets.inbox_filters import Filters, matching
from tickets.intake import add_customer_message
from tickets.misses import mark_missed
from tickets.models import Message, Rating, Ticket
from tickets.rating import rate
from tickets.replying import send_reply
from tickets.rights.erasing import erase_customer

pytestmark = pytest.mark.django_db


def _found(words: str, reader) -> list[int]:
    rows = matching(Filters(state="all", q=words), reader=reader)
    return sorted(rows.values_list("pk", flat=True))


def test_persian_and_english_words_are_found_in_any_form(sara):
    fa = make_ticket(subject="تمدید سرویس", text="سرورهايم خاموش شده‌اند", lang="fa")
    en = make_ticket(subject="Billing", text="My invoices were charged twice", lang="en")
    assert _found("سرور", sara) == [fa.pk]
    assert _found("سرورها", sara) == [fa.pk]
    assert _found("invoice charging", sara) == [en.pk]
    assert _found("invoice سرور", sara) == []
    assert _found("را the", sara) == []


def test_replies_and_later_messages_are_found_at_once(sara):
    ticket = make_ticket(text="hello", lang="en")
    add_customer_message(ticket, "the router blinks")
    text = "Hold the reset button"
    send_reply(ticket.pk, agent=sara, text=text, suggestion_id=None, send_key="k")
    assert _found("router", sara) == _found("buttons", sara) == [ticket.pk]


def test_words_change_the_index_is_empty_before_anybody_reads_it(sara):
    ticket = make_ticket(text="the router blinks", subject="modem", lang="en")
    Message.objects.filter(ticket=ticket).update(text="nothing")
    assert Ticket.objects.get(pk=ticket.pk).search is None
    assert searching.fill() == 1
    assert _found("router", sara) == []
    Ticket.objects.filter(pk=ticket.pk).update(subject="lamp")
    assert Ticket.objects.get(pk=ticket.pk).search is None
    searching.fill()
    assert _found("lamp", sara) == [ticket.pk]
    assert _found("modem", sara) == []


def test_fill_reads_old_tickets_in_parts(sara):
    tickets = [make_ticket(text="the router blinks", lang="en") for _ in range(5)]
    Ticket.objects.update(search=None)
    assert [searching.fill(at_most=2) for _ in range(4)] == [2, 2, 1, 0]
    assert _found("router", sara) == [one.pk for one in tickets]


def test_what_was_marked_is_found_no_more(sara):
    ticket = make_ticket(text="please tell Quxolith that the parcel came", lang="en")
    assert _found("quxolith", sara) == [ticket.pk]
    mark_missed(ticket, "Quxolith", "PERSON", agent=sara)
    assert _found("quxolith", sara) == []
    assert _found("parcel", sara) == [ticket.pk]


def test_erased_words_stand_in_no_index(sara, mina):
    ticket = make_ticket(text="zyxophone zyxophone broke", lang="en")
    rate(make_drafts(ticket)[0], agent=sara, stars=1)
    erase_customer(ticket.customer, user=mina)
    assert Rating.objects.exists()
    assert "tickets_ticket" not in tables_with("zyxophon")
    searching.fill()
    assert Ticket.objects.filter(search=None).count() == 0


def test_terms_with_signs_of_the_query_language_are_words(sara):
    make_ticket(text="she plays rock'n'roll", lang="en")
    for words in ("o'reilly", "a'b & c | !d:*", "\\", "'"):
        _found(words, sara)  # raises where the query is no query
    assert len(_found("rock'n'roll", sara)) == 1


def test_search_goes_by_its_index(mina):
    make_ticket()
    rows = matching(Filters(state="all", q="router"), reader=mina).values("pk")
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    assert "ticket_search" in rows.explain()


@pytest.mark.parametrize("typed", ["", "   ", "x" * 201, "the", "#99999999999999999999999"])
def test_query_of_nothing_is_refused(sara, typed):
    with pytest.raises(searching.BadSearch):
        searching.read_query(typed, reader=sara)
