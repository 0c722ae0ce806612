"""Where sentences end."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from text.sentences import sentences


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("سلام. خوبی؟ بله!", ["سلام.", "خوبی؟", "بله!"]),
        ("نسخهٔ 2.4 از example.com بگیرید. تمام", ["نسخهٔ 2.4 از example.com بگیرید.", "تمام"]),
        ("او گفت «بیا.» رفتم.", ["او گفت «بیا.»", "رفتم."]),
        ("اول؛ دوم… سوم", ["اول؛", "دوم…", "سوم"]),
        ("Wait... what?! Yes", ["Wait...", "what?!", "Yes"]),
        ("خط یک\nخط دو\n\n", ["خط یک", "خط دو"]),
        ("", []),
    ],
)
def test_sentences(text, expected):
    assert sentences(text) == expected


@given(st.text(alphabet="ab .!?؟\n«»", max_size=60))
def test_sentences_lose_nothing_but_white_space(text):
    assert "".join("".join(sentences(text)).split()) == "".join(text.split())
