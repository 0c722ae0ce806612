"""Whatever a model makes of a placeholder, its value comes back, or none; never another's."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.text.placeholder_spellings import BIDI, JOINERS, KNOWN, LOOK_LIKE_ONE, spelled
from text.privacy import escape, mask, restore
from text.privacy.placeholders import (
    Placeholder,
    cut,
    highest_numbers,
    pieces,
    placeholders_in,
    whole,
)
from text.privacy.spelling import spelled_in, unfinished_at
from text.privacy.streaming import Restorer

VARIANTS = 10_000
WORDS = [
    "سلام،",
    "تماس با",
    "see",
    "<b>",
    "\\",
    "**",
    "(",
    "]",
    "[",
    "&",
    "100%",
    "نکته:",
    "\n",
    "",
]
signs = st.sampled_from(
    [*"()[]{}<>\\&%#;_-*. 1۲", "PHONE", "IP", "amp", "lsqb", "5B", "&#91;", "\u200e", "a", "ش"]
)
texts = st.lists(signs, max_size=25).map("".join)


def _around(rng: random.Random) -> tuple[str, str]:
    before, after = rng.choice(WORDS), rng.choice(WORDS)
    return f"{before} ", f" {after}"


def _seen(text: str) -> str:
    """Marks beside the brackets may stay."""
    return "".join(sign for sign in text if sign not in BIDI + JOINERS + "\\")


def test_ten_thousand_spellings_are_restored_and_none_wrongly():
    rng = random.Random(20261121)
    restored, wrong = 0, []
    for _ in range(VARIANTS):
        spelling, name = spelled(rng)
        before, after = _around(rng)
        got = restore(before + spelling + after, KNOWN)
        if _seen(got) == _seen(before + KNOWN[name] + after):
            restored += 1
        elif got != before + spelling + after:
            wrong.append((spelling, got))
    assert wrong == []
    assert restored / VARIANTS >= 0.999


def test_spellings_split_over_pieces_are_restored_alike():
    rng = random.Random(7)
    for _ in range(2_000):
        text = "".join(part for _ in range(3) for part in (*_around(rng), spelled(rng)[0]))
        restorer = Restorer(KNOWN)
        got, place = "", 0
        while place < len(text):
            size = rng.choice([1, 1, 2, 3, 7, 30])
            got += restorer.feed(text[place : place + size])
            place += size
        assert got + restorer.finish() == restore(text, KNOWN)


def test_what_a_customer_typed_in_any_spelling_is_disarmed():
    rng = random.Random(11)
    for _ in range(5_000):
        before, after = _around(rng)
        typed = before + spelled(rng)[0] + after
        assert restore(escape(typed), KNOWN) == escape(typed), typed
        stored = mask(typed, names=False).text
        assert placeholders_in(escape(typed)) == []
        assert not any(
            value in restore(stored, KNOWN) for value in KNOWN.values() if value in typed
        )


@pytest.mark.parametrize("text", LOOK_LIKE_ONE)
def test_what_only_looks_like_one_stays(text):
    assert restore(f"a {text} b", KNOWN) == f"a {text} b"


@given(texts)
@settings(max_examples=600)
def test_escaped_text_holds_none(text):
    assert list(spelled_in(escape(text))) == []
    assert restore(escape(text), KNOWN) == escape(text)


@given(texts, st.integers(0, 60))
@settings(max_examples=600)
def test_text_breaking_off_shows_the_beginning_of_the_whole(text, place):
    shown = whole(text[:place])
    found = [one for one in spelled_in(text) if one.start < len(shown)]
    assert all(one.end <= len(shown) for one in found)
    assert restore(shown, KNOWN) + restore(text[len(shown) :], KNOWN) == restore(text, KNOWN)


def test_only_what_may_become_a_placeholder_is_held_back():
    assert whole("سلام [PHO") == "سلام "
    assert whole("سلام [NATIONAL_ID_1") == "سلام "
    assert whole(r"سلام \[phone\_") == "سلام "
    assert whole("سلام &#9") == "سلام "
    assert whole("سلام [PHONE_1]") == "سلام [PHONE_1]"
    for text in (
        "x[نکته",
        "a < 5 and",
        "f[1",
        "[a](http://x",
        "(see the ",
        "۱۰۰٪ [x=",
        "[" + "a" * 99,
    ):
        assert whole(text) == text


def test_backslash_before_a_real_placeholder_stays():
    masked = mask(r"C:\09123456789")
    assert restore(masked.text, masked.values) == r"C:\09123456789"


def test_pieces_are_the_text():
    text = "به [phone-1] یا **[EMAIL_2]** [x]"
    parts = pieces(text)
    assert "".join(part if isinstance(part, str) else part.text for part in parts) == text
    placeholders = [part for part in parts if isinstance(part, Placeholder)]
    assert [(one.name, one.text) for one in placeholders] == [
        ("[PHONE_1]", "[phone-1]"),
        ("[EMAIL_2]", "[EMAIL_2]"),
    ]


@pytest.mark.parametrize("limit", range(16))
def test_cut_leaves_no_half(limit):
    text = "abc [PHONE_1] de"
    short = cut(text, limit)
    assert len(short) <= limit
    assert short == (text[:limit] if limit <= 4 or limit >= 13 else "abc")


def test_a_number_that_nobody_gave_does_not_move_the_numbering():
    assert highest_numbers(["[PHONE_999999] [PHONE_4]"]) == {"PHONE": 4}


@pytest.mark.parametrize(
    "text", ["[" * 50_000, "&amp;" * 20_000, "\\" * 50_000, "[PHONE_1" * 9_000, "<a " * 30_000]
)
def test_hostile_text_is_read_in_linear_time(text):
    # Quadratic reading would take minutes; the suite's own limit would stop it.
    assert restore(text, KNOWN) == text
    assert unfinished_at(text) <= len(text)
