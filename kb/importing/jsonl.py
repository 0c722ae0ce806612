"""JSON lines: an article a line, {external_id, title, text | html, url, lang}."""

import json
from typing import Any

from django.utils.translation import gettext as _

from kb.importing import html, markdown
from kb.importing.document import Document, UnreadableDocument, clean, make_document


def looks_like(text: str) -> bool:
    return text.lstrip().startswith(("{", "["))


def read_line(line: str) -> Document:
    try:
        row = json.loads(line)
    except (json.JSONDecodeError, RecursionError) as error:
        raise UnreadableDocument(_("This is not a JSON object on one line.")) from error
    if not isinstance(row, dict):
        raise UnreadableDocument(_("A line must be a JSON object."))
    text = _string(row, "text")
    page = _string(row, "html")
    if not text.strip() and not page.strip():
        raise UnreadableDocument(_("It has neither text nor html."))
    text = markdown.without_html(text) if text.strip() else html.markdown_of(page)
    return make_document(
        external_id=_string(row, "external_id", needed=True),
        title=_string(row, "title") or markdown.first_heading(text),
        text=text,
        url=_string(row, "url"),
        lang=_string(row, "lang"),
    )


def _string(row: dict[str, Any], name: str, *, needed: bool = False) -> str:
    value = row.get(name)
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if value is None or value == "":
        if needed:
            raise UnreadableDocument(_("It has no %(field)s.") % {"field": name})
        return ""
    if not isinstance(value, str):
        raise UnreadableDocument(_("%(field)s must be a text.") % {"field": name})
    return clean(value)
