"""What a person wrote in a message of HTML: `text_of_html(html)`. Quoted answers go with the marks
that the common mail programs put around them; scripts, styles, images, comments and what is hidden
go too. `rough_text(html)` for what is nested too deep to be read.

The tree is read once and never changed: a change costs a walk over all neighbours, and a mail may
have ten thousands of lines beside each other.
"""

import html as entities
import re
from typing import Final

from bs4 import CData, NavigableString, Tag

from kb.importing.html import parse

_QUOTE_CLASSES: Final = {
    "blockquote": {"gmail_quote", "protonmail_quote"},
    "div": {"gmail_quote", "gmail_extra", "yahoo_quoted", "moz-cite-prefix", "protonmail_quote"}
    | {"zmail_extra"},
}
_REPLY_BEGINS: Final = frozenset({"divRplyFwdMsg", "appendonsend", "reply-intro"})
_NO_TEXT: Final = frozenset(
    ("script", "style", "template", "head", "title", "object", "svg", "iframe", "img")
)
_BLOCKS: Final = frozenset(
    (
        *("p", "div", "tr", "li", "ul", "ol", "table", "blockquote", "pre"),
        *("h1", "h2", "h3", "h4", "h5", "h6", "section", "article", "header", "footer"),
    )
)
_HIDDEN = re.compile(r"(?:^|;)\s*(?:display\s*:\s*none|visibility\s*:\s*hidden)", re.IGNORECASE)
_BLANKS = re.compile(r"\n[ \t]*(?:\n[ \t]*)+")
_SPACES = re.compile(r"[ \t\r\n\u00a0]+")
_TAG = re.compile(r"</?[A-Za-z][^<>]*>")


def text_of_html(html: str) -> str:
    """Raises kb's UnreadableDocument for a page too large or nested too deep."""
    pieces: list[str] = []
    _read(parse(html), pieces)
    lines = (line.strip() for line in "".join(pieces).split("\n"))
    return _BLANKS.sub("\n\n", "\n".join(lines)).strip()


def rough_text(html: str) -> str:
    """Without its tags alone."""
    return " ".join(entities.unescape(_TAG.sub(" ", html)).split())


def _read(element: Tag, pieces: list[str]) -> None:
    """As deep as kb's `parse` lets a page be."""
    for child in element.children:
        if isinstance(child, Tag):
            if _begins_reply(child):
                return  # what stands beside it belongs to it
            if child.name == "br":
                pieces.append("\n")
            elif not _is_left_out(child):
                edge = "\n" if child.name in _BLOCKS else ""
                pieces.append(edge)
                _read(child, pieces)
                pieces.append(edge)
        elif type(child) in (NavigableString, CData):  # no comment, no doctype
            pieces.append(_SPACES.sub(" ", str(child)))


def _begins_reply(element: Tag) -> bool:
    if element.get("id") in _REPLY_BEGINS:
        return True
    return element.name == "div" and "OutlookMessageHeader" in _classes(element)


def _is_left_out(element: Tag) -> bool:
    if element.name in _NO_TEXT or element.has_attr("hidden"):
        return True
    if element.name == "blockquote" and element.get("type") == "cite":
        return True
    if _QUOTE_CLASSES.get(element.name, frozenset()) & _classes(element):
        return True
    return _HIDDEN.search(str(element.get("style") or "")) is not None


def _classes(element: Tag) -> set[str]:
    return set(element.get_attribute_list("class"))
