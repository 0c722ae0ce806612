"""The parser of the standard library, held back: `parsed_head(raw)`, `parsed_whole(raw)`.

A stranger chooses the bytes. Headers of megabytes cost it minutes (the time for a header's
parameters grows with its square), parts within parts end in a RecursionError, millions of parts
take the memory, and a charset like "idna" or "punycode" raises or hangs where nobody expects it.
"""

import codecs
import re
from collections.abc import Sequence
from email.message import Message
from email.parser import BytesParser
from email.policy import Compat32
from email.utils import getaddresses
from typing import Any, Final

from django.utils.translation import gettext as _

from kb.importing.document import UnreadableDocument

MAX_HEADER: Final = 20_000
"""Characters of one header; the rest is not read."""
MAX_CONTAINERS: Final = 60
"""Parts that hold parts, and messages within messages: some twenty mails, each forwarded whole."""
MAX_PARTS: Final = 2_000
MAX_LINES: Final = 600_000
"""25 MB of files have 350,000."""
_HEAD_END = re.compile(rb"\r?\n\r?\n")
_CONTAINER = re.compile(r"\s*(?:multipart|message)/", re.IGNORECASE)
_NO_CHARSETS: Final = frozenset(
    ("idna", "punycode", "undefined", "unicode-escape", "raw-unicode-escape")
)


class _TooManyParts(ValueError):
    pass


class _Lenient(Compat32):
    """One for each message: it counts."""

    _counts: dict[str, int]

    def __init__(self) -> None:
        super().__init__(message_factory=self._part)
        object.__setattr__(self, "_counts", {"parts": 0, "containers": 0})

    def header_source_parse(self, sourcelines: Sequence[str]) -> tuple[str, str]:
        name, value = super().header_source_parse(list(sourcelines))
        if name.lower() == "content-type" and _CONTAINER.match(value):
            self._counts["containers"] += 1
            if self._counts["containers"] > MAX_CONTAINERS:
                value = "application/octet-stream"
        return name, value[:MAX_HEADER]

    def _part(self, policy: Any = None) -> "_Part":
        self._counts["parts"] += 1
        if self._counts["parts"] > MAX_PARTS:
            raise _TooManyParts
        return _Part(policy=self)


class _Part(Message):
    def get_param(self, param: str, failobj: Any = None, *args: Any, **more: Any) -> Any:
        """What the library makes of it, with a charset that can be decoded."""
        try:
            found = super().get_param(param, failobj, *args, **more)
        except TypeError:  # of a parameter that is told whole and in pieces: it sorts them
            return failobj
        if param == "charset" and found is not failobj:
            told = found[2] if isinstance(found, tuple) else found
            return codec(str(told)) or "utf-8"  # elsewhere the library takes words for granted
        if isinstance(found, tuple):
            return (codec(found[0] or "") or "utf-8", *found[1:])
        return found


def parsed_head(raw: bytes) -> Message:
    end = _HEAD_END.search(raw)
    policy = _Lenient()
    parser = BytesParser(policy=policy)
    return parser.parsebytes(raw[: end.end()] if end else raw, headersonly=True)


def parsed_whole(raw: bytes) -> Message:
    """Raises UnreadableDocument for what no mail program makes."""
    try:
        return BytesParser(policy=_Lenient()).parsebytes(raw)
    except (_TooManyParts, RecursionError):
        raise UnreadableDocument(_("The message has too many parts.")) from None


def has_too_many_lines(raw: bytes) -> bool:
    return max(raw.count(b"\n"), raw.count(b"\r")) > MAX_LINES


def addresses(values: Sequence[str]) -> list[tuple[str, str]]:
    """(name, address) of headers; comments within comments without end are nobody's."""
    try:
        return getaddresses(list(values))
    except RecursionError:
        return []


def codec(charset: str) -> str:
    """Its name among Python's, "" where it is unknown or nothing that a text is written in."""
    try:
        name = codecs.lookup(charset).name
    except (LookupError, ValueError):
        return ""
    return "" if name in _NO_CHARSETS else name
