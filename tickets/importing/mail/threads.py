"""Which messages belong together: `threads(heads)`. Pure.

By References and In-Reply-To; a reply without either belongs to the last message of the same
subject between the same people (RFC 5256 threads so too), if that is not older than ONE_SUBJECT.
"""

import hashlib
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from tickets.importing.mail.messages import Head

ONE_SUBJECT: Final = timedelta(days=60)
_NO_TIME = datetime.min.replace(tzinfo=UTC)


def threads(heads: Sequence[Head]) -> list[list[int]]:
    """Places in `heads`, each thread oldest first, threads in the order of their first message in
    the file. The same message twice (copied into two folders) stands once."""
    groups = _Groups(len(heads))
    by_id: dict[str, int] = {}
    doubles: set[int] = set()
    own: set[str] = set()
    for number, head in enumerate(heads):
        if head.message_id in own:
            doubles.add(number)
        elif head.message_id:
            own.add(head.message_id)
        for one in (head.message_id, *head.references):
            if one:
                groups.join(by_id.setdefault(one, number), number)
    _join_by_subject(heads, groups)
    found: dict[int, list[int]] = {}
    for number in range(len(heads)):
        if number not in doubles:
            found.setdefault(groups.first(number), []).append(number)
    return [_by_time(heads, group) for group in found.values()]


def root_of(heads: Sequence[Head]) -> str:
    """Names the thread, whichever of its messages are there; "" where nothing does."""
    for head in heads:
        if head.references:
            return head.references[0]
    return next((head.message_id for head in heads if head.message_id), "")


def _join_by_subject(heads: Sequence[Head], groups: "_Groups") -> None:
    last: dict[bytes, int] = {}
    for number in _by_time(heads, range(len(heads))):
        head = heads[number]
        if not head.thread_subject:
            continue
        people = "\n".join(sorted({head.address, *head.to}))
        key = hashlib.sha256(f"{head.thread_subject}\0{people}".encode()).digest()[:12]
        before = last.get(key)
        if before is not None and head.is_reply and not head.references:
            then, now = heads[before].at, head.at
            if then is None or now is None or now - then <= ONE_SUBJECT:
                groups.join(before, number)
        last[key] = number


def _by_time(heads: Sequence[Head], numbers: Iterable[int]) -> list[int]:
    return sorted(numbers, key=lambda one: (heads[one].at or _NO_TIME, one))


class _Groups:
    """Union-find; a group is named by its lowest number."""

    def __init__(self, size: int) -> None:
        self._parents = list(range(size))

    def first(self, number: int) -> int:
        while self._parents[number] != number:
            self._parents[number] = self._parents[self._parents[number]]
            number = self._parents[number]
        return number

    def join(self, one: int, other: int) -> None:
        first, second = sorted((self.first(one), self.first(other)))
        self._parents[second] = first
