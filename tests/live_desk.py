"""A whole desk in processes of its own: what the browser, kill and queue tests stand on.

It is the real thing: `manage.py start` with its supervisor, web server, workers and an embedded
database, in a new PASOKH_HOME, with the sample company's articles and past tickets.
"""

import fcntl
import json
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from typing import Any, TypeVar

import httpx
import psutil

ROOT = Path(__file__).parent.parent
COMPANY = ROOT / "sample" / "company"
T = TypeVar("T")
_chance = random.SystemRandom()  # what seeds `random` gives other processes the same numbers
_taken: set[int] = set()
_ADDING = """
import io, json
from django.core.management import call_command

def told(*words):
    out = io.StringIO()
    call_command(*words, "--json", stdout=out)
    return json.loads(out.getvalue())

print(json.dumps({
    name: told("add_person", name, "--role", role) | told("api_token", name, "tests")
    for name, role in %r.items()
}))
"""


def wait_for(look: Callable[[], T | None], *, seconds: float = 90.0, pause: float = 0.05) -> T:
    """The first true thing that `look` returns; fails after `seconds`."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = look()
        if found:
            return found
        time.sleep(pause)
    raise AssertionError(f"nothing came within {seconds} seconds")


@dataclass
class LiveDesk:
    home: Path
    port: int
    extra: dict[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None
    passwords: dict[str, str] = field(default_factory=dict, repr=False)
    tokens: dict[str, str] = field(default_factory=dict, repr=False)

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("PASOKH_", "DJANGO_"))}
        own = {"PASOKH_HOME": str(self.home), "HF_HUB_OFFLINE": "1"}
        own |= {"PASOKH_API_RATE": "1000000"}  # whoever waits for something long asks very often
        return kept | own | self.extra

    def manage(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=600,
        )
        if check and done.returncode:
            raise AssertionError(f"{arguments} exited {done.returncode}: {done.stderr[-2000:]}")
        return done

    @cached_property
    def connection_settings(self) -> dict[str, str]:
        """What psycopg needs to connect to the desk's database."""
        code = "import json; from runtime.database import connection_settings as found;"
        code += "print(json.dumps(found(), default=str))"
        found: dict[str, str] = json.loads(self.manage("shell", "--no-imports", "-c", code).stdout)
        return found

    def add_people(self, **roles: str) -> None:
        """By the commands, but in one process: to start it takes longer than to do the work."""
        told = json.loads(self.manage("shell", "--no-imports", "-c", _ADDING % roles).stdout)
        self.passwords |= {name: of["password"] for name, of in told.items()}
        self.tokens |= {name: of["token"] for name, of in told.items()}

    @property
    def command(self) -> list[str]:
        return [sys.executable, "manage.py", "start", "--port", str(self.port)]

    def start(self) -> None:
        log = (self.home / "desk.log").open("ab")
        self.process = subprocess.Popen(
            self.command,
            cwd=ROOT,
            env=self.environment,
            stdout=log,
            stderr=log,
            stdin=subprocess.DEVNULL,
        )
        wait_for(self._answers, seconds=240)

    def stop(self) -> int:
        """Ctrl-C; the exit status."""
        assert self.process is not None
        self.process.send_signal(signal.SIGINT)
        code = self.process.wait(120)
        self.process = None
        return code

    def child(self, words: str) -> psutil.Process | None:
        """The supervisor's child whose command line holds the words."""
        assert self.process is not None
        for process in psutil.Process(self.process.pid).children():
            try:
                if words in " ".join(process.cmdline()):
                    return process
            except psutil.NoSuchProcess:
                continue
        return None

    def api(self, person: str) -> httpx.Client:
        return httpx.Client(
            base_url=f"{self.base_url}/api/v1/",
            headers={"Authorization": f"Bearer {self.tokens[person]}"},
            timeout=120,
        )

    @contextmanager
    def browser_session(self, person: str) -> Iterator[httpx.Client]:
        """A client that has signed in by the form, as a browser does."""
        with httpx.Client(base_url=self.base_url, timeout=120, follow_redirects=True) as client:
            client.get("/sign-in/")
            fields = {
                "username": person,
                "password": self.passwords[person],
                "csrfmiddlewaretoken": client.cookies["csrftoken"],
            }
            answer = client.post("/sign-in/", data=fields, headers={"Referer": self.base_url})
            assert answer.status_code == 200, answer.status_code
            yield client

    def new_ticket(self, question: str, *, external_id: str, lang: str = "fa") -> int:
        """A ticket by the API, as another system would send it; its id."""
        body = {
            "source": "tests",
            "external_id": external_id,
            "subject": "",
            "text": question,
            "contact": f"{external_id}@customer.example",
            "name": "",
            "lang": lang,
        }
        with self.api("sara") as api:
            answer = api.post("tickets/", json=body)
            assert answer.status_code == 201, answer.text
            return answer.json()["id"]

    def suggestions(self, ticket: int) -> list[dict[str, Any]]:
        with self.api("sara") as api:
            answer = api.get(f"tickets/{ticket}/suggestions/")
            assert answer.status_code == 200, answer.text
            data = answer.json()
            return data["results"] if isinstance(data, dict) else data

    def drafts_ready(self, ticket: int) -> list[dict[str, Any]] | None:
        """The three drafts once all are finished, else None."""
        found = self.suggestions(ticket)
        done = len(found) == 3 and all(row["state"] == "ready" for row in found)
        return found if done else None

    def _answers(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, (self.home / "desk.log").read_text()[-3000:]
        try:
            return httpx.get(f"{self.base_url}/sign-in/", timeout=30).status_code == 200
        except httpx.TransportError:
            return False


def free_port() -> int:
    """Below those that the system gives to clients, which would else take it before it is served,
    or while what serves it is started again. No other process of the tests gets it, as long as this
    one lives."""
    ports = _ports()
    while True:
        port = _chance.randint(20_000, 32_000)
        if port in _taken:
            continue
        with socket.socket() as probe, suppress(OSError):
            fcntl.lockf(ports, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, port)
            _taken.add(port)
            probe.bind(("127.0.0.1", port))
            return port


@cache
def _ports() -> int:
    """A file that all processes of the tests share: a port's byte is locked by the one that has
    it."""
    path = Path(tempfile.gettempdir()) / f"pasokh-ports-{os.getuid()}"
    return os.open(path, os.O_RDWR | os.O_CREAT, 0o600)


@contextmanager
def live_desk(*, past_tickets: bool = True, **extra: str) -> Iterator[LiveDesk]:
    """A started desk with the sample company's knowledge, agents sara and omid, admin mina; the
    rest goes into the environment of its processes."""
    # A short path: a Unix socket's has at most 107 characters.
    with tempfile.TemporaryDirectory(prefix="pasokh-", ignore_cleanup_errors=True) as folder:
        desk = LiveDesk(home=Path(folder), port=free_port(), extra=extra)
        desk.manage("setup_desk")
        desk.manage("import_articles", str(COMPANY / "articles"))
        if past_tickets:
            files = sorted(COMPANY.glob("past_tickets/*.jsonl"))
            desk.manage("import_tickets", *map(str, files))
        desk.add_people(sara="agent", omid="agent", mina="admin")
        desk.start()
        try:
            yield desk
        finally:
            if desk.process is not None:
                desk.stop()
