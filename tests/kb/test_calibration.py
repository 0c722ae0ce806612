"""How likely the best passage answers."""

from kb.retrieval.calibration import FITS, likelihood
from kb.retrieval.fusion import Evidence


def by_words(covered, **more):
    return likelihood(Evidence(words={1: covered}, ideal=1.0, **more), 1)


def test_more_of_the_query_covered_is_likelier():
    assert 0 < by_words(0.0) < by_words(0.1) < FITS < by_words(0.5) < 1


def test_the_offline_cosine_says_nothing_new():
    assert by_words(0.4) == by_words(0.4, meaning={1: 0.9})


def test_a_neural_cosine_can_stand_for_words():
    assert by_words(0.1, meaning={1: 0.75}, neural=True) > FITS
    assert by_words(0.1, meaning={1: 0.3}, neural=True) < FITS


def test_a_near_question_is_enough():
    assert by_words(0.0, questions={1: 0.8}) > FITS
    assert by_words(0.0, questions={1: 0.2}) < FITS


def test_meaning_alone_is_judged_by_its_cosine():
    assert likelihood(Evidence(meaning={1: 0.8}, neural=True), 1) > FITS
    assert likelihood(Evidence(meaning={1: 0.2}, neural=True), 1) < FITS


def test_a_long_text_need_not_be_covered_as_much():
    assert by_words(0.0, questions={1: 0.28}, length=10) < FITS
    assert by_words(0.0, questions={1: 0.28}, length=35) > FITS
    assert by_words(0.0, questions={1: 0.2}, length=5000) < FITS
