"""Markdown files: `read(text, name=…)`; front matter is read, raw HTML becomes Markdown."""

import re

from django.utils.translation import gettext as _
from markdown_it import MarkdownIt
from markdown_it.token import Token

from kb.importing import front_matter
from kb.importing.document import Document, UnreadableDocument, make_document
from kb.importing.html import markdown_of
from kb.importing.markdown_dialects import without_dialects
from kb.importing.mdx import without_jsx

_FIRST_HEADING = re.compile(
    r"\A\s*(?:#[ \t]+(?P<marked>[^\n]+?)[ \t]*#*[ \t]*|(?P<under>[^\n]+)\n=+[ \t]*)(?:\n|\Z)"
)
_ANY_HEADING = re.compile(r"^#{1,6}[ \t]+([^\n]+?)[ \t]*#*[ \t]*$", re.M)
_MAYBE_HTML = re.compile(r"<[A-Za-z/!?]")
_LIQUID = re.compile(r"\{%-?.*?-?%\}|\{\{-?\s*site\.(?:baseurl|url)\s*-?\}\}")
_WITH_HTML = MarkdownIt("commonmark", {"html": True}).enable("table")
_YES = ("true", "yes", "1")
_NO = ("false", "no", "0")


def looks_like(text: str) -> bool:
    return bool(front_matter.PATTERN.match(text) or _ANY_HEADING.search(text) or "\n```" in text)


def read(text: str, *, name: str, mdx: bool = False) -> Document:
    """Front matter may hold title, lang, url, external_id, visibility and draft; without a title
    there, the first heading is the title."""
    meta, body = front_matter.split(text)
    if meta:
        body = _LIQUID.sub("", body)  # Jekyll's tags, whose files have front matter
    body = without_dialects(without_jsx(body) if mdx else body)
    body = without_html(body, base=meta.get("url", ""))
    title = meta.get("title", "")
    heading = _FIRST_HEADING.match(body)
    if heading:
        words = _plain(heading["marked"] or heading["under"])
        title = title or words
        if title == words:
            body = body[heading.end() :]
    if not body.strip():
        body = meta.get("description", "")
    if not body.strip() and not heading:
        raise UnreadableDocument(_("There is no text in it."))
    return make_document(
        external_id=meta.get("external_id", "") or name,
        title=title or first_heading(body) or name,
        text=body,
        url=meta.get("url", ""),
        lang=meta.get("lang", ""),
        visibility=_visibility(meta),
        state=_state(meta),
    )


def _visibility(meta: dict[str, str]) -> str:
    """Internal where the file says anything but public."""
    said = meta.get("visibility", "").strip().lower()
    return "public" if said in ("", "public", "all", "everyone") else "internal"


def _state(meta: dict[str, str]) -> str:
    is_draft = meta.get("draft", "").lower() in _YES or meta.get("published", "").lower() in _NO
    said = meta.get("state", "").strip().lower()
    if said == "archived":
        return "archived"
    return "draft" if is_draft or said in ("draft", "unpublished") else "published"


def first_heading(text: str) -> str:
    heading = _ANY_HEADING.search(text)
    return _plain(heading[1]) if heading else ""


def without_html(text: str, *, base: str = "") -> str:
    """Markdown of which raw HTML became Markdown too, or went if it is a script."""
    if not _MAYBE_HTML.search(text):
        return text
    tokens = _WITH_HTML.parse(text)
    if not any(map(_is_html, tokens)):
        return text
    page = _WITH_HTML.renderer.render(tokens, _WITH_HTML.options, {})
    return markdown_of(page, base=base)


def _is_html(token: Token) -> bool:
    inside = token.children or []
    return token.type == "html_block" or any(child.type == "html_inline" for child in inside)


def _plain(heading: str) -> str:
    """The words of a heading line, without emphasis, code marks and link addresses."""
    tokens = _WITH_HTML.parseInline(heading.strip())
    children = tokens[0].children or []
    return "".join(child.content for child in children if child.type in ("text", "code_inline"))
