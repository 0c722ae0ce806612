"""Bytes into text: `decode(data)`. UTF-8, UTF-16 and UTF-32 with a mark, what an HTML page
declares, and windows-1256, in which old Persian pages are written and which no file names.

Nothing is guessed beyond that and no byte is replaced: text that would be wrong is refused.
"""

import codecs
import re

from django.utils.translation import gettext as _

from kb.importing.document import UnreadableDocument
from text.decoding import MARKS, WINDOWS_1256, looks_like_windows_1256

_DECLARED = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([A-Za-z0-9_.:-]{2,40})", re.I)
_BINARY_STARTS = (
    b"%PDF",
    b"PK\x03\x04",
    b"\x89PNG",
    b"GIF8",
    b"\xff\xd8\xff",
    b"\x7fELF",
    b"\x1f\x8b",
)


def decode(data: bytes) -> str:
    if not data.strip():
        raise UnreadableDocument(_("The file is empty."))
    if data.startswith(_BINARY_STARTS):
        raise UnreadableDocument(_("This is a binary file, not text."))
    for mark, encoding in MARKS:
        if data.startswith(mark):
            return _strict(data, encoding)
    if b"\x00" in data:
        raise UnreadableDocument(_("This is a binary file, not text."))
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        return _not_utf8(data, error)


def decode_head(data: bytes) -> str:
    """The start of a file, as far as it can be read: enough to see what it is."""
    for mark, encoding in MARKS:
        if data.startswith(mark):
            return data[: len(data) // 4 * 4].decode(encoding, "ignore")
    text = data.decode("utf-8", "ignore")
    return text if len(text) > len(data) // 3 else data.decode(WINDOWS_1256)


def _not_utf8(data: bytes, error: UnicodeDecodeError) -> str:
    declared = _declared(data)
    if declared is not None and declared not in ("utf-8", "ascii"):
        return _strict(data, declared)
    if declared is None and looks_like_windows_1256(data):
        return data.decode(WINDOWS_1256)
    raise UnreadableDocument(
        _("Byte %(byte)s is not UTF-8 and no other encoding is declared; save the file as UTF-8.")
        % {"byte": error.start + 1}
    )


def _strict(data: bytes, encoding: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        raise UnreadableDocument(
            _("Byte %(byte)s is not %(encoding)s; save the file as UTF-8.")
            % {"byte": error.start + 1, "encoding": encoding}
        ) from error


def _declared(data: bytes) -> str | None:
    """The page's own word for its encoding, if it names a text encoding."""
    match = _DECLARED.search(data[:4096])
    if match is None:
        return None
    try:
        found = codecs.lookup(match.group(1).decode("ascii"))
    except LookupError as error:
        raise UnreadableDocument(_("The page declares an unknown encoding.")) from error
    if not found._is_text_encoding:  # rot13, zip and the like are codecs too
        raise UnreadableDocument(_("The page declares an unknown encoding."))
    return found.name
