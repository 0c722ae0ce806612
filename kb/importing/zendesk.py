"""Zendesk's Help Center API, as its answers are saved: `articles(value)`.

Read are pages of a list ({"articles": […], "next_page": …}, sections and categories beside it),
one article ({"article": {…}} or bare), and translations, alone or inside their article. Drafts stay
drafts; what a user segment may see is internal. Documented at
https://developer.zendesk.com/api-reference/help_center/help-center-api/articles/.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.utils.translation import gettext as _

from kb.importing.document import Document, UnreadableDocument, make_document
from kb.importing.html import markdown_of

Row = dict[str, Any]
_OWN_NAMES = ("html_url", "section_id", "user_segment_id", "source_locale", "permission_group_id")


@dataclass(frozen=True)
class Article:
    """`row`: all that it is read from."""

    row: Row
    read: Callable[[], Document]


def articles(value: Any) -> list[Article] | None:
    """None if this is not Zendesk's."""
    rows = _rows(value)
    if rows is None:
        return None
    flat = [one for row in rows for one in _with_translations(row)]
    several = Counter(str(row.get("id")) for row in flat)
    found = []
    for row in flat:
        external_id = _external_id(row, alone=several[str(row.get("id"))] == 1)
        found.append(Article(row, partial(_read, row, external_id)))
    return found


def _rows(value: Any) -> list[Row] | None:
    if isinstance(value, list):
        return (
            [row["article"] if _holds_article(row) else row for row in value]
            if (value and all(_is_article(row) or _holds_article(row) for row in value))
            else None
        )
    if not isinstance(value, dict):
        return None
    for name, is_one in (("articles", _is_article), ("translations", _is_translation)):
        rows = value.get(name)
        if isinstance(rows, list) and rows and all(is_one(row) for row in rows):
            return [_from_translation(row) if is_one is _is_translation else row for row in rows]
    if isinstance(value.get("translation"), dict) and _is_translation(value["translation"]):
        return [_from_translation(value["translation"])]
    if _holds_article(value):
        return [value["article"]]
    return [value] if _is_article(value) else None


def _holds_article(value: Any) -> bool:
    return isinstance(value, dict) and _is_article(value.get("article"))


def _is_article(row: Any) -> bool:
    if not isinstance(row, dict) or "id" not in row or not ("title" in row or "name" in row):
        return False
    return "body" in row and "locale" in row and any(name in row for name in _OWN_NAMES)


def _is_translation(row: Any) -> bool:
    if not isinstance(row, dict) or not {"source_id", "locale", "title", "body"} <= row.keys():
        return False
    return row.get("source_type", "Article") == "Article"


def _from_translation(row: Row, article: Row | None = None) -> Row:
    """As an article: what only the article has (its visibility) comes from there."""
    inherited = article or {"source_locale": ""}
    names = ("title", "body", "locale", "draft", "hidden", "html_url")
    return {**inherited, **{name: row.get(name) for name in names}, "id": row["source_id"]}


def _with_translations(row: Row) -> list[Row]:
    inside = row.get("translations")
    article = {name: value for name, value in row.items() if name != "translations"}
    if not isinstance(inside, list):
        return [article]
    others = [
        _from_translation({"source_id": row["id"], **one}, article)
        for one in inside
        if isinstance(one, dict) and _is_translation({"source_id": row["id"], **one})
    ]
    return [article, *(one for one in others if one["locale"] != row.get("locale"))]


def _external_id(row: Row, *, alone: bool) -> str:
    """The locale belongs to it unless it is the article's own, so that it is the same whichever
    file of an export it stands in."""
    locale, source = str(row.get("locale") or ""), row.get("source_locale")
    own = alone if source is None else locale == source
    return f"zendesk-{row['id']}" + ("" if own or not locale else f"-{locale.lower()}")


def _read(row: Row, external_id: str) -> Document:
    title, body = row.get("title") or row.get("name"), row.get("body")
    if not isinstance(title, str | None) or not isinstance(body, str | None):
        raise UnreadableDocument(_("%(field)s must be a text.") % {"field": "title, body"})
    segments = row.get("user_segment_id") is not None or bool(row.get("user_segment_ids"))
    url = str(row.get("html_url") or "")
    return make_document(
        external_id=external_id,
        title=title or "",
        text=markdown_of(body or "", base=url),
        url=url,
        lang=str(row.get("locale") or ""),
        visibility="internal" if segments or row.get("hidden") else "public",
        state="draft" if row.get("draft") else "published",
    )
