"""Passages that say the same."""

from kb.retrieval.folding import fold

ROWS = "port 80 is open and port 443 is open too"


def test_the_same_text_of_an_article_is_shown_once():
    assert fold([(1, 7, ROWS), (2, 7, ROWS + " here"), (3, 7, "something else entirely")]) == [1, 3]


def test_the_same_text_of_two_articles_stays():
    assert fold([(1, 7, ROWS), (2, 8, ROWS)]) == [1, 2]


def test_passages_with_some_common_words_stay():
    assert fold([(1, 7, "open the port first"), (2, 7, "open the window at night")]) == [1, 2]


def test_a_part_of_a_better_passage_is_not_shown_again():
    assert fold([(1, 7, ROWS), (2, 7, "port 443 is open")]) == [1]


def test_a_longer_passage_says_more_than_the_part_before_it():
    longer = ROWS + " but every other one must stay closed until somebody asks for it in writing"
    assert fold([(1, 7, ROWS), (2, 7, longer)]) == [1, 2]
