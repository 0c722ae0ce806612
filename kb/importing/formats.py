"""Which reader a file gets: `entries(data, name)`. The format is recognised, not asked for."""

import hashlib
from collections.abc import Callable, Iterator
from pathlib import PurePosixPath

from django.utils.translation import gettext as _

from kb.importing import html, jsonl, markdown, plain
from kb.importing.decoding import decode
from kb.importing.document import Document, UnreadableDocument, clean
from kb.importing.entries import Entry

VERSION = 1
"""Raise it when a reader gives other text for the same bytes: every file is then read anew."""

HTML = (".html", ".htm", ".xhtml")
MARKDOWN = (".md", ".markdown", ".mdx")
PLAIN = (".txt", ".text")
JSON_LINES = (".jsonl", ".ndjson")
READ = (*HTML, *MARKDOWN, *PLAIN, *JSON_LINES)
_NOT_READ = """.pdf .doc .docx .odt .rtf .epub .csv .json .xml .zip .tar .gz .tgz .rar .7z .xls
.xlsx .ppt .pptx"""
NOT_READ = tuple(_NOT_READ.split())
"""What somebody may expect to be read: it is reported, where pictures are passed over."""


def entries(data: bytes, name: str, *, salt: str = "") -> Iterator[Entry]:
    """A file's articles: one, or one a line. `salt`: what else decides the result (a language)."""
    suffix = PurePosixPath(name).suffix.lower()
    if suffix in NOT_READ:
        raise UnreadableDocument(
            _("Files of type %(suffix)s are not read yet.") % {"suffix": suffix}
        )
    text = clean(decode(data))
    if suffix in JSON_LINES or (suffix not in READ and jsonl.looks_like(text)):
        yield from _lines(text, name, salt)
        return
    reader = _reader(suffix, text)
    yield Entry(name, _digest(salt, name, text), lambda: reader(text, name=name))


def _reader(suffix: str, text: str) -> Callable[..., Document]:
    if suffix in HTML or html.looks_like(text):
        return html.read
    if suffix in MARKDOWN or (suffix not in PLAIN and markdown.looks_like(text)):
        return markdown.read
    return plain.read


def _lines(text: str, name: str, salt: str) -> Iterator[Entry]:
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            yield Entry(f"{name}:{number}", _digest(salt, "", line), _line_reader(line))


def _line_reader(line: str) -> Callable[[], Document]:
    return lambda: jsonl.read_line(line)


def _digest(*parts: str) -> str:
    return hashlib.sha256("\x00".join([str(VERSION), *parts]).encode()).hexdigest()
