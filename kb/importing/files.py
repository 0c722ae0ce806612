"""What a path on the command line means: `find(path)` gives its files."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.utils.translation import gettext as _

from kb.importing.document import UnreadableDocument
from kb.importing.member_names import decoded
from kb.importing.recognising import NOT_READ, READ
from runtime.errors import InputError
from text.lines import is_text

MAX_FILES = 100_000


class NothingToImport(InputError):
    """The path does not exist, cannot be read, or holds no article."""


@dataclass(frozen=True)
class Found:
    """Files below one source. `location` names the source for good; a file's name is its external
    id, the path below the source. `whole`: these are all files of the source."""

    location: str
    name: str
    files: tuple[tuple[str, Path], ...]
    whole: bool = True


def find(path: Path) -> Found:
    """A file, or a folder with all it holds: hidden files, links and pictures passed over."""
    path = path.expanduser().absolute()
    if path.is_dir():
        files = tuple(sorted(_below(path)))
        if not files:
            raise NothingToImport(
                _("%(name)s: there is no file that can be read.") % {"name": path.name}
            )
        return Found(str(path), path.name, files)
    if not path.is_file():
        raise NothingToImport(_("%(path)s: there is no such file or folder.") % {"path": path})
    return Found(str(path), path.name, ((path.name, path),))


def _below(folder: Path) -> Iterator[tuple[str, Path]]:
    count = 0
    for here, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in names:
            path = Path(here) / name
            if name.startswith(".") or path.is_symlink():
                continue
            if path.suffix.lower() in READ + NOT_READ:
                count += 1
                if count > MAX_FILES:
                    raise NothingToImport(
                        _("%(name)s: more than %(most)s files.")
                        % {"name": folder.name, "most": f"{MAX_FILES:,}"}
                    )
                yield path_name(path.relative_to(folder)), path


def path_name(path: Path) -> str:
    """With slashes. Bytes that are no UTF-8 (a disk or an archive of an old Windows) are read as
    names in archives are: no column can hold them as they come."""
    name = path.as_posix()
    return name if is_text(name) else decoded(os.fsencode(name), "cp437")


def read_bytes(path: Path) -> bytes:
    """Of a file within the limit: its size is asked for before anything is read."""
    try:
        size = path.stat().st_size
        if size > settings.MAX_UPLOAD_BYTES:
            raise UnreadableDocument(
                _("The file has %(size)s MB; %(most)s MB are the most.")
                % {"size": _megabytes(size), "most": _megabytes(settings.MAX_UPLOAD_BYTES)}
            )
        with path.open("rb") as file:
            return file.read(settings.MAX_UPLOAD_BYTES)
    except OSError as error:
        raise UnreadableDocument(
            _("The file cannot be read: %(reason)s.") % {"reason": error.strerror}
        ) from error


def _megabytes(size: int) -> str:
    return f"{size / 1024**2:.0f}"
