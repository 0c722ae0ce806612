"""From tokens to stretches of the text, and which of them may be masked."""

import numpy as np
import pytest

from text.privacy.spans import ADDRESS, PERSON
from tickets.second_opinion.candidates import spans, word_forms
from tickets.second_opinion.entities import Entity, Window, entities
from tickets.second_opinion.labels import Labels

LABELS = Labels.of({0: "O", 1: "B-PER", 2: "I-PER", 3: "B-LOC", 4: "I-LOC"})


def window(places, said, *, first=0, opens=True, closes=True, sure=0.9):
    """Tokens with the label that each is given."""
    scores = np.full((len(said), len(LABELS.types)), 0.0, dtype=np.float32)
    scores[:, 0] = 1 - sure
    for row, label in enumerate(said):
        scores[row, 0 if label == 0 else label] = 1.0 if label == 0 else sure
    return Window(first, np.array(places).reshape(-1, 2), scores, opens=opens, closes=closes)


def found(text, *windows):
    return [(text[one.start : one.end], one.type) for one in entities(text, windows, LABELS)]


@pytest.mark.parametrize(
    ("label", "type_"),
    [
        *[(label, PERSON) for label in ("PER", "B-PER", "I-pers", "I_PER", "S-PERSON", "person")],
        *[(label, PERSON) for label in ("B-GIVENNAME", "private_person", "L-LAST_NAME", "PER-B")],
        *[(label, ADDRESS) for label in ("B-LOC", "location", "STREET-ADDRESS", "E-ADDRESS")],
        *[(label, None) for label in ("O", "B-ORG", "B-PRODUCT", "LABEL_1", "PERCENT", "B-", "")],
    ],
)
def test_label_names_of_all_schemes(label, type_):
    assert Labels.of({"0": label}).types == (type_,)


@pytest.mark.parametrize(
    "id2label", [{0: "O", 2: "PER"}, {"a": "O"}, dict.fromkeys(range(600), "O")]
)
def test_labels_that_are_no_numbering_are_refused(id2label):
    with pytest.raises(ValueError):  # noqa: PT011  int() says it too
        Labels.of(id2label)


def test_words_of_a_name_are_one_stretch():
    assert found("a علی رضایی b", window([(0, 1), (2, 5), (6, 11), (12, 13)], [0, 1, 2, 0])) == [
        ("علی رضایی", PERSON)
    ]


def test_name_that_begins_anew_is_another_one():
    text = "Ali Reza"
    assert found(text, window([(0, 3), (4, 8)], [1, 1])) == [("Ali", PERSON), ("Reza", PERSON)]


@pytest.mark.parametrize("between", [", ", "\n", " - ", " و "])
def test_what_parts_names_ends_one(between):
    text = f"Ali{between}Reza"
    assert found(text, window([(0, 3), (3 + len(between), len(text))], [1, 2])) == [
        ("Ali", PERSON),
        ("Reza", PERSON),
    ]


def test_initial_with_its_dot_belongs_to_the_name():
    assert found("J. Smith", window([(0, 1), (1, 2), (3, 8)], [1, 2, 2])) == [("J. Smith", PERSON)]


def test_word_is_what_its_first_token_says():
    """Of the others nothing can be relied on."""
    assert found("پژدوبرگ", window([(0, 2), (2, 5), (5, 7)], [1, 0, 3])) == [("پژدوبرگ", PERSON)]
    assert found("پژدوبرگ", window([(0, 2), (2, 5), (5, 7)], [0, 1, 1])) == []


def test_zwnj_and_vowel_signs_do_not_part_a_word():
    text = "علی\u200cرضا مُحَمَّد"
    assert found(text, window([(0, 3), (4, 8), (9, 10), (10, 17)], [1, 0, 2, 0])) == [
        (text, PERSON)
    ]


def test_emoji_of_several_tokens_move_nothing():
    """Bytes of one character all stand at the same place."""
    text = "😀👩‍👩‍👧 Ali"
    places = [(0, 1)] * 4 + [(1, 2), (2, 3), (3, 4)] * 2 + [(7, 10)]
    assert found(text, window(places, [0] * 10 + [1])) == [("Ali", PERSON)]


def test_token_with_the_space_before_it_and_one_that_stands_for_nothing():
    text = "hi Ali"
    assert found(text, window([(0, 0), (0, 2), (2, 6)], [1, 0, 1])) == [("Ali", PERSON)]


def test_of_two_windows_the_one_further_inside_counts():
    text = "a b c d e f"
    places = [(n, n + 1) for n in range(0, 11, 2)]
    left = window(places[:4], [0, 0, 0, 1], closes=False)  # "d" is its last token
    right = window(places[1:], [0, 0, 0, 1, 0], first=1, opens=False)  # "e" is a name, "d" none
    assert found(text, left, right) == [("e", PERSON)]


def _spans(text, start, end, *, type_=PERSON, score=0.9, **options):
    values = {"types": (PERSON,), "least": 0.85}
    one = Entity(start, end, type_, score)
    return [text[span.start : span.end] for span in spans(text, [one], **(values | options))]


def test_only_a_sure_one_of_a_wanted_type_is_taken():
    assert _spans("Ali", 0, 3) == ["Ali"]
    assert _spans("Ali", 0, 3, score=0.84) == []
    assert _spans("Qom", 0, 3, type_=ADDRESS) == []
    assert _spans("Qom", 0, 3, type_=ADDRESS, types=(PERSON, ADDRESS)) == ["Qom"]


@pytest.mark.parametrize("text", ["A", "ع", "12 34", "…", "A1", "x" * 61])
def test_what_can_be_no_name_is_left(text):
    assert _spans(text, 0, len(text)) == []


def test_placeholders_are_no_names_but_what_stands_beside_them_may_be():
    text = "علی [PERSON_1] رضایی"
    assert _spans(text, 0, len(text)) == ["علی", "رضایی"]
    assert _spans(text, 4, 14) == []
    assert _spans(text, 5, 11) == []


def test_words_of_titles_name_products():
    ordinary = frozenset(word_forms("نصب Psiphon برای Android"))
    assert _spans("psiphon", 0, 7, ordinary=ordinary) == []
    assert _spans("Psiphon Ali", 0, 11, ordinary=ordinary) == ["Psiphon Ali"]
