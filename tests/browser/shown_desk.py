"""A desk to be looked at: `shown_desk`, the sample company in use, `empty_desk`, one that is new.

Their web servers alone are started, so that nothing on a page moves: tests/browser/test_pages.py
and `python -m tests.browser.pictures` look at them.
"""

import json
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cryptography import x509

from tests.browser.filling import PASSWORD
from tests.certificates import self_signed
from tests.doors.mail.servers import Dovecot, running
from tests.live_desk import ROOT, LiveDesk, free_port

PEOPLE = ("sara", "mina", "nika")


@dataclass
class ShownDesk(LiveDesk):
    known: dict[str, Any] = field(default_factory=dict)
    """What the addresses of tests.browser.pages need."""

    @property
    def command(self) -> list[str]:
        web = [sys.executable, "-W", "ignore", "-m", "uvicorn", "config.asgi:application"]
        return [*web, "--port", str(self.port), "--log-level", "warning"]

    def stop(self) -> int:
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(120)


@contextmanager
def shown_desk() -> Iterator[ShownDesk]:
    with _home() as folder, _mailbox() as port:
        desk = ShownDesk(folder, free_port(), {"IMAP_PORT": str(port)})
        desk.manage("setup_desk", "--sample")
        filled = subprocess.run(
            [sys.executable, "-m", "tests.browser.filling"],
            cwd=ROOT,
            env=desk.environment,
            capture_output=True,
            text=True,
            timeout=300,
        )
        assert filled.returncode == 0, filled.stderr[-3000:]
        desk.known = json.loads(filled.stdout)
        desk.passwords = dict.fromkeys(PEOPLE, PASSWORD)
        with _started(desk):
            yield desk


@contextmanager
def empty_desk() -> Iterator[ShownDesk]:
    with _home() as folder:
        desk = ShownDesk(folder, free_port())
        desk.manage("setup_desk")
        made = desk.manage("add_person", "mina", "--role", "admin", "--json")
        desk.passwords["mina"] = json.loads(made.stdout)["password"]
        with _started(desk):
            yield desk


@contextmanager
def _started(desk: ShownDesk) -> Iterator[None]:
    desk.start()
    try:
        yield
    finally:
        desk.stop()


@contextmanager
def _home() -> Iterator[Path]:
    # A short path: a Unix socket's has at most 107 characters.
    with tempfile.TemporaryDirectory(prefix="pasokh-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


@contextmanager
def _mailbox() -> Iterator[int]:
    folder = Path(tempfile.mkdtemp(prefix="pasokh-mail-"))
    try:
        server = Dovecot(
            folder, certificate=self_signed("localhost", serves=x509.DNSName("localhost"))
        )
        with running(server):
            yield server.port
    finally:
        shutil.rmtree(folder, ignore_errors=True)
