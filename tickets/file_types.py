"""What a file is, as its bytes say: `type_of`. Known are the kinds that people send to a help desk.

Neither the name nor what the sender says counts. Anything else is refused: archives, programs,
HTML and SVG (a browser would run what stands in them), office files with macros.
"""

import io
import zipfile
from dataclasses import dataclass
from typing import Final

from runtime.errors import DAMAGED_ZIP, InputError

MOST_ENTRIES: Final = 5_000
"""Of an office file, which is an archive inside."""
_LOOKED_AT: Final = 4096
_ENTRY: Final = b"PK\x01\x02"


class RefusedType(InputError):
    """A kind of file that is not kept."""


@dataclass(frozen=True)
class FileType:
    """`suffixes`: those that its name may have, the usual one first."""

    media_type: str
    suffixes: tuple[str, ...]


PDF: Final = FileType("application/pdf", (".pdf",))
TEXT: Final = FileType("text/plain", (".txt", ".csv", ".log", ".md"))
_HEIC: Final = FileType("image/heic", (".heic", ".heif"))
_STARTS: Final = (
    (b"\x89PNG\r\n\x1a\n", FileType("image/png", (".png",))),
    (b"\xff\xd8\xff", FileType("image/jpeg", (".jpg", ".jpeg", ".jpe"))),
    (b"GIF87a", FileType("image/gif", (".gif",))),
    (b"GIF89a", FileType("image/gif", (".gif",))),
    (b"II*\x00", FileType("image/tiff", (".tif", ".tiff"))),
    (b"MM\x00*", FileType("image/tiff", (".tif", ".tiff"))),
    (b"%PDF-", PDF),
)
_WEBP: Final = FileType("image/webp", (".webp",))
_HEIC_BRANDS: Final = (b"heic", b"heix", b"mif1", b"msf1", b"heim", b"heis")
_OOXML: Final = {
    "word/document.xml": FileType(
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document", (".docx",)
    ),
    "xl/workbook.xml": FileType(
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", (".xlsx",)
    ),
    "ppt/presentation.xml": FileType(
        "application/vnd.openxmlformats-officedocument.presentationml.presentation", (".pptx",)
    ),
}
_ODF: Final = {
    f"application/vnd.oasis.opendocument.{kind}": FileType(
        f"application/vnd.oasis.opendocument.{kind}", (suffix,)
    )
    for kind, suffix in (("text", ".odt"), ("spreadsheet", ".ods"), ("presentation", ".odp"))
}
_OLE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_OLE_STREAMS: Final = {
    "WordDocument": FileType("application/msword", (".doc",)),
    "Workbook": FileType("application/vnd.ms-excel", (".xls",)),
    "PowerPoint Document": FileType("application/vnd.ms-powerpoint", (".ppt",)),
}
_MARKUP: Final = (
    b"<!doctype",
    b"<html",
    b"<svg",
    b"<script",
    b"<?xml",
    b"<body",
    b"<iframe",
    b"#!",
)
_CONTROLS: Final = bytes(set(range(32)) - set(b"\t\n\r\f")) + b"\x7f"


def type_of(content: bytes) -> FileType:
    """Raises RefusedType."""
    for start, known in _STARTS:
        if content.startswith(start):
            return known
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return _WEBP
    if content[4:8] == b"ftyp" and content[8:12] in _HEIC_BRANDS:
        return _HEIC
    if content.startswith(b"PK"):
        return _office(content)
    if content.startswith(_OLE):
        return _old_office(content)
    if _is_text(content):
        return TEXT
    raise RefusedType("Files of this kind are not kept.")


def _office(content: bytes) -> FileType:
    """An archive that is no document, or one with macros, is refused. Nothing is unpacked but the
    name of an OpenDocument's type."""
    if content.count(_ENTRY) > MOST_ENTRIES:  # before a list of them is made
        raise RefusedType("Archives are not kept: send the files one by one.")
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = archive.namelist()
            if any("vbaproject" in one.lower() for one in names):
                raise RefusedType("Office files with macros are not kept.")
            if "[Content_Types].xml" in names:
                for part, known in _OOXML.items():
                    if part in names:
                        return known
            if names[:1] == ["mimetype"] and not any(one.startswith("Basic/") for one in names):
                with archive.open("mimetype") as file:
                    told = file.read(100).decode("ascii", "replace").strip()
                if told in _ODF:
                    return _ODF[told]
    except (*DAMAGED_ZIP, OSError, ValueError) as error:
        raise RefusedType("This file is damaged.") from error
    raise RefusedType("Archives are not kept: send the files one by one.")


def _old_office(content: bytes) -> FileType:
    if _wide("_VBA_PROJECT") in content or _wide("Macros") in content:
        raise RefusedType("Office files with macros are not kept.")
    for stream, known in _OLE_STREAMS.items():
        if _wide(stream) in content:
            return known
    raise RefusedType("Files of this kind are not kept.")


def _wide(name: str) -> bytes:
    return name.encode("utf-16-le")


def _is_text(content: bytes) -> bool:
    """In UTF-8, UTF-16 with its mark, or one of the older encodings of Persian and Ukrainian: no
    character of control in it, and no page or script."""
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        try:
            content = content.decode("utf-16").encode()
        except UnicodeDecodeError:
            return False
    if content.translate(None, _CONTROLS) != content:
        return False
    start = content[:_LOOKED_AT].removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    return not any(mark in start for mark in _MARKUP[:-1]) and not start.startswith(_MARKUP[-1])
