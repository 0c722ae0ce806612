"""200 in (fewer in `make test`), with repeats at once, and as many out to a receiver that answers
badly: none lost and none doubled, though the door's process and the receiver are killed (SIGKILL)
between a reply's being taken and our hearing so, and before it.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

from doors.models import Outgoing
from tests.doors.webhook.conftest import OUT_KEY
from tests.doors.webhook.test_webhook import answer, knock, payload
from tests.live_desk import free_port
from tests.whole import WHOLE
from tickets.models import Message, Ticket

pytestmark = pytest.mark.django_db(transaction=True)
TICKETS = 200 if WHOLE else 80
SECONDS = 480.0  # a quiet machine needs a fraction of it


class Processes:
    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, free_port()
        self.running: dict[str, subprocess.Popen[bytes]] = {}
        self.deadline = time.monotonic() + SECONDS

    @property
    def place(self) -> str:
        return f"127.0.0.1:{self.port}"

    def start(self, name: str) -> None:
        commands = {
            "receiver": [
                *("-m", "tests.doors.webhook.receiver_process"),
                *(str(self.port), str(self.folder), OUT_KEY),
            ],
            "door": ["manage.py", "work_doors", "--pause", "0.1"],
        }
        self.running[name] = subprocess.Popen(
            [sys.executable, *commands[name]],
            cwd=settings.BASE_DIR,
            env=os.environ
            | {
                "PASOKH_HOME": str(settings.PASOKH_HOME),
                "PASOKH_DATABASE": str(connection.settings_dict["NAME"]),
                "PASOKH_FETCH_ALLOW": self.place,
                "PASOKH_STALE_SECONDS": "2",
                "PASOKH_DOOR_SECONDS": "1",
                "DJANGO_SETTINGS_MODULE": "config.settings",
            },
            stdin=subprocess.DEVNULL,
            stdout=(self.folder / "log").open("ab"),
            stderr=subprocess.STDOUT,
        )

    def kill(self, name: str) -> None:
        process = self.running.pop(name, None)
        if process is not None:
            process.kill()
            process.wait(60)

    def until(self, reached: Callable[[], bool]) -> None:
        """Lets the time of pauses pass."""
        while not reached():
            assert time.monotonic() < self.deadline, (self.folder / "log").read_text()[-3000:]
            Outgoing.objects.filter(state__in=("waiting", "unsure")).update(next_at=AGES_AGO)
            time.sleep(0.05)

    def until_held(self, *, after: bool) -> None:
        (self.folder / "held").unlink(missing_ok=True)
        (self.folder / ("hold-after" if after else "hold-before")).touch()
        self.until((self.folder / "held").exists)
        assert Outgoing.objects.filter(state="sending").count() == 1

    def taken(self) -> list[str]:
        found = (json.loads(path.read_bytes()) for path in self.folder.glob("*.json"))
        return sorted(one["reply"]["text"] for one in found)


AGES_AGO = "2020-01-01T00:00:00Z"


@pytest.fixture
def processes(tmp_path, monkeypatch):
    made = Processes(tmp_path)
    monkeypatch.setattr(settings, "FETCH_ALLOW", [made.place])
    yield made
    for name in tuple(made.running):
        made.kill(name)


def sent() -> int:
    return Outgoing.objects.filter(state="sent").count()


def test_none_is_lost_and_none_doubled_whatever_is_killed(make_door, processes, sara):
    make_door(url=f"http://{processes.place}/tickets/{{ticket}}/reply", remote_id="")
    (processes.folder / "statuses").write_text("\n".join(["200"] * 30 + ["500", "503"] * 3))

    def twice(number):
        try:
            told = payload(ticket=number, text=f"Case {number}")
            return [knock(told, number=f"n{number}").status_code for _time in range(2)]
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        statuses = list(pool.map(twice, [*range(TICKETS), *range(0, TICKETS, 4)]))
    assert sum(status == 202 for pair in statuses for status in pair) == TICKETS
    assert Ticket.objects.count() == Message.objects.count() == TICKETS
    for ticket in Ticket.objects.all():
        answer(ticket, sara, f"Case {ticket.external_id} is solved.")

    for name in ("receiver", "door"):
        processes.start(name)
    processes.until(lambda: sent() >= TICKETS * 3 // 10)
    processes.until_held(after=True)
    processes.kill("door")
    processes.start("door")
    processes.until(lambda: sent() >= TICKETS // 2)
    processes.until_held(after=True)
    processes.kill("receiver")
    processes.start("receiver")
    processes.until(lambda: sent() >= TICKETS * 7 // 10)
    processes.until_held(after=False)
    for name in ("door", "receiver"):
        processes.kill(name)
        processes.start(name)
    processes.until(lambda: sent() == TICKETS)
    assert processes.taken() == sorted(f"Case {number} is solved." for number in range(TICKETS))
