"""Which tests go together, and which begin first, when several processes share them.

A file's tests stay in one process, and so do all that look at the running desk: there is one. What
takes long, or waits for processes of its own, begins first, so that no process is left alone with
it at the end.
"""

from collections.abc import Sequence

import pytest

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


def put_in_groups(items: Sequence[pytest.Item]) -> None:
    live = {_file(item) for item in items if DESK in getattr(item, "fixturenames", ())}
    for item in items:
        item.add_marker(pytest.mark.xdist_group(DESK if _file(item) in live else _file(item)))


def in_order(items: Sequence[pytest.Item]) -> list[pytest.Item]:
    """The tests, by file; the order within a file is kept."""
    places = {name: place for place, name in enumerate(FIRST)}
    seen: dict[str, int] = {}

    def place(item: pytest.Item) -> tuple[bool, int, int]:
        name = _file(item)
        together = item.get_closest_marker("xdist_group")
        is_live = together is not None and together.args == (DESK,)
        return not is_live, places.get(name, len(places)), seen.setdefault(name, len(seen))

    return sorted(items, key=place)


def _file(item: pytest.Item) -> str:
    return item.nodeid.split("::", 1)[0]
