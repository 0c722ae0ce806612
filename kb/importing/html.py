"""HTML pages: `read(text, name=…)`; `markdown_of(html)` for a fragment inside another format."""

from bs4 import BeautifulSoup, Tag
from django.utils.translation import gettext as _

from kb.importing.document import Document, UnreadableDocument, make_document
from kb.importing.html_content import main_content
from kb.importing.html_markdown import MAX_DEPTH, to_markdown
from kb.importing.html_tree import deeper_than

MAX_CHARACTERS = 8_000_000
"""A tree takes some fifty times the room of its text."""


def looks_like(text: str) -> bool:
    start = text.lstrip()[:2000].lower()
    return start.startswith(("<!doctype html", "<html")) or ("<body" in start and start[0] == "<")


def read(text: str, *, name: str) -> Document:
    """A whole page; title, language and address are taken from what the page says of itself."""
    soup = _parse(text)
    url = _canonical_address(soup)
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
    soup = _parse(html)
    for element in soup.find_all(["script", "style", "template", "iframe", "object", "svg"]):
        element.decompose()
    return to_markdown(soup, base=base)


def _parse(text: str) -> BeautifulSoup:
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
    """The title without the site's name, which stands behind a bar, and that name."""
    title = soup.title.get_text() if soup.title else ""
    head, bar, tail = " ".join(title.split()).rpartition(" | ")
    return (head, tail) if bar else (tail, "")


def _language(soup: BeautifulSoup) -> str:
    element = soup.find(["html", "body", "main", "article"], attrs={"lang": True})
    return str(element["lang"]) if isinstance(element, Tag) else ""


def _canonical_address(soup: BeautifulSoup) -> str:
    link = soup.find("link", rel="canonical")
    if isinstance(link, Tag) and link.get("href"):
        return str(link["href"])
    meta = soup.find("meta", property="og:url")
    return str(meta["content"]) if isinstance(meta, Tag) and meta.get("content") else ""
