"""Markdown files: `read(text, name=…)`; front matter is read, raw HTML becomes Markdown."""

import re
from typing import Any

import yaml
from django.utils.translation import gettext as _
from markdown_it import MarkdownIt

from kb.importing.document import Document, UnreadableDocument, make_document
from kb.importing.html import markdown_of

_FRONT_MATTER = re.compile(r"\A---[ \t]*\n(.*?\n)?(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.S)
_MAX_FRONT_MATTER = 20_000
_FIRST_HEADING = re.compile(
    r"\A\s*(?:#[ \t]+(?P<marked>[^\n]+?)[ \t]*#*[ \t]*|(?P<under>[^\n]+)\n=+[ \t]*)(?:\n|\Z)"
)
_ANY_HEADING = re.compile(r"^#{1,6}[ \t]+([^\n]+?)[ \t]*#*[ \t]*$", re.M)
_MAYBE_HTML = re.compile(r"<[A-Za-z/!?]")
_LIQUID = re.compile(r"\{%-?.*?-?%\}|\{\{-?\s*site\.(?:baseurl|url)\s*-?\}\}")
_WITH_HTML = MarkdownIt("commonmark", {"html": True}).enable("table")


def looks_like(text: str) -> bool:
    return bool(_FRONT_MATTER.match(text) or _ANY_HEADING.search(text) or "\n```" in text)


def read(text: str, *, name: str) -> Document:
    """Front matter may hold title, lang, url, external_id; else the first heading is the title."""
    meta, body = _split(text)
    if meta:
        body = _LIQUID.sub("", body)  # Jekyll's tags, whose files have front matter
    if _has_html(body):
        body = markdown_of(_WITH_HTML.render(body), base=meta.get("url", ""))
    title = meta.get("title", "")
    heading = _FIRST_HEADING.match(body)
    if heading:
        words = _plain(heading["marked"] or heading["under"])
        title = title or words
        if title == words:
            body = body[heading.end() :]
    if not body.strip() and not heading:
        raise UnreadableDocument(_("There is no text in it."))
    return make_document(
        external_id=meta.get("external_id", "") or name,
        title=title or first_heading(body) or name,
        text=body,
        url=meta.get("url", ""),
        lang=meta.get("lang", ""),
    )


def first_heading(text: str) -> str:
    heading = _ANY_HEADING.search(text)
    return _plain(heading[1]) if heading else ""


def without_html(text: str) -> str:
    """Markdown of which raw HTML became Markdown too, or went if it is a script."""
    return markdown_of(_WITH_HTML.render(text)) if _has_html(text) else text


def _split(text: str) -> tuple[dict[str, str], str]:
    match = _FRONT_MATTER.match(text)
    if not match:
        return {}, text
    if len(match[0]) > _MAX_FRONT_MATTER:
        raise UnreadableDocument(_("The front matter is too long."))
    try:
        values = yaml.safe_load(match[1] or "")
    except (yaml.YAMLError, ValueError) as error:  # ValueError: a date like 2025-13-45
        raise UnreadableDocument(_("The front matter is not YAML.")) from error
    return _strings(values), text[match.end() :]


def _strings(values: Any) -> dict[str, str]:
    if not isinstance(values, dict):
        return {}
    simple = (str, int, float)
    found = {str(key): str(value) for key, value in values.items() if isinstance(value, simple)}
    names = {"language": "lang", "locale": "lang", "id": "external_id", "canonical_url": "url"}
    return {names[key]: value for key, value in found.items() if key in names} | found


def _has_html(text: str) -> bool:
    if not _MAYBE_HTML.search(text):
        return False
    for token in _WITH_HTML.parse(text):
        children = token.children or []
        if token.type == "html_block" or any(child.type == "html_inline" for child in children):
            return True
    return False


def _plain(heading: str) -> str:
    """The words of a heading line, without emphasis, code marks and link addresses."""
    tokens = _WITH_HTML.parseInline(heading.strip())
    children = tokens[0].children or []
    return "".join(child.content for child in children if child.type in ("text", "code_inline"))
