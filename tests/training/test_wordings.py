"""Other wordings of a question: seeded, never empty, placeholders whole."""

import random
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.recipes import Wording
from training.wordings import ZWNJ, reword

HEAVY = Wording(dropped_words=0.5, typing_errors=0.9)
TEXT = "سلام دامنه‌ام به هاست وصل نمی‌شود شماره [PHONE_1] لطفاً راهنمایی کنید ۲۴ ساعت گذشت"


def test_reword_repeats_itself_for_a_seed_and_varies_over_seeds():
    first, again, other = (
        [reword(TEXT, HEAVY, chance=random.Random(seed)) for _ in range(3)] for seed in (1, 1, 2)
    )
    assert first == again
    assert first != other


def test_reword_does_what_it_says_over_many_draws():
    chance = random.Random(0)
    many = [reword(TEXT, Wording(0.2, 0.2), chance=chance) for _ in range(400)]
    assert any("دامنه‌ام" not in one and "دامنهام" in one for one in many)  # half-space lost
    assert any("ي" in one for one in many)
    assert any("24" in one for one in many)
    assert any(len(one.split()) < len(TEXT.split()) for one in many)
    assert len(set(many)) > 300


def test_reword_without_chances_keeps_most_texts_as_they_are():
    chance = random.Random(0)
    calm = [reword("how do I renew my domain", Wording(0, 0), chance=chance) for _ in range(200)]
    assert calm.count("how do I renew my domain") > 100


@given(st.integers(0, 10_000))
def test_reword_keeps_placeholders_whole(seed):
    changed = reword(TEXT, HEAVY, chance=random.Random(seed))
    assert set(re.findall(r"\[[^\]]*\]?|\S*\]", changed)) <= {"[PHONE_1]"}
    assert "[PHONE_1]" in changed


@given(st.text(min_size=1).filter(str.strip), st.integers(0, 1000))
def test_reword_is_never_empty(text, seed):
    assert reword(text, HEAVY, chance=random.Random(seed)).strip()


@pytest.mark.parametrize("letters", ["", "a"])
def test_reword_takes_words_of_half_spaces(letters):
    for seed in range(200):
        assert reword(f"{letters}{ZWNJ * 4}", HEAVY, chance=random.Random(seed)).strip()
