"""Rows with named fields (columns of a table, keys of an object) as articles: `document_of(row)`.

Exports name the same things in many ways, in English and in Persian; `fields_of(names)` says which
of them mean what.
"""

import re
from collections.abc import Iterable, Mapping

from django.utils.translation import gettext as _

from kb.importing import html, markdown
from kb.importing.document import Document, UnreadableDocument, clean, make_document

_NAMES = {
    "external_id": "external_id externalid article_id articleid id key slug شناسه کد",
    "title": "title question subject heading headline name q عنوان پرسش سؤال سوال تیتر موضوع نام",
    "html": "html body_html content_html html_body",
    "text": "text answer body content markdown reply response article description a "
    "متن پاسخ جواب محتوا توضیحات توضیح شرح",
    "url": "url link html_url permalink address نشانی لینک پیوند آدرس",
    "lang": "lang language locale زبان",
    "visibility": "visibility access audience دسترسی",
    "state": "state status وضعیت",
    "draft": "draft پیش_نویس پیشنویس",
}
_FIELDS = {
    name: (field, rank)
    for field, names in _NAMES.items()
    for rank, name in enumerate(names.split())
}
_SPECIFIC_WORDS = "title question answer body پرسش سؤال سوال پاسخ جواب عنوان محتوا"
_SPECIFIC = frozenset(_SPECIFIC_WORDS.split())
_DRAFT_WORDS = "draft unpublished hidden inactive پیش_نویس پیشنویس منتشر_نشده"
_DRAFT = frozenset(_DRAFT_WORDS.split())
_PUBLIC_WORDS = "public everyone all external anyone published عمومی همه همگانی"
_PUBLIC = frozenset(_PUBLIC_WORDS.split())
_ARCHIVED_WORDS = "archived deleted trashed بایگانی بایگانی_شده"
_ARCHIVED = frozenset(_ARCHIVED_WORDS.split())
_YES_WORDS = "1 true yes y بله آری"
_YES = frozenset(_YES_WORDS.split())
_TAG_FIRST = re.compile(r"\s*<(?:[a-zA-Z][a-zA-Z0-9]*[\s/>]|!--)")


def fields_of(names: Iterable[str]) -> dict[str, str]:
    """Which name stands for which field: {"title": "Question", "text": "Answer"}."""
    best: dict[str, tuple[int, str]] = {}
    for name in names:
        found = _field(name)
        if found and (found[0] not in best or found[1] < best[found[0]][0]):
            best[found[0]] = (found[1], name)
    return {field: name for field, (_rank, name) in best.items()}


def _field(name: str) -> tuple[str, int] | None:
    """By the whole name, or by its telling word ("Question text", "متن پرسش")."""
    whole = _plain(name)
    if whole in _FIELDS:
        return _FIELDS[whole]
    words = [word for word in whole.split("_") if word in _FIELDS]
    words.sort(key=lambda word: word not in _SPECIFIC)
    if not words or len(whole.split("_")) > 4 or "id" in whole.split("_"):
        return None
    field, rank = _FIELDS[words[0]]
    return (field, rank + 100) if field in ("title", "text", "url", "lang") else None


def _plain(name: str) -> str:
    name = name.translate({0x64A: "ی", 0x643: "ک", 0x200C: "_", 0xFEFF: None})
    return "_".join(re.findall(r"\w+", name.lower().replace("_", " ")))


def document_of(row: Mapping[str, str], *, external_id: str = "") -> Document:
    """`row`: field → text. `external_id` where the row has none of its own."""
    text, page = row.get("text", ""), row.get("html", "")
    if not text.strip() and not page.strip():
        raise UnreadableDocument(_("It has neither text nor html."))
    if text.strip() and not _TAG_FIRST.match(text):
        body = markdown.without_html(clean(text))
    else:
        body = html.markdown_of(clean(text if text.strip() else page), base=row.get("url", ""))
    return make_document(
        external_id=row.get("external_id", "") or external_id,
        title=row.get("title", "") or markdown.first_heading(body),
        text=body,
        url=row.get("url", ""),
        lang=row.get("lang", ""),
        visibility=_visibility(row.get("visibility", "")),
        state=_state(row.get("state", ""), row.get("draft", "")),
    )


def _visibility(value: str) -> str:
    """What is not plainly for everybody is for agents only."""
    return "public" if not value.strip() or _plain(value) in _PUBLIC else "internal"


def _state(value: str, draft: str) -> str:
    plain = _plain(value)
    if plain in _ARCHIVED:
        return "archived"
    return "draft" if plain in _DRAFT or _plain(draft) in _YES else "published"
