"""Like searches together: by what they are about, the same in any order."""

import random

from kb.grouping import Wording, group
from tests.timing import at_most
from text.persian import terms


def wordings(*texts: str) -> list[Wording]:
    return [Wording(pk, tuple(terms(text))) for pk, text in enumerate(texts, 1)]


def pks(groups: list[list[Wording]]) -> list[list[int]]:
    return [[one.pk for one in members] for members in groups]


def test_the_same_matter_in_other_words_is_one_group():
    found = group(
        wordings(
            "چطور هدیه بفرستم؟",
            "ارسال هدیه چگونه است",
            "می‌خواهم هدیه بفرستم",
            "ساعت کاری پشتیبانی",
            "ساعت کاری پشتیبانی شما چند است؟",
        )
    )
    assert [4, 5] in [sorted(members) for members in pks(found)]
    assert any({1, 3} <= set(members) for members in pks(found))
    assert all(not {1, 4} <= set(members) for members in pks(found))


def test_words_without_a_subject_join_nothing():
    found = group(wordings("how do I change my address", "how do I change the battery"))
    assert len(found) == 2 or pks(found) == [[1, 2]]
    assert len(group(wordings("how do I get a gift card", "how do I unblock the printer"))) == 2


def test_the_most_frequent_wording_leads():
    few, many = Wording(1, ("gift", "card")), Wording(2, ("gift", "cards"), count=9)
    assert pks(group([few, many])) == [[2, 1]]


def test_the_order_of_the_input_does_not_matter():
    texts = ["gift card", "gift cards balance", "printer jam", "printer jams", "wifi password"]
    given = wordings(*texts)
    expected = pks(group(given))
    for seed in range(10):
        shuffled = random.Random(seed).sample(given, len(given))
        assert pks(group(shuffled)) == expected


def test_wordings_without_words_stand_alone():
    assert pks(group([Wording(1, ()), Wording(2, ())])) == [[1], [2]]


def test_two_thousand_take_no_time():
    numbers = random.Random(5)
    words = ["".join(numbers.choices("abcdefghij", k=6)) for _ in range(900)]
    given = [Wording(pk, tuple(numbers.choices(words, k=6))) for pk in range(2000)]
    with at_most(3):
        group(given)
