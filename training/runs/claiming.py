"""Which waiting runs this process has claimed: `claimed`, `is_ours`.

The process of a run claims its row before the work begins, and the work takes the row over; it must
not be counted as a second attempt.
"""

from collections.abc import Iterator
from contextlib import contextmanager

_ours: set[int] = set()


def is_ours(run_id: int) -> bool:
    return run_id in _ours


@contextmanager
def claimed(run_id: int) -> Iterator[None]:
    _ours.add(run_id)
    try:
        yield
    finally:
        _ours.discard(run_id)
