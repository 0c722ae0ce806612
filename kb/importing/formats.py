"""Which reader a file gets: `entries(data, name)`. The format is recognised, not asked for.

Entries come one by one and nothing is parsed before its `read` is called; a file of one article is
known by the digest of its bytes, so what has not changed costs a digest and no more.
"""

import hashlib
from collections.abc import Callable, Iterator
from pathlib import PurePosixPath

from django.utils.translation import gettext as _

from kb.importing import archives, csv_rows, html, json_rows, jsonl, markdown, pdf, plain
from kb.importing import docx as word
from kb.importing.decoding import decode
from kb.importing.document import Document, UnreadableCollection, UnreadableDocument, clean
from kb.importing.entries import Entry
from kb.importing.fields import document_of
from kb.importing.recognising import ARCHIVES, NOT_READ, READ, Kind, kind_of

__all__ = ["NOT_READ", "READ", "VERSION", "entries", "is_looked_at"]

VERSION = 2
"""Raise it when a reader gives other text for the same bytes: every file is then read anew."""

Load = Callable[[], bytes]
_READERS: dict[Kind, Callable[[bytes, str], Document]] = {
    Kind.HTML: lambda data, name: html.read(_text(data), name=name),
    Kind.MARKDOWN: lambda data, name: markdown.read(_text(data), name=name),
    Kind.MDX: lambda data, name: markdown.read(_text(data), name=name, mdx=True),
    Kind.PLAIN: lambda data, name: plain.read(_text(data), name=name),
    Kind.PDF: lambda data, name: pdf.read(data, name=name),
    Kind.DOCX: lambda data, name: word.read(data, name=name),
}


def entries(data: bytes, name: str, *, salt: str = "", inside: str = "") -> Iterator[Entry]:
    """A file's articles: one, one a row, or those of an archive's members. `salt`: what else
    decides the result (a language). `inside`: what stands before the names of members."""
    yield from _entries(lambda: data, name, salt, inside)


def is_looked_at(name: str) -> bool:
    """Whether a folder's or an archive's file is read or reported, and not passed over: hidden
    ones, what a Mac adds, pictures."""
    parts = name.split("/")
    if any(part.startswith(".") and part not in (".", "..") for part in parts):
        return False
    return "__MACOSX" not in parts and _suffix(name) in READ + NOT_READ


def _entries(
    load: Load, name: str, salt: str, inside: str, *, nested: bool = False
) -> Iterator[Entry]:
    data = load()
    kind = kind_of(data, _suffix(name))
    if kind is Kind.ARCHIVE:
        if nested:
            raise UnreadableDocument(_("Archives inside archives are not read: unpack it first."))
        yield from _of_archive(data, name, salt, inside)
    elif kind is Kind.CSV:
        yield from _of_csv(data, name, salt)
    elif kind is Kind.JSON:
        yield from _of_json(data, name, salt)
    elif kind is Kind.JSON_LINES:
        yield from _of_lines(data, name, salt)
    else:
        digest = _digest(salt, name, str(kind), data)
        yield Entry(name, digest, lambda: _READERS[kind](load(), name))


def _of_archive(data: bytes, name: str, salt: str, inside: str) -> Iterator[Entry]:
    archive = archives.open_archive(data)
    if archive.single is not None:
        unpacked = archive.single
        yield from _entries(lambda: unpacked, _without_ending(name), salt, "", nested=True)
        return
    found = False
    for member in archive.members(wanted=is_looked_at):
        found = True
        yield from _of_member(member, inside + member.name, salt)
    if not found:
        raise UnreadableDocument(_("There is no file in the archive that can be read."))


def _of_member(member: archives.Member, name: str, salt: str) -> Iterator[Entry]:
    """A member that cannot be read is one failure among the others."""
    try:
        yield from _entries(member.read, name, salt, "", nested=True)
    except UnreadableDocument as error:
        yield Entry(name, _digest("", name, "unreadable"), _raiser(error))


def _of_csv(data: bytes, name: str, salt: str) -> Iterator[Entry]:
    """A row without an id of its own is known by its title (the question), so that rows may move
    and answers change."""
    titles: dict[str, int] = {}
    for number, row in csv_rows.rows(_many(data)):
        external_id = row.get("external_id", "")
        if not external_id:
            title = row.get("title") or row.get("text", "")
            titles[title] = titles.get(title, 0) + 1
            mark = hashlib.sha256(f"{title}\x00{titles[title]}".encode()).hexdigest()[:16]
            external_id = f"{name}#{mark}"
        digest = _digest(salt, external_id, json_rows.spelled(row))
        yield Entry(f"{name}:{number}", digest, _of_many(_row_reader(row, external_id)))


def _row_reader(row: dict[str, str], external_id: str) -> Callable[[], Document]:
    return lambda: document_of(row, external_id=external_id)


def _of_json(data: bytes, name: str, salt: str) -> Iterator[Entry]:
    for number, item in enumerate(json_rows.items(_many(data)), start=1):
        yield Entry(f"{name}:{number}", _digest(salt, "", item.key), _of_many(item.read))


def _of_lines(data: bytes, name: str, salt: str) -> Iterator[Entry]:
    for number, line in enumerate(_many(data).split("\n"), start=1):
        if line.strip():
            yield Entry(f"{name}:{number}", _digest(salt, "", line), _of_many(_line_reader(line)))


def _line_reader(line: str) -> Callable[[], Document]:
    return lambda: jsonl.read_line(line)


def _of_many(read: Callable[[], Document]) -> Callable[[], Document]:
    """Which article a broken row was is not known."""

    def reading() -> Document:
        try:
            return read()
        except UnreadableDocument as error:
            raise UnreadableCollection(str(error)) from error

    return reading


def _many(data: bytes) -> str:
    try:
        return _text(data)
    except UnreadableDocument as error:
        raise UnreadableCollection(str(error)) from error


def _text(data: bytes) -> str:
    return clean(decode(data))


def _raiser(error: UnreadableDocument) -> Callable[[], Document]:
    def read() -> Document:
        raise error

    return read


def _suffix(name: str) -> str:
    return PurePosixPath(name).suffix.lower()


def _without_ending(name: str) -> str:
    return name[: -len(_suffix(name))] if _suffix(name) in ARCHIVES else name


def _digest(*parts: str | bytes) -> str:
    digest = hashlib.sha256(str(VERSION).encode())
    for part in parts:
        digest.update(b"\x00")
        digest.update(part.encode("utf-8", "replace") if isinstance(part, str) else part)
    return digest.hexdigest()
