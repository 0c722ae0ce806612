"""`manage.py work_doors [--door NAME] [--once]`"""

import time
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from doors import working
from doors.models import Door
from runtime.commands import JsonCommand, Outcome
from runtime.errors import InputError


class NoSuchDoor(InputError):
    """No door of that name."""


class Command(JsonCommand):
    help = (
        "Take in what came through the doors and send what waits. The workers do it by themselves; "
        "this does it now, and without --once every few seconds until it is stopped."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--door", default="", help="Only the door of this name.")
        parser.add_argument("--once", action="store_true", help="One round, then end.")
        parser.add_argument(
            "--pause", type=float, default=5.0, help="Seconds between rounds (0.1 to 3600)."
        )

    def run(self, *, door: str, once: bool, pause: float, **options: Any) -> Outcome:
        if not 0.1 <= pause <= 3600:
            raise InputError("--pause must be 0.1 to 3600 seconds.")
        doors = Door.objects.filter(active=True)
        if door:
            doors = doors.filter(name=door)
            if not doors.exists():
                raise NoSuchDoor("There is no active door of that name; see the page of doors.")
        if once:
            done = {one.name: working.work(one.pk) for one in doors}
            return _outcome(done)
        while True:
            ready = set(working.due())
            more = False
            for pk in doors.values_list("pk", flat=True):
                if pk in ready:
                    more = working.work(pk).more or more
            if not more:
                time.sleep(pause)


def _outcome(done: dict[str, working.Worked]) -> Outcome:
    return Outcome(
        {"doors": [{"door": name, **asdict(worked)} for name, worked in done.items()]},
        [
            f"{name}: {worked.received} looked at, {worked.sent} sent."
            + (f" {worked.trouble}" if worked.trouble else "")
            + (" Another process works it." if worked.busy else "")
            for name, worked in done.items()
        ],
        partly=any(worked.trouble for worked in done.values()),
    )
