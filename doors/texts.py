"""Words from another program: `plain` makes text of HTML, `shortened` makes it fit a ticket, `same`
compares what a form may have touched."""

import re
from typing import Final

from django.conf import settings

from kb.importing.document import UnreadableDocument
from tickets.importing.html_text import text_of_html

_MARKUP = re.compile(
    r"</?(?:html|body|p|div|br|table|span|ul|ol|li|a|b|strong|blockquote)\b[^<>]*>", re.I
)
FILES_ONLY: Final = "…"
"""The text of a message that is nothing but its files."""
_CUT_MARK: Final = "\n…"
_TAG = re.compile(r"</?[A-Za-z][^<>]*>")


def plain(text: str) -> str:
    """Text as it is; what came as HTML without its markup. HTML that is nested too deep to be read
    loses its tags alone: nobody's message may stop a door."""
    text = text.replace("\r\n", "\n").strip()
    if len(_MARKUP.findall(text)) < 2:
        return text
    try:
        return text_of_html(text)
    except UnreadableDocument:
        return " ".join(_TAG.sub(" ", text).split())


def shortened(text: str) -> str:
    """A message that is too long for a ticket must not be lost for it."""
    most = settings.MAX_TICKET_CHARACTERS
    return text if len(text) <= most else text[: most - len(_CUT_MARK)] + _CUT_MARK


def same(one: str, other: str) -> bool:
    return one.split() == other.split()
