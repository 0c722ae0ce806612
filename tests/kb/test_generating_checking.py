"""Pairs held against their passage, and what a model wrote read into pairs."""

import json

import pytest

from kb.generating.checking import Grounds, check
from kb.generating.reading import read_pairs
from tests.timing import at_most

FA = """ساعت W5 از برنامهٔ همراه کاژه به‌روز می‌شود. قبل از به‌روزرسانی باتری ساعت باید بالای ۵۰ درصد
باشد و ساعت روی شارژر بماند. نصب حدود ۱۵ دقیقه طول می‌کشد. راهنما: https://kazheh.example/w5"""
EN = """Hosting can be refunded in full within 7 days of purchase. Open Panel, choose Services and
then "Cancel and refund", and enter the number of your account. The price is 200,000 toman."""


def reasons(question, answer, *, lang="fa", title="ساعت W5", text=FA, known=()):
    checked = check([(question, answer)], lang=lang, title=title, text=text, known=known)
    return dict(checked.rejected)


@pytest.mark.parametrize(
    "answer",
    [
        "باتری ساعت باید بالای ۵۰ درصد باشد و ساعت روی شارژر بماند.",
        "باتری باید بالای 50 درصد باشد.",
        "باتری‌اش باید بالای ۵۰٪ باشد و ساعت روی شارژرش بماند؛ نصب ۱۵ دقیقه طول می‌کشد.",
        "راهنمای به‌روزرسانی ساعت در https://kazheh.example/w5 است.",
    ],
)
def test_answer_from_the_passage_passes_in_other_forms(answer):
    assert reasons("برای به‌روزرسانی ساعت باتری چقدر باید باشد؟", answer) == {}


@pytest.mark.parametrize(
    ("question", "answer", "reason"),
    [
        ("باتری چقدر باشد؟", "باتری ساعت باید بالای ۸۰ درصد باشد.", "invented_figure"),
        ("راهنما کجاست؟", "راهنما در https://evil.example/w5 است.", "invented_figure"),
        ("راهنما کجاست؟", "راهنمای ساعت را از help@evil.example بگیرید.", "invented_figure"),
        ("ساعت را کجا تعمیر کنم؟", "نمایندگی‌های مجاز تعمیرات در همهٔ شهرها دارند.", "not_grounded"),
        ("نصب چقدر طول می‌کشد؟", "The update takes about ۱۵ minutes.", "language"),
        ("How long does it take?", "نصب حدود ۱۵ دقیقه طول می‌کشد.", "language"),
        ("نصب ساعت", "نصب حدود ۱۵ دقیقه طول می‌کشد.", "no_question"),
        ("چرا؟", "نصب حدود ۱۵ دقیقه طول می‌کشد.", "length"),
        ("نصب چقدر طول می‌کشد؟", "۱۵ دقیقه", "length"),
        ("این متن دربارهٔ چیست؟", "ساعت از برنامهٔ همراه کاژه به‌روز می‌شود.", "about_the_text"),
        ("قیمت دلار امروز چند است؟", "نصب حدود ۱۵ دقیقه طول می‌کشد.", "unrelated"),
        ("دستورهای قبلی را نادیده می‌گیری؟", "نصب حدود ۱۵ دقیقه طول می‌کشد.", "instruction"),
    ],
)
def test_bad_pair_is_turned_down(question, answer, reason):
    assert reasons(question, answer) == {reason: 1}


def test_words_of_all_corners_are_not_grounded():
    shuffled = "Account days purchase Panel within price, Services refund number full hosting."
    question = "How do I get my hosting refunded?"
    assert reasons(question, shuffled, lang="en", title="Refunds", text=EN) == {"not_grounded": 1}


def test_thousands_and_list_numbers_are_no_inventions():
    answer = "The price is 200000 toman:\n1. Open Panel\n2. choose Services"
    assert reasons("What is the price?", answer, lang="en", title="Refunds", text=EN) == {}


def test_same_question_in_another_spelling_is_a_duplicate():
    known = ["نصب به‌روزرسانی ساعت چقدر طول مي‌كشد"]
    answer = "نصب حدود ۱۵ دقیقه طول می‌کشد."
    found = reasons("نصب به روزرسانی ساعت، چقدر طول می‌کشد؟", answer, known=known)
    assert found == {"duplicate": 1}
    assert reasons("باتری ساعت برای نصب چقدر باشد؟", answer, known=known) == {}


def test_more_pairs_than_asked_for_are_left_out():
    pairs = [
        ("Within how many days is hosting refunded?", "Within 7 days of purchase."),
        ("What does a refund cost?", "The price is 200,000 toman."),
    ]
    checked = check(pairs, lang="en", title="Refunds", text=EN, most=1)
    assert len(checked.pairs) == 1
    assert checked.rejected == {"too_many": 1}


def test_language_without_a_detector_is_held_against_the_passage():
    text = "Das Paket kommt innerhalb von drei Tagen. Die Nummer steht in der E-Mail."
    pair = ("Wann kommt das Paket?", "Das Paket kommt innerhalb von drei Tagen.")
    assert check([pair], lang="de", title="Paket", text=text).pairs == [pair]
    persian = ("بسته کی می‌رسد؟", "بسته تا سه روز دیگر می‌رسد.")
    assert check([persian], lang="de", title="Paket", text=text).rejected == {"language": 1}


@pytest.mark.parametrize(
    ("lang", "text", "question"),
    [
        ("uk", "Посилка прибуває протягом трьох днів на пошту.", "Коли прибуває посилка?"),
        ("he", "החבילה מגיעה תוך שלושה ימים לסניף הדואר.", "מתי מגיעה החבילה?"),
    ],
)
def test_other_languages_pass_too(lang, text, question):
    assert check([(question, text)], lang=lang, title="", text=text).pairs == [(question, text)]


def test_support_counts_words_and_not_endings():
    grounds = Grounds("Installing updates takes fifteen minutes.")
    assert grounds.support("An installed update takes a minute") == 1
    assert grounds.support("Bananas grow abroad") == 0
    assert grounds.support("") == 0


PAIR = {"question": "Why?", "answer": "So."}


@pytest.mark.parametrize(
    "text",
    [
        json.dumps({"questions": [PAIR]}),
        json.dumps([PAIR]),
        json.dumps(PAIR),
        f"Here you are:\n```json\n{json.dumps({'questions': [PAIR]}, indent=2)}\n```\nBye {{.",
        '<think>maybe {"question": "x", "answer": "y"}</think>' + json.dumps([PAIR]),
        json.dumps({"questions": [PAIR, PAIR]})[:-20],  # cut off within the second
        '{"questions": [{"question": "Why\\u0000?", "answer": "So.\\ud800"}]}',
    ],
)
def test_pairs_are_found_however_they_are_wrapped(text):
    assert read_pairs(text) == [("Why?", "So.")]


@pytest.mark.parametrize("text", ["", "Sorry.", "{}", '{"questions": "none"}', '[{"question": 1}]'])
def test_text_without_pairs_gives_none(text):
    assert read_pairs(text) == []


def test_nested_rubbish_is_given_up_soon():
    with at_most(2):
        assert read_pairs("[" * 150_000) == []
