"""Which tests go together, and which begin first, when several processes share them.

A file's tests stay in one process, and so do all that look at the running desk: there is one. What
takes long, or waits for processes of its own, begins first, so that no process is left alone with
it at the end.

The scheduler is ours: pytest-xdist's `loadgroup` knows a test's group by what it adds to the test's
name, and pytest 9.2 does not let it, so that each test went wherever there was room.
"""

from collections.abc import Sequence
from functools import cache
from pathlib import Path

import pytest
from xdist.scheduler import LoadScopeScheduling

ROOT = Path(__file__).parent.parent
DESK = "desk_server"
FIRST = (
    "tests/browser/test_pages.py",
    "tests/system/test_redis.py",
    "tests/doors/webhook/test_receiver_killed.py",
    "tests/training/test_spreading.py",
    "tests/doors/django_helpdesk/test_killed.py",
    "tests/doors/mail/test_killed.py",
    "tests/system/test_leaks.py",
)
"""After those that share the running desk: what takes long, in this order."""


class Together(LoadScopeScheduling):
    """A file at a time, and the files of the running desk as one."""

    def _split_scope(self, nodeid: str) -> str:
        return group_of(_file(nodeid))


@cache
def group_of(file: str) -> str:
    """The process that shares the tests out has their names alone: a file that asks for the desk
    says so in its text."""
    return DESK if DESK in (ROOT / file).read_text(encoding="utf-8") else file


def in_order(items: Sequence[pytest.Item]) -> list[pytest.Item]:
    """The tests, by file; the order within a file is kept."""
    places = {name: place for place, name in enumerate(FIRST)}
    seen: dict[str, int] = {}

    def place(item: pytest.Item) -> tuple[bool, int, int]:
        name = _file(item.nodeid)
        first = places.get(name, len(places))
        return group_of(name) != DESK, first, seen.setdefault(name, len(seen))

    return sorted(items, key=place)


def _file(nodeid: str) -> str:
    return nodeid.split("::", 1)[0]
