"""One mail from outside: `read_mail(raw)` for what the door needs of it, `why_not(mail, …)` for why
it becomes no ticket. Reading is tickets.importing.mail's; what only a live mailbox needs is here.
"""

import hashlib
import re
from collections.abc import Container
from dataclasses import dataclass, field
from email.message import Message
from typing import Final

from django.utils.translation import gettext_noop

from kb.importing.document import UnreadableDocument
from tickets.importing.mail.messages import (
    Head,
    addresses_in,
    attached,
    read_body,
    read_head,
)
from tickets.importing.mail.parsing import has_too_many_lines, parsed_head, parsed_whole

PROGRAM: Final = gettext_noop("A program sent it: out of office, a newsletter, a returned mail.")
OWN: Final = gettext_noop("This mailbox sent it itself.")
LIST: Final = gettext_noop("It came through a mailing list.")
UNREADABLE: Final = gettext_noop("It is no mail that can be read.")
EMPTY: Final = gettext_noop("It has no text, no subject and no file.")
IMPLAUSIBLE: Final = gettext_noop("Its sender is no address that can be answered.")
_ROBOTS = re.compile(
    r"(?:mailer-daemon|postmaster|no-?reply|do-?not-?reply|bounces?)(?:[+._-].*)?@"
)
MAX_ADDRESS: Final = 320
MAX_REPORT: Final = 500_000
"""Bytes of a returned mail that are looked into."""
_ACTION = re.compile(rb"^action:[ \t]*([a-z]+)", re.IGNORECASE | re.MULTILINE)
_LATE = re.compile(r"delay|warning|deferred", re.IGNORECASE)
_ADDRESS = re.compile(r"[^\s@<>\"\x00-\x1f]{1,64}@[^\s@<>\"\x00-\x1f]{1,255}")


@dataclass(frozen=True)
class Mail:
    """`writer`, `name`: who is answered: Reply-To where there is one, else From. `key`: what it is
    known by in the ledger. `returned`: a mail server says that something did not arrive."""

    head: Head = field(repr=False)
    writer: str = field(repr=False)
    name: str = field(repr=False)
    key: str = field(repr=False)
    text: str = field(repr=False)
    automatic: bool
    returned: bool
    from_list: bool
    cut: bool
    raw: bytes = field(repr=False)
    whole: Message | None = field(repr=False)
    """None where it is of a kind that nobody should read."""

    def files(self) -> list[tuple[str, bytes]]:
        """Of a mail that was cut none: the last would be half a file."""
        return [] if self.cut or self.whole is None else list(attached(self.whole))


def read_mail(raw: bytes, *, cut: bool = False, own: Container[str] = ()) -> Mail | None:
    """None where there is nothing of a mail in it. `own`: the mailbox's addresses, which nobody is
    answered at."""
    head = read_head(raw)
    if head is None:
        return None
    parsed = parsed_head(raw)
    name, writer = _reply_to(parsed, own) or (head.name, head.address)
    whole = _whole(raw)
    return Mail(
        head=head,
        writer=writer,
        name=name if writer != head.address else head.name,
        key=message_key(head.message_id, writer) if head.message_id else raw_key(raw),
        text=_text(whole) if whole is not None else "",
        automatic=head.automatic or _is_automatic(parsed, own),
        returned=_is_returned(parsed, head.subject, raw),
        from_list=any(parsed.get(name) for name in ("List-Id", "List-Post", "Mailing-List")),
        cut=cut,
        raw=raw,
        whole=whole,
    )


def message_key(message_id: str, writer: str) -> str:
    """A customer's message, by its id and who wrote it: nobody else can name it as theirs."""
    return f"mail\n{message_id}\n{writer}"


def why_not(mail: Mail, *, own: Container[str], lists: bool) -> str:
    """Empty where it is to be taken in. `own`: the mailbox's addresses. A form on a web page may
    write from one of them, and say in Reply-To for whom."""
    if mail.writer in own:
        return OWN
    if mail.automatic:
        return PROGRAM
    if mail.from_list and not lists:
        return LIST
    if not is_address(mail.writer):
        return IMPLAUSIBLE
    return ""


def is_address(text: str) -> bool:
    return _ADDRESS.fullmatch(text) is not None


def _whole(raw: bytes) -> Message | None:
    if has_too_many_lines(raw):
        return None
    try:
        return parsed_whole(raw)
    except UnreadableDocument:
        return None


def _text(whole: Message) -> str:
    """What its writer wrote; of a mail that is nothing but a quote (one that was forwarded) all."""
    return read_body(whole).text or read_body(whole, quotes=True).text


def _reply_to(parsed: Message, own: Container[str]) -> tuple[str, str] | None:
    """(name, address) of the first who can be answered."""
    found = addresses_in(parsed, "Reply-To")[:5]
    return next((one for one in found if is_address(one[1]) and one[1] not in own), None)


def _is_automatic(parsed: Message, own: Container[str]) -> bool:
    """Beyond what `Head.automatic` knows: delivery reports, and replies of robots."""
    if parsed.get_content_type() in ("multipart/report", "message/delivery-status"):
        return True
    if any(parsed.get(name) for name in ("X-Autoreply", "X-Autorespond", "X-Failed-Recipients")):
        return True
    # A form on a web page sends as a robot, for a customer.
    return _from_robot(parsed) and not _reply_to(parsed, own)


def _from_robot(parsed: Message) -> bool:
    return any(_ROBOTS.match(address) for _name, address in addresses_in(parsed, "From"))


def _is_returned(parsed: Message, subject: str, raw: bytes) -> bool:
    """Neither that it comes late or has come, nor that somebody read it or is on holiday: those
    name the mail that they answer, too."""
    report = parsed.get_content_type() == "multipart/report"
    if report and parsed.get_param("report-type") == "disposition-notification":
        return False
    failed = bool(parsed.get("X-Failed-Recipients"))
    if not (report or failed or _from_robot(parsed)):
        return False
    actions = {one.lower() for one in _ACTION.findall(raw[:MAX_REPORT])}
    return b"failed" in actions if actions else failed or not _LATE.search(subject)


def raw_key(raw: bytes) -> str:
    """Of a mail without a Message-ID."""
    return "raw\n" + hashlib.sha256(raw).hexdigest()
