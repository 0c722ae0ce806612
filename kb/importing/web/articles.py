"""What was fetched, as articles: `items_of(answer, …)`."""

import codecs
import hashlib
import json
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from urllib.parse import urlsplit

from kb.importing import formats, html
from kb.importing.decoding import decode
from kb.importing.document import Document, clean
from kb.importing.entries import Entry, Item, Unreadable
from kb.importing.web.addresses import BadAddress, host_of, normalise, path_of
from kb.importing.web.fetching import Fetched
from kb.importing.web.options import WebOptions
from kb.importing.web.pages import Page
from kb.importing.web.selecting import read_selected, without_tail

_SUFFIXES = {
    "text/html": ".html",
    "application/xhtml+xml": ".html",
    "application/pdf": ".pdf",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": ".docx",
    "text/markdown": ".md",
    "text/x-markdown": ".md",
    "application/json": ".json",
    "application/x-ndjson": ".jsonl",
    "application/jsonl": ".jsonl",
    "text/csv": ".csv",
    "application/zip": ".zip",
    "application/x-zip-compressed": ".zip",
    "application/x-tar": ".tar",
}
_VAGUE = ("", "text/plain", "application/octet-stream", "binary/octet-stream", "application/gzip")
_KNOWN = {*_SUFFIXES.values(), ".htm", ".xhtml", ".markdown", ".mdx", ".txt", ".text", ".ndjson"}
_KNOWN |= {".tgz", ".gz"}


LINKED = frozenset({".html", ".htm", ".xhtml", ".pdf", ".docx", ".md", ".markdown", ".mdx", ".txt"})
"""What a link on a page may lead to; exports and archives must be asked for by address."""


@dataclass(frozen=True)
class Place:
    """Whose article it is: `name` is its external id, `url` the address that people get."""

    name: str
    url: str


def suffix_of(answer: Fetched) -> str:
    """The format's ending, by media type, or by address where that says nothing; "": not read."""
    if answer.media_type in _SUFFIXES:
        return _SUFFIXES[answer.media_type]
    if answer.media_type not in _VAGUE:
        return ""
    ending = PurePosixPath(urlsplit(answer.url).path).suffix.lower()
    if ending in _KNOWN:
        return ending
    if answer.data.startswith(b"%PDF"):
        return ".pdf"
    if html.looks_like(answer.data[:4000].decode("utf-8", "replace") or " "):
        return ".html"
    return ".txt" if answer.media_type == "text/plain" else ""


def next_page(answer: Fetched) -> str:
    """Where an export in parts (Zendesk's API) goes on; "" at its end."""
    try:
        data = json.loads(answer.data)
    except (ValueError, RecursionError):
        return ""
    if not isinstance(data, dict):
        return ""
    links = data.get("links")
    found = data.get("next_page") or (links.get("next") if isinstance(links, dict) else "")
    try:
        target = normalise(found, answer.url) if isinstance(found, str) and found else ""
    except BadAddress:
        return ""
    return target if host_of(target) == host_of(answer.url) else ""


def text_of(answer: Fetched) -> str:
    """Decoded by the header's charset where the bytes are not UTF-8."""
    return clean(decode(_as_utf8(answer)))


def items_of(
    answer: Fetched, page: Page | None, place: Place, options: WebOptions, recipe: str
) -> list[Item]:
    """One article, or those of a file that holds several. UnreadableDocument if there is none."""
    if page is not None:
        text = text_of(answer)
        parts = [str(formats.VERSION), recipe, place.name, text]
        digest = hashlib.sha256("\x00".join(parts).encode()).hexdigest()
        document = _placed(_read_html(text, page, place, options), place, options)
        return [Entry(place.name, digest, lambda: document)]
    name = place.name
    suffix = suffix_of(answer)
    if not name.lower().endswith(suffix):
        name += suffix
    found = list(formats.entries(_as_utf8(answer), name, salt=f"{recipe}\x00{place.url}"))
    if len(found) != 1 or isinstance(found[0], Unreadable) or found[0].name != name:
        return list(found)
    entry = found[0]
    document = _placed(entry.read(), place, options)
    return [Entry(place.name, entry.digest, lambda: document)]


def _read_html(text: str, page: Page, place: Place, options: WebOptions) -> Document:
    if options.select_body:
        return read_selected(page, options, external_id=place.name, url=place.url)
    document = html.read(text, name=place.name, url=page.base)
    if options.select_title:
        found = page.soup.select_one(options.select_title)
        title = " ".join(found.get_text(" ").split()) if found else ""
        document = replace(document, title=title[:500] or document.title)
    if options.select_list:
        document = replace(document, text=without_tail(document.text, options.drop_tail))
    return document


def _placed(document: Document, place: Place, options: WebOptions) -> Document:
    title = document.title
    if title.removesuffix(PurePosixPath(title).suffix) in (place.name, "") or title == place.name:
        title = _words(place.url) or title
    return replace(
        document,
        external_id=place.name,
        title=title,
        url=place.url,
        lang=options.lang or document.lang,
    )


def _words(url: str) -> str:
    """The last part of the path, for a page without any title."""
    last = PurePosixPath(path_of(url).rstrip("/")).stem
    return " ".join(last.replace("-", " ").replace("_", " ").split())[:500]


def _as_utf8(answer: Fetched) -> bytes:
    data = answer.data
    if answer.charset in ("", "utf-8", "utf8") or suffix_of(answer) in (".pdf", ".docx", ".zip"):
        return data
    try:
        data.decode("utf-8")
        return data
    except UnicodeDecodeError:
        pass
    try:
        known = codecs.lookup(answer.charset)
        return data.decode(known.name).encode() if known._is_text_encoding else data
    except (LookupError, UnicodeDecodeError, ValueError):
        return data
