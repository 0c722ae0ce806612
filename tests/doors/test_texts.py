"""Words from other programs."""

import pytest

from doors.texts import plain, same


@pytest.mark.parametrize(
    ("told", "text"),
    [
        ("Two\r\nlines", "Two\nlines"),
        ("a < b and <b>c", "a < b and <b>c"),
        ("<p>One</p><p>Two &amp; three</p>", "One\n\nTwo & three"),
        ("<div>" * 5000 + "deep" + "</div>" * 5000, "deep"),
    ],
)
def test_html_becomes_text_and_text_stays(told, text):
    assert plain(told) == text


def test_spaces_make_no_other_words():
    assert same("one\r\n two", "one two ")
    assert not same("one two", "one too")
