"""Markdown as plain text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.importing.escaping import escape, escape_start
from kb.plaintext import blocks, plain_text


@pytest.mark.parametrize(
    ("markdown", "expected"),
    [
        ("**bold** and *soft* `code`", "bold and soft code"),
        ("[words](https://a.example/x)", "words"),
        ("![picture](https://a.example/x.png) after", "after"),
        ("one  \ntwo", "one\ntwo"),
        ("- a\n- b\n  - c", "- a\n- b\n  - c"),
        ("3. a\n4. b", "3. a\n4. b"),
        ("- a\n\n  ```\n  x = 1\n  ```\n- b", "- a\n  x = 1\n- b"),
        ("| a | b |\n|---|---|\n| 1 | 2 |\n| 3 |  |", "a | b\n1 | 2\n3 | "),
        ("```\n  keep\n    this\n```", "  keep\n    this"),
        ("> quoted", "quoted"),
        ("<b>not markup</b>", "<b>not markup</b>"),
        ("- - deep", "- - deep"),
    ],
)
def test_block_text(markdown, expected):
    assert "\n\n".join(block.text for block in blocks(markdown)) == expected


def test_headings_have_levels():
    assert [(block.level, block.text) for block in blocks("# A\n\ntext\n\n### B *c*")] == [
        (1, "A"),
        (0, "text"),
        (3, "B c"),
    ]


def test_plain_text_puts_the_title_first():
    assert plain_text("one\n\n## H\n\ntwo", title="T") == "T\n\none\n\nH\n\ntwo\n"


@given(st.text(alphabet="ab1 *_`[](){}<>#+-.!|\\&;=~سلام", min_size=1, max_size=40))
def test_escaped_text_reads_as_it_was(text):
    line = " ".join(text.split())
    found = [block.text for block in blocks(escape_start(escape(line)))]
    assert found == ([line] if line else [])
