"""One mail from outside: `read_mail(raw)` for what the door needs of it, `why_not(mail, …)` for why
it becomes no ticket. Reading is tickets.importing.mail's; what only a live mailbox needs is here.
"""

import email
import hashlib
import re
from collections.abc import Container
from dataclasses import dataclass, field
from email.message import Message
from email.utils import getaddresses
from typing import Final

from django.utils.translation import gettext_noop

from kb.importing.document import UnreadableDocument
from tickets.importing.mail.messages import Head, attached, read_body, read_head

PROGRAM: Final = gettext_noop("A program sent it: out of office, a newsletter, a returned mail.")
OWN: Final = gettext_noop("This mailbox sent it itself.")
LIST: Final = gettext_noop("It came through a mailing list.")
UNREADABLE: Final = gettext_noop("It is no mail that can be read.")
EMPTY: Final = gettext_noop("It has no text, no subject and no file.")
IMPLAUSIBLE: Final = gettext_noop("Its sender is no address that can be answered.")
_HEAD_END = re.compile(rb"\r?\n\r?\n")
_ROBOTS = re.compile(
    r"(?:mailer-daemon|postmaster|no-?reply|do-?not-?reply|bounces?)(?:[+._-].*)?@"
)
MAX_ADDRESS: Final = 320
_ADDRESS = re.compile(r"[^\s@<>\"\x00-\x1f]{1,64}@[^\s@<>\"\x00-\x1f]{1,255}")


@dataclass(frozen=True)
class Mail:
    """`writer`: the address that is answered: Reply-To where there is one, else From. `key`: what
    it is known by in the ledger."""

    head: Head = field(repr=False)
    writer: str = field(repr=False)
    key: str = field(repr=False)
    text: str = field(repr=False)
    automatic: bool
    from_list: bool
    cut: bool
    raw: bytes = field(repr=False)

    def files(self) -> list[tuple[str, bytes]]:
        """Of a mail that was cut none: the last would be half a file."""
        return [] if self.cut else list(attached(self.raw))


def read_mail(raw: bytes, *, cut: bool = False) -> Mail | None:
    """None where there is nothing of a mail in it."""
    head = read_head(raw)
    if head is None:
        return None
    end = _HEAD_END.search(raw)
    parsed = email.message_from_bytes(raw[: end.end()] if end else raw)
    writer = _reply_to(parsed) or head.address
    return Mail(
        head=head,
        writer=writer,
        key=message_key(head.message_id, writer) if head.message_id else raw_key(raw),
        text=_text(raw),
        automatic=head.automatic or _is_automatic(parsed),
        from_list=any(parsed.get(name) for name in ("List-Id", "List-Post", "Mailing-List")),
        cut=cut,
        raw=raw,
    )


def message_key(message_id: str, writer: str) -> str:
    """A customer's message, by its id and who wrote it: nobody else can name it as theirs."""
    return f"mail\n{message_id}\n{writer}"


def why_not(mail: Mail, *, own: Container[str], lists: bool) -> str:
    """Empty where it is to be taken in. `own`: the mailbox's addresses."""
    if mail.head.address in own or mail.writer in own:
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


def _text(raw: bytes) -> str:
    """What its writer wrote; of a mail that is nothing but a quote (one that was forwarded) all."""
    try:
        body = read_body(raw)
        return body.text or read_body(raw, quotes=True).text
    except (UnreadableDocument, LookupError, ValueError):
        return ""


def _reply_to(parsed: Message) -> str:
    values = [str(value) for value in parsed.get_all("Reply-To", [])][:5]
    addresses = [address.strip().lower() for _name, address in getaddresses(values)[:5]]
    return addresses[0] if addresses and "@" in addresses[0] else ""


def _is_automatic(parsed: Message) -> bool:
    """Beyond what `Head.automatic` knows: delivery reports, and replies of robots."""
    if parsed.get_content_type() in ("multipart/report", "message/delivery-status"):
        return True
    if any(parsed.get(name) for name in ("X-Autoreply", "X-Autorespond", "X-Failed-Recipients")):
        return True
    senders = getaddresses([str(parsed.get("From", ""))])
    from_robot = any(_ROBOTS.match(address.lower()) for _name, address in senders)
    return from_robot and not _reply_to(parsed)  # a form on a web page sends so, for a customer


def raw_key(raw: bytes) -> str:
    """Of a mail without a Message-ID."""
    return "raw\n" + hashlib.sha256(raw).hexdigest()
