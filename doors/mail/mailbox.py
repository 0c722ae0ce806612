"""A mailbox over IMAP: `opened(options)`, then what a door needs of it. Raises DoorTrouble."""

import imaplib
import re
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from imapclient import IMAPClient, SocketTimeout
from imapclient.exceptions import IMAPClientAbortError, IMAPClientError

from doors.kinds import DoorTrouble
from doors.mail import troubles
from doors.mail.options import MailOptions
from llm.servers.addresses import is_own

CONNECT_SECONDS: Final = 10
READ_SECONDS: Final = 30
MAX_BYTES: Final = 25 * 1024 * 1024
"""Of a message; of a larger one the beginning is read."""
IMAP_ERRORS: Final = (IMAPClientError, OSError, UnicodeError)
# The library gives up on a longer line, and the numbers of 150,000 messages are one.
imaplib._MAXLINE = max(imaplib._MAXLINE, 32 * 1024 * 1024)  # type: ignore[attr-defined]
_ID = re.compile(r"<[^<>\s\"\\]{3,300}>")


class Unfetchable(DoorTrouble):
    """The server lists the message and does not give it out."""


@dataclass(frozen=True)
class Position:
    """How far a folder was read. A new `validity` means that all numbers are new."""

    validity: int
    last: int


@contextmanager
def translated() -> Iterator[None]:
    """Whatever a mailbox throws, as DoorTrouble."""
    try:
        yield
    except IMAP_ERRORS as error:
        raise troubles.imap_trouble(error) from error


class Mailbox:
    """A connection that is signed in."""

    def __init__(self, options: MailOptions) -> None:
        self._options = options
        self._selected = ""
        check_security(options.imap_host, options.imap_security)
        with translated():
            self._client = IMAPClient(
                options.imap_host,
                port=options.imap_port,
                ssl=options.imap_security == "tls",
                timeout=SocketTimeout(CONNECT_SECONDS, READ_SECONDS),
            )
        try:
            with translated():
                if options.imap_security == "starttls":
                    self._client.starttls(ssl.create_default_context())
                self._client.login(options.sign_in_name, options.password)
        except DoorTrouble:
            self.close()
            raise

    def close(self) -> None:
        with suppress(*IMAP_ERRORS):
            self._client.logout()

    def folders(self) -> list[str]:
        with translated():
            return [name for flags, _mark, name in self._client.list_folders() if name][:500]

    def sent_folder(self) -> str:
        """The one that the server marks as such, else by its common name, else ""."""
        with translated():
            return self._client.find_special_folder(b"\\Sent") or ""

    def has_folder(self, name: str) -> bool:
        with translated():
            return bool(self._client.folder_exists(name))

    def create_folder(self, name: str) -> None:
        with translated():
            self._client.create_folder(name)

    def select(self, folder: str, *, readonly: bool = False) -> Position:
        """The folder, and where it ends now."""
        try:
            found = self._client.select_folder(folder, readonly=readonly)
        except IMAPClientError as error:
            if "select failed" in str(error).lower():
                raise DoorTrouble(troubles.IMAP_FOLDER) from error
            raise troubles.imap_trouble(error) from error
        except OSError as error:
            raise troubles.imap_trouble(error) from error
        return Position(int(found[b"UIDVALIDITY"]), int(found.get(b"UIDNEXT", 1)) - 1)

    def after(self, last: int, *, since: date | None) -> list[int]:
        """Numbers of the messages behind `last`, ascending."""
        criteria: list[Any] = ["UID", f"{last + 1}:*"]
        if since is not None:
            criteria += ["SINCE", since]
        with translated():
            found = self._client.search(criteria)
        return sorted(uid for uid in found if uid > last)  # n:* gives the last one in any case

    def read(self, uid: int) -> tuple[bytes | None, bool]:
        """The message, or its first MAX_BYTES, and whether it was cut; None where somebody deleted
        it meanwhile. Raises Unfetchable."""
        try:
            found = self._client.fetch([uid], [f"BODY.PEEK[]<0.{MAX_BYTES}>"]).get(uid, {})
        except IMAPClientAbortError as error:
            raise troubles.imap_trouble(error) from error
        except IMAPClientError as error:
            raise Unfetchable(troubles.IMAP_MESSAGE) from error
        except (OSError, UnicodeError) as error:
            raise troubles.imap_trouble(error) from error
        for name, value in found.items():
            if name.startswith(b"BODY[]"):
                raw = bytes(value or b"")
                return raw, len(raw) >= MAX_BYTES
        return None, False

    def mark_seen(self, uids: list[int]) -> None:
        with translated():
            self._client.add_flags(uids, [b"\\Seen"], silent=True)

    def move(self, uids: list[int], folder: str) -> None:
        with translated():
            if self._client.has_capability("MOVE"):
                self._client.move(uids, folder)
            else:
                self._client.copy(uids, folder)
                self._client.delete_messages(uids, silent=True)
                if self._client.has_capability("UIDPLUS"):  # else the other deleted would go too
                    self._client.expunge(uids)

    def has_message(self, message_id: str, folder: str) -> bool:
        """Whether a message of that Message-ID lies in the folder."""
        if not _ID.fullmatch(message_id):
            return False
        self.select(folder, readonly=True)
        with translated():
            return bool(self._client.search(["HEADER", "Message-ID", message_id]))

    def append(self, folder: str, raw: bytes) -> None:
        with translated():
            self._client.append(folder, raw, flags=[b"\\Seen"])


@contextmanager
def opened(options: MailOptions) -> Iterator[Mailbox]:
    mailbox = Mailbox(options)
    try:
        yield mailbox
    finally:
        mailbox.close()


def check_security(host: str, security: str) -> None:
    """Passwords and customers' words go over the internet under TLS only."""
    if security == "none" and not is_own(host):
        raise DoorTrouble(troubles.PLAIN)
