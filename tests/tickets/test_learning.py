"""What was sent becomes a past answer."""

from datetime import timedelta

import pytest
from django.utils import timezone

from kb.models import Question
from tests.tickets.factories import make_ticket
from tickets.intake import add_customer_message
from tickets.learning import learn_from, not_learned, past_question_id
from tickets.models import Reply
from tickets.replying import send_reply

pytestmark = pytest.mark.django_db


def _reply(ticket, agent, text):
    return send_reply(ticket.pk, agent=agent, text=text, suggestion_id=None, send_key=text)


def test_reply_becomes_a_past_answer(sara):
    ticket = make_ticket(external_id="7", source="mail", text="دامنه وصل نمی‌شود")
    reply = _reply(ticket, sara, "نیم‌سرورها را بگذارید")
    assert learn_from(reply.pk)
    question = Question.objects.get()
    assert (question.kind, question.external_id) == ("ticket", "mail:7")
    assert (question.text, question.answer) == ("دامنه وصل نمی‌شود", "نیم‌سرورها را بگذارید")
    assert not learn_from(reply.pk)
    assert Question.objects.count() == 1


def test_second_turn_is_a_question_of_its_own(sara):
    ticket = make_ticket(external_id="7", source="mail", text="اول")
    learn_from(_reply(ticket, sara, "جواب یک").pk)
    add_customer_message(ticket, "دوم")
    add_customer_message(ticket, "و سوم")
    learn_from(_reply(ticket, sara, "جواب دو").pk)
    second = Question.objects.get(external_id=past_question_id("mail", "7", turn=2))
    assert (second.text, second.answer) == ("دوم\nو سوم", "جواب دو")


def test_reply_whose_message_was_lost_is_found(sara):
    reply = _reply(make_ticket(), sara, "جواب")
    assert not not_learned().exists()
    Reply.objects.update(created_at=timezone.now() - timedelta(minutes=5))
    assert list(not_learned()) == [reply]
    learn_from(reply.pk)
    assert not not_learned().exists()


def test_unknown_reply_is_no_error():
    assert not learn_from(10**9)
