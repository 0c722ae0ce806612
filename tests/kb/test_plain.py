"""Plain text: titles and headings where they are clear."""

import pytest

from kb.importing import plain

LONG = "These words make a paragraph that is longer than what stands above it, by a good deal."


@pytest.mark.parametrize(
    ("text", "title", "body"),
    [
        (f"Title\n\nOpening hours\n\n{LONG}", "Title", f"## Opening hours\n\n{LONG}"),
        (f"Title\n=====\n\nPart\n----\n{LONG}", "Title", f"## Part\n{LONG}"),
        (f"سؤال‌ها\n\nچگونه بخرم؟\n\n{LONG}", "سؤال‌ها", f"## چگونه بخرم؟\n\n{LONG}"),
        ("Title\n\nSteps\n\n1. One\n2. Two", "Title", "## Steps\n\n1. One\n2. Two"),
        (f"Title\n\nA sentence.\n\n{LONG}", "Title", f"A sentence.\n\n{LONG}"),
        (f"Title\n\nTwo\nlines\n\n{LONG}", "Title", f"Two\nlines\n\n{LONG}"),
        (f"Title\n\n- item\n\n{LONG}", "Title", f"- item\n\n{LONG}"),
        ("Title\n\nlonger line here\n\nshort", "Title", "longer line here\n\nshort"),
    ],
)
def test_headings_are_found_where_they_are_clear(text, title, body):
    document = plain.read(text, name="a.txt")
    assert (document.title, document.text) == (title, body)
