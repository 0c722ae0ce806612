"""What the index keeps of a text."""

import pytest

from kb.searchable import forms, text_digest, url_words


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://x.ir/hc/fa/123-reset-your_password.html?x=1#top", "reset your password"),
        ("https://help.example/%D8%B1%D9%85%D8%B2-%D8%B9%D8%A8%D9%88%D8%B1/", "رمز عبور"),
        ("billing/fa-discount-code.html", "billing discount code"),
        ("https://help.example/", ""),
        ("http://[broken", ""),
        ("", ""),
        ("12345", ""),
    ],
)
def test_url_words_are_those_of_the_path(url, expected):
    assert url_words(url) == expected


def test_each_field_is_kept_apart():
    made = forms("Reset a password", "Click the link.", headings="Phone\nApp", url="/x/lost-key")
    assert made.title == "Reset a password\nPhone\nApp"
    assert set(made.title_terms) == {"reset", "password"}
    assert set(made.heading_terms) == {"phon", "app"}
    assert set(made.url_terms) == {"lost", "key"}
    assert set(made.text_terms) == {"click", "link"}
    assert made.length == 6
    assert "#_pas" in made.title_grams
    assert "#_los" in made.title_grams
    assert "#clic" in made.text_grams


def test_the_digest_follows_everything_that_is_indexed():
    made = {
        forms("a", "b").digest,
        forms("a", "c").digest,
        forms("a", "b", headings="h").digest,
        forms("a", "b", url="/other-words").digest,
    }
    assert len(made) == 4
    assert forms("a", "b").digest == text_digest("a", "b")
