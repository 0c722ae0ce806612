"""Near duplicates fold; what differs in what matters does not."""

import random

import pytest

from tickets.importing.folding import Folding, sketches

QUESTION = (
    "سلام، من دیروز از سایت شما یک گوشی خریدم ولی هنوز به دستم نرسیده است و کد رهگیری هم کار "
    "نمی‌کند، "
    "لطفاً بگویید کی می‌رسد چون عجله دارم"
)
ANSWER = "سفارش شما امروز تحویل پست شد و تا دو روز کاری دیگر به دستتان می‌رسد، کد رهگیری پیامک می‌شود"


@pytest.fixture
def folding():
    return Folding(capacity=5000)


@pytest.mark.parametrize(
    "question",
    [
        QUESTION,
        QUESTION.replace("ی", "ي").replace("ک", "ك"),
        QUESTION + "!!!",
        QUESTION.replace("می‌رسد", "می رسد"),
        QUESTION + " ۱۲۳۴۵۶۷",
        QUESTION.replace("خریدم", "گرفتم"),
    ],
)
def test_same_question_in_nearly_the_same_words_folds(folding, question):
    number = folding.add(sketches(QUESTION, ANSWER))
    assert folding.find(sketches(question, ANSWER)) == number


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        (QUESTION, "مبلغ به حساب شما برگشت"),
        ("چطور رمزم را عوض کنم؟", ANSWER),
        ("خطای 404 می‌گیرم", ANSWER),
    ],
)
def test_other_question_or_other_answer_does_not_fold(folding, question, answer):
    folding.add(sketches(QUESTION, ANSWER))
    folding.add(sketches("خطای 500 می‌گیرم", ANSWER))
    folding.add(sketches("چطور رمزم را فعال کنم؟", ANSWER))
    assert folding.find(sketches(question, answer)) is None


def test_first_of_many_is_what_they_fold_into_and_the_oldest_are_forgotten():
    folding = Folding(capacity=100)
    words = [f"w{n}" for n in range(400)]
    chosen = random.Random(1)
    texts = [" ".join(chosen.sample(words, 12)) for _ in range(150)]
    for number, text in enumerate(texts):
        assert folding.add(sketches(text, text)) == number
    assert folding.find(sketches(texts[140], texts[140])) == 140
    assert folding.find(sketches(texts[10], texts[10])) is None
