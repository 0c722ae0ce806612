"""ZIP and tar archives: `open_archive(data)`, whose members are read and never written by name.

Members are read in memory, one at a time, and only once somebody asks; a compressed tar is first
unpacked into a nameless temporary file, so that its members too can be read again. All limits
(members, bytes in all, growth) hold before the first member is given; no member is larger than a
file may be. Links and devices are passed over, and so is what a folder's reading passes over.
"""

import bz2
import gzip
import io
import lzma
import stat
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import IO, Any

from django.conf import settings
from django.utils.translation import gettext as _

from kb.importing.document import UnreadableCollection, UnreadableDocument
from kb.importing.member_names import readable_name, safe_name

MAX_GROWTH = 300
"""Times that an archive may grow; texts grow some twenty times, bombs a thousand."""
GROWTH_FREE = 16 * 1024**2
"""Bytes up to which no archive is called a bomb."""
_IN_MEMORY = 8 * 1024**2
_STEP = 1024**2
_ENCRYPTED = 0x1
_MAX_TAR_HEADER = 64 * 1024
_BROKEN = (
    zipfile.BadZipFile,
    tarfile.TarError,
    zlib.error,
    lzma.LZMAError,
    EOFError,
    OSError,
    ValueError,
    NotImplementedError,
    OverflowError,
)


@dataclass(frozen=True)
class Member:
    """`read` gives its bytes, as often as it is called, or raises UnreadableDocument."""

    name: str
    size: int
    read: Callable[[], bytes]


@dataclass(frozen=True)
class Archive:
    """`single`: what a compressed file holds that is no archive ("articles.jsonl.gz")."""

    file: IO[bytes]
    packed: int
    is_zip: bool
    single: bytes | None = None

    def members(self, *, wanted: Callable[[str], bool]) -> Iterator[Member]:
        """Those whose names are wanted. UnreadableCollection if the archive cannot be trusted."""
        read = _zip_members if self.is_zip else _tar_members
        try:
            found = read(self.file, self.packed, wanted)
        except UnreadableDocument:
            raise
        except (*_BROKEN, RuntimeError) as error:
            raise UnreadableCollection(_("The archive is damaged.")) from error
        yield from found


def open_archive(data: bytes) -> Archive:
    if data.startswith(b"PK"):
        return Archive(io.BytesIO(data), len(data), is_zip=True)
    try:
        file = _unpacked(data)
        if _is_tar(file):
            return Archive(file, len(data), is_zip=False)
        _check_member(file.seek(0, io.SEEK_END))
        file.seek(0)
        return Archive(file, len(data), is_zip=False, single=file.read())
    except UnreadableDocument:
        raise
    except _BROKEN as error:
        raise UnreadableCollection(_("The archive is damaged.")) from error


def _is_tar(file: IO[bytes]) -> bool:
    file.seek(0)
    try:
        tarfile.TarInfo.frombuf(file.read(512), "utf-8", "surrogateescape")
        return True
    except tarfile.HeaderError:
        return False


def _zip_members(file: IO[bytes], packed: int, wanted: Callable[[str], bool]) -> list[Member]:
    archive = zipfile.ZipFile(file)
    infos = [info for info in archive.infolist() if not info.is_dir()]
    _check_archive(len(infos), sum(info.file_size for info in infos), packed)
    found = []
    for info in infos:
        mode = info.external_attr >> 16
        name = readable_name(info)
        if (mode and not (stat.S_ISREG(mode) or stat.S_IFMT(mode) == 0)) or not wanted(name):
            continue
        if info.flag_bits & _ENCRYPTED:
            raise UnreadableCollection(_("The archive is protected by a password."))
        found.append(_member(name, info.file_size, partial(_read_zip, archive, info)))
    return found


def _read_zip(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    with archive.open(info) as file:
        return file.read(info.file_size + 1)


def _tar_members(file: IO[bytes], packed: int, wanted: Callable[[str], bool]) -> list[Member]:
    file.seek(0)
    archive = tarfile.open(  # noqa: SIM115 - members are read later
        fileobj=file, mode="r:", tarinfo=_Header, errors="surrogateescape"
    )
    count = total = 0
    found = []
    for info in archive:
        count, total = count + 1, total + info.size
        _check_archive(count, total, packed)
        name = readable_name(info)
        if info.isreg() and wanted(name):
            found.append(_member(name, info.size, partial(_read_tar, archive, info)))
        archive.members = []  # type: ignore[attr-defined] # it keeps every header otherwise
    return found


def _read_tar(archive: tarfile.TarFile, info: tarfile.TarInfo) -> bytes:
    file = archive.extractfile(info)
    if file is None:
        raise UnreadableDocument(_("The archive is damaged."))
    with file:
        return file.read(info.size)


class _Header(tarfile.TarInfo):
    """A header's own extension (a long name) may not be longer than any name is."""

    def _proc_member(self, archive: tarfile.TarFile) -> tarfile.TarInfo:
        extensions = (
            tarfile.XHDTYPE,
            tarfile.XGLTYPE,
            tarfile.SOLARIS_XHDTYPE,
            tarfile.GNUTYPE_LONGNAME,
            tarfile.GNUTYPE_LONGLINK,
        )
        if self.type in extensions and self.size > _MAX_TAR_HEADER:
            raise tarfile.ReadError("header too long")
        return super()._proc_member(archive)  # type: ignore[misc]


def _member(name: str, size: int, read: Callable[[], bytes]) -> Member:
    def checked() -> bytes:
        safe_name(name)
        _check_member(size)
        try:
            return read()
        except UnreadableDocument:
            raise
        except (*_BROKEN, RuntimeError) as error:
            raise UnreadableDocument(_("The archive is damaged at this file.")) from error

    return Member(name, size, checked)


def _unpacked(data: bytes) -> IO[bytes]:
    """A seekable tar. What is compressed is unpacked up to the limit and not a byte further."""
    openers: dict[bytes, Callable[..., Any]] = {
        b"\x1f\x8b": gzip.open,
        b"BZh": bz2.open,
        b"\xfd7z": lzma.open,
    }
    opener = next((made for mark, made in openers.items() if data.startswith(mark)), None)
    if opener is None:
        return io.BytesIO(data)
    target = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115 - the members' own
    total = 0
    with opener(io.BytesIO(data)) as packed:
        while part := packed.read(_STEP):
            total += len(part)
            _check_archive(0, total, len(data))
            target.write(part)
    return target


def _check_archive(count: int, total: int, packed: int) -> None:
    if count > settings.MAX_ARCHIVE_FILES:
        raise UnreadableCollection(
            _("The archive holds more than %(most)s files.")
            % {"most": f"{settings.MAX_ARCHIVE_FILES:,}"}
        )
    if total > settings.MAX_ARCHIVE_BYTES:
        raise UnreadableCollection(
            _("Unpacked, the archive has more than %(most)s MB.")
            % {"most": settings.MAX_ARCHIVE_BYTES // 1024**2}
        )
    if total > max(GROWTH_FREE, packed * MAX_GROWTH):
        raise UnreadableCollection(
            _("Unpacked, the archive would grow more than %(times)s times: it is not read.")
            % {"times": MAX_GROWTH}
        )


def _check_member(size: int) -> None:
    if size > settings.MAX_UPLOAD_BYTES:
        raise UnreadableDocument(
            _("The file has %(size)s MB; %(most)s MB are the most.")
            % {"size": size // 1024**2, "most": settings.MAX_UPLOAD_BYTES // 1024**2}
        )
