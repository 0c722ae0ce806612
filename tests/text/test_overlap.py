"""Sentences of a source that a draft draws on, and how near two questions are."""

import pytest

from text.overlap import similarity, used_pieces

PASSAGE = (
    "A domain takes up to 24 hours to reach all name servers. Our office is closed on Fridays.\n"
    "Clear the cache of your browser before you try again."
)


def test_sentences_that_the_draft_says_are_used():
    pieces = used_pieces(PASSAGE, "Please wait: domains can take 24 hours to reach name servers.")
    assert [one.text.strip() for one in pieces if one.used] == [
        "A domain takes up to 24 hours to reach all name servers."
    ]


@pytest.mark.parametrize("draft", ["", "Our domain", "Something else entirely, about invoices."])
def test_nothing_is_used_where_nothing_is_shared(draft):
    assert not any(one.used for one in used_pieces(PASSAGE, draft))


@pytest.mark.parametrize("draft", ["", PASSAGE, "cache browser try clear"])
@pytest.mark.parametrize("passage", [PASSAGE, "", "  \n\n ", "یک جمله. یک جمله.\r\nیک جمله."])
def test_pieces_joined_are_the_passage(passage, draft):
    assert "".join(one.text for one in used_pieces(passage, draft)) == passage


def test_persian_forms_of_a_word_are_one():
    pieces = used_pieces(
        "دامنه‌ها تا ۲۴ ساعت فعال می‌شوند. پنجشنبه تعطیلیم.", "دامنهٔ شما تا 24 ساعت فعال می‌شود"
    )
    assert [one.used for one in pieces] == [True, False]


def test_similarity_is_from_none_to_all():
    assert similarity("دامنه وصل نمی‌شود", "دامنه وصل نمی‌شود") == pytest.approx(1)
    assert similarity("my domain does not open", "invoices and payments") == 0
    assert similarity("", "domain") == 0
    near = similarity("my domain does not open", "the domain opens slowly")
    assert 0.3 < near < 1
