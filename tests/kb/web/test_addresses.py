"""One spelling for each address, and one key for each page."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.importing.document import MAX_EXTERNAL_ID
from kb.importing.web.addresses import BadAddress, external_id, key, normalise


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("HTTP://Example.COM:80/a/../b?#x", "http://example.com/b"),
        ("https://example.com:443", "https://example.com/"),
        ("https://example.com:8443/a//b", "https://example.com:8443/a//b"),
        ("http://example.com./a", "http://example.com/a"),
        ("http://example.com/a b?c=d e", "http://example.com/ab?c=de"),
        ("http://example.com/a%20b", "http://example.com/a%20b"),
        ("http://example.com//evil.example/x", "http://example.com/evil.example/x"),
        ("http://example.com/%d8%a7", "http://example.com/%D8%A7"),
        ("http://example.com/ا?ب=پ", "http://example.com/%D8%A7?%D8%A8=%D9%BE"),
        ("http://مثال.example/", "http://xn--mgbh0fb.example/"),
        (
            "http://example.com/a;jsessionid=1AB?x=1&utm_source=n&gclid=2",
            "http://example.com/a?x=1",
        ),
        ("http://[2606:4700::1111]:8080/", "http://[2606:4700::1111]:8080/"),
        ("http://example.com/100%", "http://example.com/100%"),
    ],
)
def test_an_address_has_one_spelling(url, expected):
    assert normalise(url) == expected


@pytest.mark.parametrize(
    "url",
    [
        *("", "x", "//", "http://", "http:///x", "mailto:a@b.example", "http://u:p@h.example/"),
        *("http://h.example:99999/", "http://h.example:x/", "http://[::1", "http://a_b\\c/"),
        "http://h.example/" + "x" * 2000,
    ],
)
def test_what_is_no_address_is_refused(url):
    with pytest.raises(BadAddress):
        normalise(url)


def test_spellings_of_one_page_share_a_key():
    spellings = ["http://www.x.example/a/?b=1&c=2", "https://x.example/a?c=2&b=1"]
    assert len({key(normalise(url)) for url in spellings}) == 1
    assert key("http://x.example/a") != key("http://x.example/b")


def test_an_external_id_is_readable_and_never_too_long():
    url = normalise("https://www.x.example/راهنما/کیف-پول/")
    assert external_id(url) == "x.example/راهنما/کیف-پول"
    long = normalise("https://x.example/" + "a" * 900)
    other = normalise("https://x.example/" + "a" * 901)
    assert len(external_id(long)) <= MAX_EXTERNAL_ID
    assert external_id(long) != external_id(other)
    assert external_id("https://x.example/%00%FF") == "x.example/%00%FF"


@given(st.text(max_size=80), st.sampled_from(["", "http://x.example/a/b?c=d"]))
def test_normalising_twice_is_normalising_once(text, base):
    try:
        url = normalise(text if base else f"http://x.example/{text}", base)
    except BadAddress:
        return
    assert normalise(url) == url
    assert url.isascii()
    assert external_id(url)
