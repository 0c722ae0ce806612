"""JSON files: `items(text)` gives the articles in them, Zendesk's export among them.

An array of objects as in JSON lines, an object that holds such an array under a name such as
"articles", one article alone, or what `kb.importing.zendesk` knows.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from kb.importing import zendesk
from kb.importing.document import Document, UnreadableCollection, UnreadableDocument, clean
from kb.importing.fields import document_of, fields_of

MAX_VALUES = 3_000_000
_LISTS = ("articles", "items", "data", "results", "documents", "pages", "faqs", "questions", "rows")


@dataclass(frozen=True)
class Item:
    """`key` is what the article is read from, always spelled alike: its digest is of that."""

    key: str
    read: Callable[[], Document]


def load(text: str) -> Any:
    """Within bounds: a file of brackets takes sixty times its size in memory."""
    if text.count("[") + text.count("{") > MAX_VALUES:
        raise UnreadableCollection(_("The JSON has too many parts."))
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UnreadableCollection(_("This is not JSON.")) from error


def items(text: str) -> Iterator[Item]:
    value = load(text)
    found = zendesk.articles(value)
    if found is not None:
        for article in found:
            yield Item(spelled(article.row), article.read)
        return
    for row in _rows(value):
        yield Item(spelled(row), lambda row=row: read_row(row))  # type: ignore[misc]


def _rows(value: Any) -> list[Any]:
    if isinstance(value, dict):
        names = [name for name in _LISTS if isinstance(value.get(name), list)]
        value = value[names[0]] if names else [value]
    if not isinstance(value, list) or not any(_is_article(row) for row in value):
        raise UnreadableDocument(
            _("There are no articles in this JSON: an article has external_id, title and text.")
        )
    return value


def _is_article(row: Any) -> bool:
    names = fields_of(row) if isinstance(row, dict) else {}
    return ("text" in names or "html" in names) and ("title" in names or "external_id" in names)


def read_row(row: Any) -> Document:
    """One object as an article."""
    if not isinstance(row, dict):
        raise UnreadableDocument(_("An article must be a JSON object."))
    names = fields_of(row)
    fields = {field: _string(row, name) for field, name in names.items()}
    if not fields.get("text", "").strip() and not fields.get("html", "").strip():
        raise UnreadableDocument(_("It has neither text nor html."))
    if not fields.get("external_id"):
        raise UnreadableDocument(_("It has no %(field)s.") % {"field": "external_id"})
    return document_of(fields)


def _string(row: dict[str, Any], name: str) -> str:
    value = row.get(name)
    if isinstance(value, (int, float)):
        return str(value).lower() if isinstance(value, bool) else str(value)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise UnreadableDocument(_("%(field)s must be a text.") % {"field": name})
    return clean(value)


def spelled(row: Any) -> str:
    return json.dumps(row, sort_keys=True, ensure_ascii=True)
