"""What changed between two texts: each word is told, equal lines are folded."""

from unittest.mock import patch

from hypothesis import given
from hypothesis import strategies as st

from kb.differences import Piece, differences
from tests.timing import at_most

LINES = st.lists(st.text("ab گ\u200c", max_size=6), max_size=12).map("\n".join)


def test_words_that_changed_are_marked():
    (block,) = differences("the parcel takes two days", "the parcel takes three days")
    assert block.pieces == (
        Piece("same", "the parcel takes"),
        Piece("removed", " two"),
        Piece("added", " three"),
        Piece("same", " days"),
    )


def test_a_persian_word_with_zwnj_is_one_word():
    (block,) = differences("کتاب می\u200cخوانم", "کتاب می\u200cخوانیم")
    assert [piece.text for piece in block.pieces if piece.kind != "same"] == [
        " می\u200cخوانم",
        " می\u200cخوانیم",
    ]


def test_equal_texts_have_none():
    assert differences("a\nb", "a\nb") == []


def test_far_equal_lines_are_folded():
    before = [f"line {number}" for number in range(100)]
    after = [*before[:50], "new", *before[51:]]
    blocks = differences("\n".join(before), "\n".join(after))
    assert [block.folded for block in blocks if block.folded] == [48, 47]
    shown = "".join(piece.text for block in blocks for piece in block.pieces)
    assert "line 49" in shown
    assert "line 10" not in shown


@given(LINES, LINES)
def test_both_texts_are_in_it(before, after):
    with patch("kb.differences.CONTEXT", 100):
        blocks = differences(before, after)
    old, new = [], []
    for block in blocks:
        assert not block.folded
        old.append("".join(piece.text for piece in block.pieces if piece.kind != "added"))
        new.append("".join(piece.text for piece in block.pieces if piece.kind != "removed"))
    if before != after:
        assert _joined(old) == _joined(before.split("\n"))
        assert _joined(new) == _joined(after.split("\n"))


def _joined(parts):
    return "".join("".join(parts).split("\n"))


def test_a_text_that_is_new_throughout_takes_no_time():
    before = " ".join(f"old{number % 97}" for number in range(30_000))
    after = " ".join(f"new{number % 89}" for number in range(30_000))
    with at_most(2):
        blocks = differences(before, after)
    assert [piece.kind for block in blocks for piece in block.pieces] == ["removed", "added"]
