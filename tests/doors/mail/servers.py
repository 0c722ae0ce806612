"""Real mail servers for the tests of the mail door: dovecot, and an SMTP server that keeps what it
took on disk before it says so. Both can be killed and started again in the same place.
"""

import grp
import mailbox
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from pathlib import Path

import psutil
import pytest

from tests.live_desk import free_port, wait_for

DOVECOT = shutil.which("dovecot") or shutil.which("dovecot", path="/usr/sbin:/sbin")
ADDRESS = "support@example.org"
PASSWORD = "correct-horse"
SECONDS = 120.0

_CONFIG = """
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/dovecot.log
protocols = imap
listen = 127.0.0.1
ssl = {ssl}
ssl_cert = <{folder}/server.pem
ssl_key = <{folder}/server.pem
disable_plaintext_auth = no
mail_location = maildir:{folder}/mail
{users}first_valid_uid = 0
mail_max_userip_connections = 50
service imap-login {{
  chroot =
  process_min_avail = 1
  service_count = 0
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = {tls_port}
    ssl = {tls}
  }}
}}
auth_failure_delay = 0
service anvil {{
  chroot =
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service stats {{
  chroot =
}}
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={user} gid={group} home={folder}
}}
namespace inbox {{
  inbox = yes
  separator = /
  mailbox Sent {{
    auto = create
    special_use = \\Sent
  }}
  mailbox Done {{
    auto = create
  }}
}}
"""


class Dovecot:
    """An IMAP server with one mailbox."""

    def __init__(self, folder: Path, *, certificate: bytes) -> None:
        if DOVECOT is None:
            pytest.fail("dovecot is not installed: apt-get install dovecot-imapd")
        self.folder = folder
        self.port, self.tls_port = free_port(), free_port()
        self.maildir = mailbox.Maildir(str(folder / "mail"), create=True)
        (folder / "server.pem").write_bytes(certificate)
        # Root's dovecot opens no mailbox as root.
        owner = pwd.getpwuid(os.getuid()) if os.getuid() else pwd.getpwnam("nobody")
        user, group = owner.pw_name, grp.getgrgid(owner.pw_gid).gr_name
        folder.chmod(0o755)
        if os.getuid() == 0:
            for path in (folder / "mail", *(folder / "mail").iterdir()):
                os.chown(path, owner.pw_uid, owner.pw_gid)
        self._config = folder / "dovecot.conf"
        self._config.write_text(
            _CONFIG.format(
                folder=folder,
                port=self.port,
                tls_port=self.tls_port,
                ssl="yes",
                tls="yes",
                user=user,
                group=group,
                # Debian's package made two users for what root's dovecot starts.
                users=""
                if os.getuid() == 0
                else f"default_internal_user = {user}\ndefault_internal_group = {group}\n"
                f"default_login_user = {user}\n",
                password=PASSWORD,
            )
        )
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        assert DOVECOT is not None
        self._process = subprocess.Popen(
            [DOVECOT, "-F", "-c", str(self._config)],
            start_new_session=True,
            stderr=subprocess.DEVNULL,
        )
        wait_for_ports((self.port, self.tls_port), self._why)

    def kill(self) -> None:
        """Everything at once, as when the machine loses its power."""
        if self._process is not None:
            _kill_group(self._process)
            self._process = None
            (self.folder / "run" / "master.pid").unlink(missing_ok=True)

    def deliver(self, raw: bytes) -> None:
        self.maildir.add(raw)

    @contextmanager
    def stopped(self) -> Iterator[None]:
        """It answers nobody for a moment."""
        assert self._process is not None
        os.killpg(self._process.pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.killpg(self._process.pid, signal.SIGCONT)

    def forget_numbers(self) -> None:
        """As after a restored backup: all messages get new numbers. While it does not run."""
        for pattern in ("dovecot*", ".Sent/dovecot*"):
            for path in (self.folder / "mail").glob(pattern):
                path.unlink()

    def _why(self) -> str:
        log = self.folder / "dovecot.log"
        return log.read_text()[-2000:] if log.exists() else "no log"


class Smtp:
    """An SMTP server as a process of its own. A message is in one file, moved to its name before
    the client hears that it was taken; a copy for the mailbox's own address is delivered to
    dovecot's folder, after a crash too."""

    def __init__(self, folder: Path, *, mail: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self.mail = folder, mail
        self.port, self.tls_port = free_port(), free_port()
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self._process = subprocess.Popen(
            [
                *(sys.executable, "-W", "ignore", "-m", "tests.doors.mail.smtp_server"),
                *(str(self.port), str(self.tls_port), str(self.folder), str(self.mail)),
                *(ADDRESS, PASSWORD),
            ],
            start_new_session=True,
        )
        wait_for_ports((self.port, self.tls_port), lambda: "the SMTP server did not start")

    def kill(self) -> None:
        if self._process is not None:
            _kill_group(self._process)
            self._process = None

    def hold(self, *, after: bool) -> None:
        """The next message stops before it is taken, or after."""
        (self.folder / "held").unlink(missing_ok=True)
        (self.folder / ("hold-after" if after else "hold-before")).touch()

    def is_holding(self) -> bool:
        return (self.folder / "held").exists()

    def keep_copies(self) -> None:
        (self.folder / "keeps-copies").touch()

    def taken(self) -> list[EmailMessage]:
        """What was taken for customers, each with an `X-Envelope-To`."""
        parser = BytesParser(policy=policy.default)
        found = [parser.parsebytes(path.read_bytes()) for path in sorted(self.folder.glob("*.eml"))]
        return [one for one in found if isinstance(one, EmailMessage)]


@contextmanager
def running(*servers: Dovecot | Smtp) -> Iterator[None]:
    try:
        for one in servers:
            one.start()
        yield
    finally:
        for one in servers:
            one.kill()


def wait_for_ports(ports: Iterable[int], why: Callable[[], str]) -> None:
    until = time.monotonic() + SECONDS
    for port in ports:
        while not _answers(port):
            if time.monotonic() > until:
                pytest.fail(why())
            time.sleep(0.02)


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _kill_group(process: subprocess.Popen[bytes]) -> None:
    """And waits for all of it: a child that dies later still has the port, and files open."""
    children: list[psutil.Process] = []
    with suppress(psutil.NoSuchProcess):
        children = psutil.Process(process.pid).children(recursive=True)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    wait_for(lambda: not any(_lives(one) for one in children))


def _lives(process: psutil.Process) -> bool:
    with suppress(psutil.NoSuchProcess):
        return process.status() != psutil.STATUS_ZOMBIE
    return False
