"""Several kinds of evidence into one ranking."""

import pytest

from kb.retrieval.fusion import Evidence, blend, ranked


def totals(evidence):
    return {pk: part.total for pk, part in blend(evidence).items()}


def test_what_both_sides_found_comes_first():
    found = totals(Evidence(words={1: 9.0, 2: 8.0}, ideal=20.0, meaning={2: 0.8, 3: 0.7}))
    assert found[2] > found[1] > 0
    assert found[2] > found[3] > 0


def test_one_side_is_enough():
    assert [pk for pk, _ in ranked(totals(Evidence(words={7: 3.0, 8: 1.5}, ideal=9.0)))] == [7, 8]
    assert [pk for pk, _ in ranked(totals(Evidence(meaning={7: 0.3, 8: 0.5})))] == [8, 7]


def test_nothing_is_nothing():
    assert blend(Evidence()) == {}


def test_a_negative_cosine_counts_as_none():
    assert totals(Evidence(meaning={1: 0.5, 2: -0.5}))[2] == 0


def test_a_title_decides_between_equal_texts():
    found = totals(Evidence(words={1: 5.0, 2: 5.0}, ideal=9.0, titles={2: 4.0}, title_ideal=8.0))
    assert found[2] > found[1]


def test_a_weak_title_counts_less_than_one_that_is_asked_for():
    weak = blend(Evidence(words={1: 5.0}, titles={1: 0.4}, title_ideal=8.0))
    strong = blend(Evidence(words={1: 5.0}, titles={1: 4.0}, title_ideal=8.0))
    assert weak[1].title < strong[1].title / 4


def test_the_opening_of_an_article_comes_before_an_equal_passage():
    found = totals(Evidence(words={1: 5.0, 2: 5.0}, ideal=9.0, opening={2}))
    assert found[2] > found[1]


@pytest.mark.parametrize(("covered", "first"), [(2.0, 1), (10.0, 2)])
def test_words_outweigh_a_neural_model_only_where_they_say_what_was_asked(covered, first):
    evidence = Evidence(words={2: covered}, ideal=10.0, meaning={1: 0.6, 2: 0.3}, neural=True)
    assert ranked(totals(evidence))[0][0] == first


def test_a_near_question_lifts_its_article_and_a_far_one_hardly():
    evidence = Evidence(words={1: 5.0, 2: 4.5}, ideal=9.0, questions={2: 0.9})
    assert ranked(totals(evidence))[0][0] == 2
    evidence = Evidence(words={1: 5.0, 2: 4.5}, ideal=9.0, questions={2: 0.1})
    assert ranked(totals(evidence))[0][0] == 1


def test_ties_break_by_id():
    assert ranked({9: 0.1 + 0.2, 4: 0.3, 5: 0.4}) == [(5, 0.4), (4, 0.3), (9, 0.3)]
