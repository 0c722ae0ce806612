"""A page read by an admin's selectors: `read_selected(page, options, …)`.

For blogs and other sites whose articles no rule of ours finds: the title and the paragraphs are
where the admin says, and the tail ("منبع", the source of a translated post, and what follows) goes.
"""

import re

from bs4 import Tag
from django.utils.translation import gettext as _

from kb.importing.document import Document, UnreadableDocument, make_document
from kb.importing.html_markdown import to_markdown
from kb.importing.web.options import WebOptions
from kb.importing.web.pages import Page

_NEVER_TEXT = "script style noscript template iframe object embed svg form button"
_NOT_TEXT = _NEVER_TEXT.split()
_MARKS = "*#>_~ \t\u200c\u200f\u200e"


class NothingSelected(UnreadableDocument):
    """A selector matches nothing on this page."""


def read_selected(page: Page, options: WebOptions, *, external_id: str, url: str) -> Document:
    """NothingSelected where `select_body` matches nothing. Takes the page's tree apart."""
    title = _title(page, options.select_title)
    bodies = page.soup.select(options.select_body)
    ids = {id(body) for body in bodies}
    outer = [body for body in bodies if not any(id(parent) in ids for parent in body.parents)]
    text = "\n\n".join(filter(None, (_markdown(body, title, page) for body in outer)))
    text = without_tail(text, options.drop_tail)
    if not text:
        raise NothingSelected(_("select_body matches no text on this page."))
    html = page.soup.find("html")
    lang = str(html.get("lang") or "") if isinstance(html, Tag) else ""
    return make_document(external_id=external_id, title=title, text=text, url=url, lang=lang)


def without_tail(text: str, words: tuple[str, ...]) -> str:
    """Up to the first paragraph after the first that is one of these words, alone or with a colon
    or a dash behind it: "منبع: …" is the tail, "منبع تغذیه را …" is not."""
    if not words:
        return text
    tail = re.compile(rf"(?:{'|'.join(map(re.escape, words))})\s*[*_]*\s*(?:[:：\-–—|]|$)")
    blocks = text.split("\n\n")
    for number, block in enumerate(blocks):
        if number and tail.match(block.lstrip(_MARKS).split("\n")[0].rstrip(_MARKS)):
            return "\n\n".join(blocks[:number])
    return text


def _title(page: Page, selector: str) -> str:
    found = page.soup.select_one(selector) if selector else page.soup.find("h1")
    if isinstance(found, Tag) and found.get_text(strip=True):
        return " ".join(found.get_text(" ").split())
    head = page.soup.title.get_text() if page.soup.title else ""
    return " ".join(head.split())


def _markdown(body: Tag, title: str, page: Page) -> str:
    for element in body.find_all(_NOT_TEXT):
        element.decompose()
    for heading in body.find_all("h1"):
        if " ".join(heading.get_text(" ").split()) == title:
            heading.decompose()
    return to_markdown(body.wrap(page.soup.new_tag("div")), base=page.base)
