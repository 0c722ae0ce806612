"""Articles as HTML that is safe to show."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.rendering import render

_KNOWN = "p a ul ol li pre code strong em br hr h1 h2 h3 h4 h5 h6 blockquote"
KNOWN = set(_KNOWN.split())


@pytest.mark.parametrize(
    ("markdown", "expected"),
    [
        ("**b** `c`", '<p dir="auto"><strong>b</strong> <code>c</code></p>\n'),
        ("## H", '<h2 dir="auto">H</h2>\n'),
        ("<script>alert(1)</script>", '<p dir="auto">&lt;script&gt;alert(1)&lt;/script&gt;</p>\n'),
        ("[a](javascript:alert(1))", '<p dir="auto">[a](javascript:alert(1))</p>\n'),
        ("![an <x> image](https://a.example/x.png)", '<p dir="auto">an &lt;x&gt; image</p>\n'),
    ],
)
def test_render(markdown, expected):
    assert render(markdown) == expected


def test_links_say_nothing_about_the_desk():
    html = render("[a](https://a.example)")
    assert '<a href="https://a.example" rel="noopener noreferrer nofollow">a</a>' in html


def test_tables_and_lists_are_rendered():
    html = render("| a | b |\n|---|---|\n| 1 | 2 |\n\n3. x\n4. y")
    assert '<td dir="auto">1</td>' in html
    assert '<ol start="3" dir="ltr">' in html


def test_lists_and_tables_have_the_direction_of_their_letters():
    html = render(
        "| زمان | state |\n|---|---|\n| از امروز | - |\n\n- `code` را بزنید\n- Save را بزنید"
    )
    assert '<table dir="rtl">' in html
    assert '<ul dir="rtl">' in html
    assert html.count('<li dir="rtl">') == 2
    assert '<blockquote dir="ltr">' in render("> a\n")


@given(st.text(alphabet="<>/=\"'()[]!`* \nscriptonhrefjavas:", max_size=80))
def test_nothing_but_known_tags_comes_out(markdown):
    tags = set(re.findall(r"<\s*/?\s*([a-zA-Z]+\d?)", render(markdown)))
    assert tags <= KNOWN
    assert not re.search(r"<[^>]*\son\w+\s*=|<[^>]*javascript:", render(markdown))
