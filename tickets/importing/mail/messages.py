"""One message of mail: `read_head(raw)` for who, when and in which thread, `read_body(raw)` for
what its writer wrote.

Mail is seldom as the standards want it: headers are read leniently, a text whose charset is told
wrongly is read as what it is, and of the parts the first plain text counts, else the HTML. The
parser itself is held back (`tickets.importing.mail.parsing`): what a stranger may send must not
keep it busy for minutes or break it off.
"""

import email.errors
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from email.errors import CloseBoundaryNotFoundDefect, InvalidBase64LengthDefect
from email.header import decode_header
from email.message import Message
from email.utils import parsedate_to_datetime
from typing import Final

from kb.importing.document import UnreadableDocument
from text.decoding import decode_line
from tickets.importing.html_text import rough_text, text_of_html
from tickets.importing.mail.parsing import addresses, codec, parsed_head, parsed_whole
from tickets.importing.mail.quoting import own_text
from tickets.intake import aware, check_moment

MAX_MESSAGE_BYTES: Final = 50 * 1024 * 1024
_MAX_PARTS: Final = 200
_MAX_REFERENCES: Final = 100
_MAX_HTML: Final = 500_000
"""Characters: of HTML that is longer the beginning is read."""
_MESSAGE_ID = re.compile(r"<[^<>\s]{3,300}>")
_REPLY = re.compile(
    r"^\s*(?:(?:re|fwd?|aw|sv|antw|پاسخ|پاسخ به|جواب|ارسال|هدایت|відп|від|пересл|השב|תשובה|הועבר)"
    r"(?:\[\d+\])?\s*[:：]\s*)+",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Head:
    """`name`, `address`: of who wrote it; `to`: addresses of those it went to. `root`: the first
    message of its thread, as far as it says, and `answers` what it answers."""

    message_id: str
    references: tuple[str, ...]
    subject: str = field(repr=False)
    name: str = field(repr=False)
    address: str = field(repr=False)
    to: tuple[str, ...] = field(repr=False)
    at: datetime | None
    automatic: bool

    @property
    def is_reply(self) -> bool:
        return bool(_REPLY.match(self.subject))

    @property
    def thread_subject(self) -> str:
        return " ".join(_REPLY.sub("", self.subject).casefold().split())


@dataclass(frozen=True)
class Body:
    """`cut_off`: it ends within a part, as the last message of a truncated file does."""

    text: str = field(repr=False)
    attachments: int
    cut_off: bool
    unreadable: bool = False
    """Nested too deep: `text` is what is left without its tags."""


def read_head(raw: bytes) -> Head | None:
    """None where there is no head of a message."""
    parsed = parsed_head(raw)
    senders = addresses_in(parsed, "From") or addresses_in(parsed, "Sender")
    if not senders:
        return None
    ids = _MESSAGE_ID.findall(_header(parsed, "Message-ID"))
    references = _MESSAGE_ID.findall(_header(parsed, "References"))
    if len(references) > _MAX_REFERENCES:  # the thread's first, and the last
        references = references[:1] + references[1 - _MAX_REFERENCES :]
    answers = _MESSAGE_ID.findall(_header(parsed, "In-Reply-To"))[:1]
    return Head(
        message_id=ids[0] if ids else "",
        references=(*references, *(one for one in answers if one not in references)),
        subject=" ".join(_header(parsed, "Subject").split()),
        name=senders[0][0],
        address=senders[0][1],
        to=tuple(address for name in ("To", "Cc") for _, address in addresses_in(parsed, name)),
        at=_moment(_header(parsed, "Date")),
        automatic=_is_automatic(parsed),
    )


def read_body(raw: bytes | Message, *, quotes: bool = False) -> Body:
    """`quotes`: with what it quotes, as a forwarded message needs it. `raw`: or `parsed_whole` of
    it. Raises UnreadableDocument."""
    parsed = parsed_whole(raw) if isinstance(raw, bytes) else raw
    plain: list[str] = []
    html: list[str] = []
    attachments = 0
    cut_off = False
    for part in _leaves(parsed):
        kind = part.get_content_type()
        if part.is_multipart():
            pass
        elif kind not in ("text/plain", "text/html") or _is_attachment(part):
            attachments += 1
        elif kind == "text/plain":
            plain.append(_text(part))
        else:
            html.append(_text(part))
        cut_off = cut_off or _is_cut_off(part)  # some are noted only when it is decoded
    text = "\n".join(one for one in plain if one.strip())
    unreadable = False
    if not text and html:
        html = [one[:_MAX_HTML] for one in html]
        try:
            text = "\n".join(text_of_html(one) for one in html)
        except UnreadableDocument:
            unreadable, text = True, "\n".join(rough_text(one) for one in html)
    own = text.strip() if quotes else own_text(text)
    return Body(own, attachments, cut_off, unreadable)


def attached(raw: bytes | Message) -> Iterator[tuple[str, bytes]]:
    """Names and contents of the files that came along; a message within it is one of them. Raises
    UnreadableDocument."""
    for part in _leaves(parsed_whole(raw) if isinstance(raw, bytes) else raw):
        kind = part.get_content_type()
        if kind == "message/rfc822":
            inner = part.get_payload()
            if isinstance(inner, list) and inner and isinstance(inner[0], Message):
                yield _file_name(part) or "message.eml", _written(inner[0])
        elif part.is_multipart():
            pass
        elif kind not in ("text/plain", "text/html") or _is_attachment(part):
            payload = part.get_payload(decode=True)
            if isinstance(payload, bytes):
                yield _file_name(part), payload


def _written(message: Message) -> bytes:
    """Empty where the library cannot write what it has read."""
    try:
        return message.as_bytes()
    except (ValueError, LookupError, RecursionError):
        return b""


def _file_name(part: Message) -> str:
    name = part.get_filename() or ""
    if name.isascii():
        return _decoded_name(name)
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _leaves(message: Message) -> Iterator[Message]:
    """Parts in order. A message within the message is an attachment, whole."""
    waiting = [message]
    for _count in range(_MAX_PARTS):
        if not waiting:
            return
        part = waiting.pop(0)
        yield part
        payload = part.get_payload()
        if part.get_content_maintype() == "multipart" and isinstance(payload, list):
            waiting = [one for one in payload if isinstance(one, Message)] + waiting


def _is_attachment(part: Message) -> bool:
    return part.get_content_disposition() == "attachment" or bool(part.get_filename())


def _is_cut_off(part: Message) -> bool:
    cut = (CloseBoundaryNotFoundDefect, InvalidBase64LengthDefect)
    return any(isinstance(defect, cut) for defect in part.defects)


def _text(part: Message) -> str:
    payload = part.get_payload(decode=True)
    if not isinstance(payload, bytes):
        return ""
    charset = codec(part.get_content_charset() or "")
    try:
        return payload.decode("utf-8" if charset in ("", "ascii") else charset)
    except (LookupError, ValueError):
        pass
    lines = [(line, decode_line(line)) for line in payload.splitlines(keepends=True)]
    return "".join(
        line.decode("utf-8", "replace") if text is None else text for line, text in lines
    )


def _header(message: Message, name: str) -> str:
    """Decoded, on one line; raw bytes that should not be there read as what they are."""
    value = message.get(name)
    if value is None:
        return ""
    pieces = []
    try:
        found = decode_header(value)
    except (ValueError, email.errors.HeaderParseError):
        found = [(str(value), None)]
    for piece, charset in found:
        raw = piece.encode("utf-8", "surrogateescape") if isinstance(piece, str) else piece
        pieces.append(_decoded(raw, charset))
    return " ".join("".join(pieces).split())


def _decoded(raw: bytes, charset: str | None) -> str:
    if charset and codec(charset) not in ("", "ascii"):
        try:
            return raw.decode(charset)
        except (LookupError, ValueError):
            pass
    return decode_line(raw) or raw.decode("utf-8", "replace")


def addresses_in(message: Message, name: str) -> list[tuple[str, str]]:
    """(name, address in small letters), those that have an address."""
    # Addresses first, names decoded after: an encoded name may hold a comma.
    values = [str(value) for value in message.get_all(name, [])][:20]
    found = []
    for person, address in addresses(values)[:200]:
        if "@" in address:
            found.append((_decoded_name(person), address.strip().lower()))
    return found


def _decoded_name(name: str) -> str:
    holder = Message()
    holder["X"] = name.replace("\n", " ").replace("\r", " ")
    return _header(holder, "X")


def _moment(value: str) -> datetime | None:
    try:
        at = aware(parsedate_to_datetime(value)) if value else None
        check_moment(at)
        return at
    except (ValueError, TypeError, OverflowError, IndexError):
        return None


def _is_automatic(message: Message) -> bool:
    """Out-of-office notes, bounces, newsletters. A list is none: a shared inbox may be one."""
    submitted = str(message.get("Auto-Submitted", "no")).strip().lower()
    precedence = str(message.get("Precedence", "")).strip().lower()
    sender = str(message.get("Return-Path", "")).strip()
    return (
        not submitted.startswith("no")
        or precedence in ("bulk", "junk", "auto_reply")
        or sender == "<>"
    )
