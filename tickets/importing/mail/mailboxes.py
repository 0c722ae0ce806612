"""Where the messages of a mailbox stand: `mbox_places(path)`, `folder_places(path)`,
`zip_places(path)`. A Place is read when its thread is asked for, so that no mailbox is ever held.
"""

import re
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import IO, Final

from django.conf import settings
from django.utils.translation import gettext as _

from kb.importing.document import UnreadableDocument
from runtime.errors import DAMAGED_ZIP
from tickets.importing.lines import BadHistoryFile
from tickets.importing.mail.messages import MAX_MESSAGE_BYTES

MAX_MESSAGES: Final = 500_000
_SEPARATOR = re.compile(rb"From (?:\S+|\"[^\"\n]{1,200}\"\S*) .{0,60}\d{1,2}:\d{2}.{0,40}\r?\n?")
_QUOTED_FROM = re.compile(rb"^>(>*From )", re.MULTILINE)
_READ_AT_ONCE: Final = 8 * 1024 * 1024
MAX_GROWTH: Final = 300
_GROWTH_FREE: Final = 16 * 1024**2


@dataclass(frozen=True, slots=True)
class Place:
    """`source` and `line`: how people find it. `is_last`: the file ends with it, or in the middle
    of it. `read` raises UnreadableDocument."""

    source: str
    line: int
    size: int
    read: Callable[[], bytes] = field(repr=False)
    is_last: bool = True


def is_separator(line: bytes) -> bool:
    return line.startswith(b"From ") and _SEPARATOR.fullmatch(line) is not None


def mbox_places(path: Path) -> Iterator[Place]:
    """A message begins at a "From " line at the top of the file or after an empty line."""
    source = str(path)
    start: tuple[int, int] | None = None
    offset = 0
    empty = True
    with path.open("rb") as file:
        for number, line in enumerate(_lines(file), 1):
            if empty and is_separator(line):
                if start is not None:
                    yield _in_mbox(path, source, start, offset, is_last=False)
                start = (number, offset + len(line))
            empty = line in (b"\n", b"\r\n")
            offset += len(line)
    if start is not None:
        yield _in_mbox(path, source, start, offset, is_last=True)


def _lines(file: IO[bytes]) -> Iterator[bytes]:
    while line := file.readline(_READ_AT_ONCE):
        yield line


def _in_mbox(path: Path, source: str, start: tuple[int, int], end: int, *, is_last: bool) -> Place:
    number, offset = start
    size = end - offset
    return Place(source, number, size, partial(_read_part, path, offset, size), is_last)


def _read_part(path: Path, offset: int, size: int) -> bytes:
    _check_size(size)
    with path.open("rb") as file:
        file.seek(offset)
        return _QUOTED_FROM.sub(rb"\1", file.read(size))


def folder_places(path: Path) -> Iterator[Place]:
    """Every .eml in the folder and below, by name; or the one file."""
    files = sorted(path.rglob("*.eml")) if path.is_dir() else [path]
    for file in files:
        if file.is_file() and not (path.is_dir() and file.is_symlink()):
            size = file.stat().st_size
            yield Place(str(file), 1, size, partial(_read_file, file, size))


def _read_file(path: Path, size: int) -> bytes:
    _check_size(size)
    try:
        return path.read_bytes()
    except OSError as error:
        raise UnreadableDocument(
            _("The file cannot be read: %s") % (error.strerror or "")
        ) from error


def zip_places(path: Path) -> Iterator[Place]:
    """Raises BadHistoryFile for an archive that cannot be trusted."""
    try:
        archive = zipfile.ZipFile(path)
        infos = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise BadHistoryFile(_("%s is a damaged archive.") % path) from error
    grown = sum(info.file_size for info in infos)
    too_large = len(infos) > settings.MAX_ARCHIVE_FILES or grown > settings.MAX_ARCHIVE_BYTES
    if too_large or grown > max(_GROWTH_FREE, path.stat().st_size * MAX_GROWTH):
        raise BadHistoryFile(
            _("%s is too large an archive: unpack it and import the folder.") % path
        )
    for info in sorted(infos, key=lambda one: one.filename):
        if info.filename.lower().endswith(".eml"):
            name = f"{path}/{info.filename}"
            yield Place(name, 1, info.file_size, partial(_read_member, archive, info))


def _read_member(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    _check_size(info.file_size)
    try:
        with archive.open(info) as file:
            return file.read(info.file_size + 1)
    except (*DAMAGED_ZIP, OSError, ValueError) as error:
        raise UnreadableDocument(_("The archive is damaged at this file.")) from error


def _check_size(size: int) -> None:
    if size > MAX_MESSAGE_BYTES:
        raise UnreadableDocument(
            _("The message has %(size)s MB; %(most)s MB are the most.")
            % {"size": size // 1024**2, "most": MAX_MESSAGE_BYTES // 1024**2}
        )
