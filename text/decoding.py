"""Which letters do these bytes mean? `encoding_of_mark(data)` by the mark at the start of a file,
`decode_line(raw)` for one line of a file whose lines may be of several encodings: UTF-8, and
windows-1256, in which old Persian programs write and which no file names.

Nothing is guessed beyond that and no byte is replaced: what would be wrong is None.
"""

import codecs
from typing import Final

MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
WINDOWS_1256: Final = "windows-1256"
_COMMON_PERSIAN = frozenset("اینردهومتبس")
_ARABIC_SHARE = 0.85
_COMMON_SHARE = 0.4
_PIECE = "pasokh-1256-piece"


def encoding_of_mark(data: bytes) -> str | None:
    return next((encoding for mark, encoding in MARKS if data.startswith(mark)), None)


def decode_line(raw: bytes) -> str | None:
    """A line, or a text whose encoding is told wrongly; None where it is neither UTF-8 nor
    windows-1256 nor pieces of both."""
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        pass
    if looks_like_windows_1256(raw):
        return raw.decode(WINDOWS_1256)
    try:  # two programs wrote one line: a table's cells
        return raw.decode("utf-8", _PIECE)
    except UnicodeDecodeError:
        return None


def looks_like_windows_1256(data: bytes) -> bool:
    """Nearly all its letters beyond ASCII are Arabic ones, and the commonest of them common ones:
    neither broken UTF-8 nor a western or Cyrillic page reads so."""
    text = data.decode(WINDOWS_1256)
    foreign = [letter for letter in text if ord(letter) > 0x7F and letter not in "\u200c\u00a0«»"]
    if not foreign:
        return False
    arabic = [letter for letter in foreign if "\u0600" <= letter <= "\u06ff"]
    common = sum(letter.replace("ي", "ی") in _COMMON_PERSIAN for letter in arabic)
    return len(arabic) >= _ARABIC_SHARE * len(foreign) and common >= _COMMON_SHARE * len(arabic)


def _decode_piece(error: UnicodeError) -> tuple[str, int]:
    """From where UTF-8 ends to the next character that windows-1256 does not need."""
    assert isinstance(error, UnicodeDecodeError)
    data, end = error.object, error.start
    while end < len(data) and (data[end] >= 0x80 or data[end] in b" ."):
        end += 1
    piece = data[error.start : end]
    if not looks_like_windows_1256(piece):
        raise error
    return piece.decode(WINDOWS_1256), end


codecs.register_error(_PIECE, _decode_piece)
