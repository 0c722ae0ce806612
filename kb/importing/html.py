"""HTML pages: `read(text, name=…)`; `markdown_of(html)` for a fragment inside another format."""

import re

from bs4 import BeautifulSoup, Tag
from django.utils.translation import gettext as _

from kb.importing.document import Document, UnreadableDocument, make_document
from kb.importing.html_content import main_content
from kb.importing.html_markdown import MAX_DEPTH, to_markdown
from kb.importing.html_tree import deeper_than

_BEFORE_SITE = re.compile(r"\s+[-–—:·»›•]\s+|\s*:\s+")
MAX_CHARACTERS = 8_000_000
"""A tree takes some fifty times the room of its text."""


def looks_like(text: str) -> bool:
    start = text.lstrip()[:2000].lower()
    return start.startswith(("<!doctype html", "<html")) or ("<body" in start and start[0] == "<")


def read(text: str, *, name: str, url: str = "") -> Document:
    """A whole page; title, language and, without `url`, its address are taken from what the page
    says of itself."""
    soup = parse(text)
    url = url or _canonical_address(soup)
    title, site = _page_title(soup)
    lang = _language(soup)
    content = main_content(soup)
    heading = content.find("h1")
    if isinstance(heading, Tag) and len(content.find_all("h1")) == 1:
        title = " ".join(heading.get_text(" ").split()) or title
        heading.decompose()
    markdown = to_markdown(content, base=url)
    if not markdown:
        raise UnreadableDocument(_("There is no text in the page."))
    return make_document(
        external_id=name, title=title or site or name, text=markdown, url=url, lang=lang
    )


def markdown_of(html: str, *, base: str = "") -> str:
    """A piece of HTML without the furniture of a page; scripts and styles go."""
    soup = parse(html)
    for element in soup.find_all(["script", "style", "template", "iframe", "object", "svg"]):
        element.decompose()
    return to_markdown(soup, base=base)


def parse(text: str) -> BeautifulSoup:
    """UnreadableDocument for what nobody should parse: too large or nested too deep."""
    if len(text) > MAX_CHARACTERS:
        raise UnreadableDocument(
            _("An HTML page has %(most)s characters at most.") % {"most": f"{MAX_CHARACTERS:,}"}
        )
    soup = BeautifulSoup(text, "lxml")
    if deeper_than(soup, MAX_DEPTH):
        raise UnreadableDocument(
            _("The page is nested more than %(most)s elements deep.") % {"most": MAX_DEPTH}
        )
    return soup


def _page_title(soup: BeautifulSoup) -> tuple[str, str]:
    """The title without the site's name, which stands behind a bar, and that name. Behind a dash
    or a colon it is the site's only if the page says what stands before it elsewhere too."""
    title = " ".join(soup.title.get_text().split()) if soup.title else ""
    shared, site = _property(soup, "og:title"), _property(soup, "og:site_name")
    head, bar, tail = title.rpartition(" | ")
    if bar:
        return head, tail
    known = {shared, *(" ".join(h.get_text(" ").split()) for h in soup.find_all(["h1", "h2"]))}
    for mark in _BEFORE_SITE.finditer(title):
        head, tail = title[: mark.start()], title[mark.end() :]
        if tail == site or any(text == head or text.startswith(f"{head} ") for text in known):
            return head, tail
    return title or shared, site


def _property(soup: BeautifulSoup, name: str) -> str:
    meta = soup.find("meta", property=name)
    return " ".join(str(meta.get("content") or "").split()) if isinstance(meta, Tag) else ""


def _language(soup: BeautifulSoup) -> str:
    element = soup.find(["html", "body", "main", "article"], attrs={"lang": True})
    return str(element["lang"]) if isinstance(element, Tag) else ""


def _canonical_address(soup: BeautifulSoup) -> str:
    link = soup.find("link", rel="canonical")
    if isinstance(link, Tag) and link.get("href"):
        return str(link["href"])
    return _property(soup, "og:url")
