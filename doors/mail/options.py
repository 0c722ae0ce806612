"""What is known about a mailbox: `MailOptions`, kept in `Door.options` (the password apart from it,
encrypted in `Door.secret_encrypted`)."""

from dataclasses import asdict, dataclass, field, fields
from typing import Any, Final, Literal

from doors.models import Door
from tickets.vault import decrypt

Security = Literal["tls", "starttls", "none"]
SECURITIES: Final = ("tls", "starttls", "none")
AFTERWARDS: Final = ("keep", "seen", "move")
SENT_COPIES: Final = ("append", "server", "copy")


@dataclass(frozen=True)
class MailOptions:
    """`afterwards`: what becomes of a message that was read: left alone, marked as read, or moved
    to `move_to`. `sent_copy`: how what we send gets into `sent_folder`: we put it there ("append"),
    their server does it by itself ("server"), or we send ourselves a copy ("copy"). Only with the
    last two it can be told whether a reply went out when a connection broke."""

    address: str = field(default="", repr=False)
    display_name: str = ""
    imap_host: str = ""
    imap_port: int = 993
    imap_security: str = "tls"
    smtp_host: str = ""
    smtp_port: int = 465
    smtp_security: str = "tls"
    smtp_sign_in: bool = True  # a server in one's own network may want no password
    user: str = field(default="", repr=False)
    folder: str = "INBOX"
    afterwards: str = "seen"
    move_to: str = ""
    sent_folder: str = "Sent"
    sent_copy: str = "append"
    settle_seconds: int = 900
    """How long after a broken connection a copy may take to arrive."""
    since: str = ""  # ISO date of the first messages to take in
    lists: bool = False  # take in what came through a mailing list: a shared inbox may be one
    subject_token: bool = True
    password: str = field(default="", repr=False)

    @classmethod
    def of(cls, door: Door, *, password: bool = True) -> "MailOptions":
        """Raises UnreadableVault where the key to the password is missing."""
        known = {one.name for one in fields(cls)} - {"password"}
        given = {name: value for name, value in door.options.items() if name in known}
        return cls(**given, password=decrypt(door.secret_encrypted) if password else "")

    def stored(self) -> dict[str, Any]:
        """For `Door.options`: without the password."""
        kept = asdict(self)
        del kept["password"]
        return kept

    @property
    def sign_in_name(self) -> str:
        return self.user or self.address

    @property
    def domain(self) -> str:
        """As servers and mails write it: a Persian name in Latin letters."""
        name = self.address.rpartition("@")[2].lower()
        try:
            return name.encode("idna").decode()
        except UnicodeError:
            return name

    @property
    def envelope(self) -> str:
        """The address as SMTP writes it."""
        return f"{self.address.rpartition('@')[0]}@{self.domain}"

    @property
    def own(self) -> frozenset[str]:
        """What mail from this mailbox may name as its sender, in small letters."""
        return frozenset({self.address.lower(), self.envelope.lower()})
