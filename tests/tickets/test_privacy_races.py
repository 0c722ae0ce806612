"""Erasing, masking afterwards and retention beside whoever writes at the same moment."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from kb import questions
from kb.models import Question
from tests.another_process import wait_until_it_waits
from tests.tickets.everywhere import tables_with
from tests.tickets.factories import EMAIL, make_ticket
from text.privacy.spans import PERSON
from tickets.importing import import_tickets
from tickets.intake import add_customer_message
from tickets.learning import learn_from
from tickets.misses import mark_missed
from tickets.models import Customer, Message, Reply, RetentionRule, Ticket
from tickets.replying import send_reply
from tickets.rights import erase_customer, erase_ticket, find_customer, retention
from tickets.rights.lessons import forget_lessons

pytestmark = pytest.mark.django_db(transaction=True)

NAME = "زرغونه پژدوه"  # rare enough that no list of names has it


@pytest.fixture
def meanwhile(monkeypatch):
    """`meanwhile(module, name, act)`: `act` happens once, right after that function has run."""

    def arrange(module: Any, name: str, act: Callable[[], Any]) -> None:
        real, waiting = getattr(module, name), [act]

        def then(*args: Any, **kwargs: Any) -> Any:
            result = real(*args, **kwargs)
            if waiting:
                waiting.pop()()
            return result

        monkeypatch.setattr(module, name, then)

    return arrange


def _beside(work: Callable[[], Any]) -> Any:
    """In another thread, with a connection of its own."""
    try:
        return work()
    finally:
        connection.close()


def _answered(agent) -> Reply:
    ticket = make_ticket(text=f"سلام من {NAME} هستم و دامنه‌ام وصل نیست", subject="", name="")
    return send_reply(
        ticket.pk, agent=agent, text="نیم‌سرورها را بگذارید", suggestion_id=None, send_key="k"
    )


def test_what_is_masked_while_a_reply_is_learned_is_not_learned(sara, meanwhile):
    reply = _answered(sara)
    meanwhile(
        questions, "prepare_questions", lambda: mark_missed(reply.ticket, NAME, PERSON, agent=sara)
    )
    assert learn_from(reply.pk)
    assert "[PERSON_1]" in Question.objects.get().text
    assert tables_with(NAME) == set()


def test_ticket_that_is_erased_while_its_reply_is_learned_teaches_nothing(sara, meanwhile):
    reply = _answered(sara)
    meanwhile(questions, "prepare_questions", lambda: erase_ticket(reply.ticket, user=None))
    assert not learn_from(reply.pk)
    assert not Question.objects.exists()


def test_customer_who_writes_again_while_the_rule_is_applied_keeps_the_ticket():
    ticket = make_ticket()
    old = timezone.now() - timedelta(days=40)
    Ticket.objects.update(state="closed", created_at=old)
    Message.objects.update(created_at=old)
    retention.set_rule(RetentionRule.Kind.CLOSED_TICKETS, 30)

    def write(**_signal: Any) -> None:  # data sets are asked to forget before and after
        if ticket.messages.count() == 1:
            add_customer_message(ticket, "هنوز وصل نیست")

    forget_lessons.connect(write)
    try:
        removed = {one.kind: one.removed for one in retention.apply()}
    finally:
        forget_lessons.disconnect(write)
    assert removed["closed_tickets"] == 0
    assert ticket.messages.count() == 2


def test_customer_who_is_deleted_at_this_moment_is_made_anew():
    erased = make_ticket().customer
    erase_ticket(Ticket.objects.get(), user=None)
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            Customer.objects.filter(pk=erased.pk).delete()
            writing = pool.submit(_beside, make_ticket)
            wait_until_it_waits(writing.done)
        ticket = writing.result()
    assert find_customer(EMAIL) == ticket.customer != erased


def test_customer_who_writes_while_the_rule_is_applied_stays():
    make_ticket()
    erase_ticket(Ticket.objects.get(), user=None)
    Customer.objects.update(created_at=timezone.now() - timedelta(days=40))
    retention.set_rule(RetentionRule.Kind.CUSTOMERS, 30)
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            ticket = make_ticket()
            applying = pool.submit(_beside, retention.apply)
            wait_until_it_waits(applying.done)
        removed = {one.kind: one.removed for one in applying.result()}
    assert removed["customers"] == 0
    assert find_customer(EMAIL) == ticket.customer


def _file(tmp_path, *numbers):
    path = tmp_path / "old.jsonl"
    at = (timezone.now() - timedelta(days=3)).isoformat()
    rows = (
        {
            "external_id": f"old-{number}",
            "question": f"the {number} question, which nobody else asks",
            "answer": f"the {number} answer, which nobody else gives",
            "created_at": at,
            "contact": EMAIL,
        }
        for number in numbers
    )
    path.write_text("\n".join(map(json.dumps, rows)))
    return path


def test_customer_who_is_erased_during_an_import_does_not_come_back_with_it(tmp_path, meanwhile):
    import_tickets([_file(tmp_path, "first")])
    customer = find_customer(EMAIL)
    meanwhile(questions, "prepare_questions", lambda: erase_customer(customer, user=None))
    report = import_tickets([_file(tmp_path, "first", "second")])
    assert (report.created, report.left_out) == (0, {"erased": 1})
    assert tables_with("nobody else asks", EMAIL) == set()
    assert not Question.objects.exists()


def test_customer_who_is_deleted_while_an_import_writes_is_made_anew(tmp_path):
    customer = make_ticket().customer
    erase_ticket(Ticket.objects.get(), user=None)
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            Customer.objects.filter(pk=customer.pk).delete()
            path = _file(tmp_path, "first")
            importing = pool.submit(_beside, lambda: import_tickets([path]))
            wait_until_it_waits(importing.done)
        assert importing.result().created == 1
    assert find_customer(EMAIL).tickets.count() == 1
