"""What an export consists of: `chats_in(path)` lists the chats of a text file, a zip or a folder.

Android gives "WhatsApp Chat with NAME.txt", iOS a zip with `_chat.txt`; with media, both lie among
the files that were sent. Exports of one chat ("… (1).txt") belong together: their messages are read
as one chat. Archives are read where they lie, entry by entry; nothing is unpacked.
"""

import re
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import IO, Final

from django.utils.translation import gettext as _

from runtime.errors import DAMAGED_ZIP, InputError
from text.decoding import decode_line, encoding_of_mark
from tickets.importing.whatsapp.headers import read_header, split_name

MAX_CHATS: Final = 10_000
MAX_ENTRIES: Final = 200_000
MAX_ENTRY_BYTES: Final = 4 * 1024**3
_SNIFFED: Final = 65_536
_CHECKED_LINES: Final = 60
_COPY = re.compile(r"(?:\s*\(\d+\)|[-_ ]\d{1,2}|\s+copy)+$", re.IGNORECASE)
_IOS_NAME: Final = "_chat"


class BadExport(InputError):
    """A file is no export of a chat, or a damaged one."""


@dataclass(frozen=True)
class Part:
    """One text file of an export. `source` names it in reports; an entry of an archive by its
    place, because it is called after a person."""

    path: Path
    source: str
    entry: str = field(default="", repr=False)

    @contextmanager
    def open(self) -> Iterator[IO[bytes]]:
        try:
            if not self.entry:
                with self.path.open("rb") as file:
                    yield file
                return
            with zipfile.ZipFile(self.path) as archive, archive.open(self.entry) as file:
                yield file
        except OSError as error:
            raise BadExport(
                _("%(file)s cannot be read: %(why)s") % {"file": self.source, "why": error.strerror}
            ) from error
        except DAMAGED_ZIP as error:
            raise BadExport(_("%s is a damaged or encrypted archive.") % self.source) from error


@dataclass(frozen=True)
class Chat:
    """`title`: the name of its files, after which a guess goes."""

    title: str = field(repr=False)
    parts: tuple[Part, ...]


def looks_like(start: str) -> bool:
    """Is this the beginning of a chat? The first line that says something is a message's, or most
    are; and somebody speaks."""
    lines = [line for line in start.splitlines() if line.strip("\u200e\u200f\ufeff \t")]
    headers = [read_header(line) for line in lines[:_CHECKED_LINES]]
    found = [header for header in headers if header]
    return bool(
        found
        and (headers[0] is not None or len(found) >= max(3, len(headers) // 3))
        and any(split_name(header.rest) for header in found)
    )


def looks_like_bytes(start: bytes) -> bool:
    return looks_like(_decoded(start))


def chats_in(path: Path) -> list[Chat]:
    """In the order of their names. Raises BadExport where there is no chat."""
    if path.is_dir():
        texts = sorted(one for one in path.rglob("*.txt") if one.is_file())[: MAX_ENTRIES + 1]
        parts = [Part(one, str(one)) for one in texts]
        titles = [_title(one.relative_to(path).as_posix(), path.name) for one in texts]
    elif _is_archive(path):
        entries = _entries(path)
        parts = [Part(path, f"{path}#{place}", name) for place, name in enumerate(entries, 1)]
        titles = [_title(name, path.stem) for name in entries]
    else:
        return [Chat(_title(path.name, path.parent.name), (Part(path, str(path)),))]
    grouped: dict[str, list[Part]] = {}
    for title, part in zip(titles, parts, strict=True):
        if _is_chat(part):
            grouped.setdefault(title, []).append(part)
    if not grouped:
        raise BadExport(_("%s holds no WhatsApp chat.") % path)
    if len(grouped) > MAX_CHATS:
        raise BadExport(
            _("%(file)s holds more than %(limit)d chats.") % {"file": path, "limit": MAX_CHATS}
        )
    return [Chat(title, tuple(members)) for title, members in grouped.items()]


def _is_archive(path: Path) -> bool:
    """By its first bytes: a truncated archive is one too."""
    try:
        with path.open("rb") as file:
            return file.read(4) == b"PK\x03\x04"
    except OSError as error:
        raise BadExport(
            _("%(file)s cannot be read: %(why)s") % {"file": path, "why": error.strerror}
        ) from error


def _entries(path: Path) -> list[str]:
    try:
        with zipfile.ZipFile(path) as archive:
            listed = archive.infolist()
    except (OSError, zipfile.BadZipFile) as error:
        raise BadExport(_("%s is a damaged or encrypted archive.") % path) from error
    if len(listed) > MAX_ENTRIES:
        raise BadExport(
            _("%(file)s holds more than %(limit)d files.") % {"file": path, "limit": MAX_ENTRIES}
        )
    texts = [one for one in listed if one.filename.lower().endswith(".txt")]
    if any(one.file_size > MAX_ENTRY_BYTES for one in texts):
        raise BadExport(_("%s holds a text of more than 4 GiB.") % path)
    return sorted(one.filename for one in texts if not one.filename.startswith("__MACOSX/"))


def _is_chat(part: Part) -> bool:
    with part.open() as file:
        return looks_like_bytes(file.read(_SNIFFED))


def _decoded(start: bytes) -> str:
    encoding = encoding_of_mark(start)
    if encoding and encoding != "utf-8-sig":
        return start.decode(encoding, errors="replace")
    lines = start.split(b"\n")[: 2 * _CHECKED_LINES]
    return "\n".join(decode_line(line) or "" for line in lines)


def _title(name: str, around: str) -> str:
    """What the chat is called: iOS gives every chat's text the same name."""
    entry = PurePosixPath(name)
    own = _COPY.sub("", entry.stem) or entry.stem
    if own == _IOS_NAME:
        return _COPY.sub("", entry.parent.name or around)
    return str(entry.parent / own)
