"""Which lines are questions."""

import pytest

from text.asking import is_question


@pytest.mark.parametrize(
    "line",
    [
        "How do I pay?",
        "How to move a domain",
        "1. Can I pay later",
        "**What now?**",
        "چگونه پرداخت کنم",
        "پرداخت چطور انجام می‌شود؟",
        "آیا ارسال رایگان است",
        "۳) هزینه چقدره",
        "گارانتی چیست",
        "از کجا بخرم",
        "Як оплатити замовлення",
        "Чому сайт не працює?",
        "איך מחזירים מוצר",
        "האם אפשר להחזיר?",
        "Готово?»",
    ],
)
def test_question_is_known_by_mark_or_word(line):
    assert is_question(line)


@pytest.mark.parametrize(
    "line",
    [
        "Payment",
        "Payment methods",
        "Could not connect",
        "پرداخت",
        "روش‌های پرداخت",
        "",
        "Can",
        "Ціни",
    ],
)
def test_other_lines_are_none(line):
    assert not is_question(line)
