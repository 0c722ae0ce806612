"""Mail servers for all tests of the mail door, emptied for each, and a door to them."""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest
from cryptography import x509

from doors import working
from doors.mail import mailbox, sending
from doors.mail.options import MailOptions
from doors.models import Door
from tests.certificates import self_signed
from tests.doors.mail.servers import ADDRESS, PASSWORD, Dovecot, Smtp, running
from tickets import vault


class Servers:
    def __init__(self, folder: Path) -> None:
        certificate = self_signed("localhost", serves=x509.DNSName("localhost"))
        self.certificate = folder / "server.pem"
        self.imap = Dovecot(folder, certificate=certificate)
        self.smtp = Smtp(folder / "smtp", mail=folder / "mail")

    def empty(self) -> None:
        mail = self.imap.folder / "mail"
        for place in ("cur", "new", ".Sent/cur", ".Sent/new", ".Done/cur", ".Done/new"):
            for path in mail.glob(f"{place}/*"):
                path.unlink()
        for path in self.smtp.folder.iterdir():
            path.unlink()

    def names(self, folder: str = "") -> list[str]:
        """Message-IDs in a folder of the mailbox."""
        place = self.imap.folder / "mail" / (f".{folder}" if folder else "")
        found = []
        for path in (*place.glob("new/*"), *place.glob("cur/*")):
            for line in path.read_text(errors="replace").splitlines():
                if line.lower().startswith("message-id:"):
                    found.append(line.split(":", 1)[1].strip())
                    break
        return found


@pytest.fixture(scope="session")
def mail_servers() -> Iterator[Servers]:
    # Not below pytest's own folder, which only its owner may enter: dovecot has users of its own.
    folder = Path(tempfile.mkdtemp(prefix="pasokh-mail-"))
    servers = Servers(folder)
    try:
        with running(servers.imap, servers.smtp):
            yield servers
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(autouse=True)
def patient(monkeypatch):
    """On a busy machine a server's greeting may take longer than a desk waits for it."""
    for name in ("CONNECT_SECONDS", "READ_SECONDS"):
        monkeypatch.setattr(mailbox, name, 120)
    monkeypatch.setattr(sending, "SECONDS", 120)


@pytest.fixture
def servers(mail_servers) -> Servers:
    mail_servers.empty()
    return mail_servers


@pytest.fixture
def options(servers) -> MailOptions:
    return MailOptions(
        address=ADDRESS,
        display_name="پشتیبانی",
        imap_host="127.0.0.1",
        imap_port=servers.imap.port,
        imap_security="none",
        smtp_host="127.0.0.1",
        smtp_port=servers.smtp.port,
        smtp_security="none",
    )


@pytest.fixture
def door(db, support, options) -> Door:
    return make_door(options, team=support)


def make_door(options: MailOptions, *, team=None) -> Door:
    return Door.objects.create(
        kind=Door.Kind.MAIL,
        name="support",
        source="mail",
        team=team,
        options=options.stored(),
        secret_encrypted=vault.encrypt(PASSWORD),
    )


@pytest.fixture
def work(door) -> Callable[[], working.Worked]:
    def one_round() -> working.Worked:
        return working.work(door.pk)

    return one_round


@pytest.fixture
def write(servers) -> Callable[..., EmailMessage]:
    """A mail into the mailbox, from Laleh unless said otherwise."""

    def written(text: str = "سفارشم نرسیده است.", **headers: str) -> EmailMessage:
        mail = a_mail(text, **headers)
        servers.imap.deliver(mail.as_bytes())
        return mail

    return written


_count = iter(range(1, 100_000))


def a_mail(text: str, **headers: str) -> EmailMessage:
    mail = EmailMessage()
    mail["From"] = headers.pop("From", "Laleh Karimi <laleh@example.com>")
    mail["To"] = ADDRESS
    mail["Subject"] = headers.pop("Subject", "سفارش من")
    mail["Message-ID"] = headers.pop("Message_ID", f"<m{next(_count)}@example.com>")
    for name, value in headers.items():
        mail[name.replace("_", "-")] = value
    mail.set_content(text)
    return mail
