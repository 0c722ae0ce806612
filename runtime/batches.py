"""Any number of things, so many at a time: `batches(items, size)`."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

Item = TypeVar("Item")


def batches(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    """Read as they are asked for; the last one may be smaller, none is empty."""
    iterator = iter(items)
    while batch := list(islice(iterator, size)):
        yield batch
