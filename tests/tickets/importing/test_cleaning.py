"""What a conversation teaches, and why other turns do not."""

import pytest

from tickets.importing.cleaning import lessons, why_not
from tickets.importing.records import PastConversation, Turn


def _lessons(*turns):
    made = tuple(Turn({"c": "customer", "a": "agent"}[role], text) for role, text in turns)
    return lessons(PastConversation("1", made, "f", 1))


def test_each_answered_question_is_a_lesson_with_the_number_of_its_answer():
    found = _lessons(
        ("a", "Welcome"), ("c", "Where is my order?"), ("a", "On its way"), ("c", "ok thanks"),
        ("a", "bye"), ("c", "And the invoice, please?"), ("a", "Attached"), ("c", "unanswered one"),
    )  # fmt: skip
    assert [(one.number, one.question, one.answer) for one in found.taught] == [
        (2, "Where is my order?", "On its way"),
        (4, "And the invoice, please?", "Attached"),
    ]
    assert found.reasons == ("thanks",)
    assert found.answered


def test_conversation_without_an_answer_is_not_answered():
    assert not _lessons(("c", "q")).answered
    assert not _lessons(("a", "hello"), ("c", "q")).answered


@pytest.mark.parametrize(
    ("question", "first", "more", "reason"),
    [
        ("سلام وقت بخیر", True, True, "greeting"),
        ("سلام", True, False, ""),
        ("چرا نشد", True, True, ""),
        ("چرا نشد", False, True, "too_short"),
        ("ممنون، حل شد", True, False, "thanks"),
        ("خیلی ممنونم 🙏", False, False, "thanks"),
        ("OK, thank you very much!", False, True, "thanks"),
        ("дуже дякую", False, True, "thanks"),
        ("תודה רבה", False, True, "thanks"),
        ("ممنون ولی هنوز خطا می‌دهد", False, False, ""),
        ("Thanks but it fails again", False, False, ""),
        ("12345", True, False, ""),
    ],
)
def test_reason(question, first, more, reason):
    assert why_not(question, first=first, more_follows=more) == reason
