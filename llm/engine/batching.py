"""Rows into batches that fit: a batch that does not is halved and goes on.

Public entry: `write_rows`. What a row had written before its batch fell apart is kept: the smaller
batch reads it and writes on. Worker processes only.
"""

import gc
from collections import deque
from collections.abc import Callable, Sequence
from typing import Final

import torch  # noqa: TID253

from llm.engine.memory import is_out_of_memory
from llm.engine.rows import Row

BATCH_ROWS: Final = 64
_PADDING: Final = 1.5
"""A batch takes prompts of at most so many times the shortest one's length: the shorter ones are
filled up to the longest."""


def write_rows(rows: Sequence[Row], write: Callable[[Sequence[Row]], None]) -> None:
    """Have `write` end all rows, as many at a time as fit. A row that does not fit alone fails."""
    waiting = deque(batches(rows))
    while waiting:
        batch = [row for row in waiting.popleft() if not row.done]
        if not batch or _fitted(batch, write):
            continue
        _free()
        if len(batch) == 1:
            batch[0].progress.end("failed")
        else:
            half = _cut(batch)
            waiting.extendleft((batch[half:], batch[:half]))


def batches(rows: Sequence[Row]) -> list[list[Row]]:
    """Rows of one prompt beside each other, prompts of like length together, in the order in which
    the tickets came where that makes no difference."""
    ordered = sorted(rows, key=lambda row: len(row.ids))
    found: list[list[Row]] = []
    for row in ordered:
        if found and len(found[-1]) < BATCH_ROWS and _alike(found[-1][0], row):
            found[-1].append(row)
        else:
            found.append([row])
    for batch in found:
        first = {id(row.ids): row.number for row in reversed(batch)}
        batch.sort(key=lambda row: (first[id(row.ids)], row.number))
    return sorted(found, key=lambda batch: min(row.number for row in batch))


def _alike(first: Row, other: Row) -> bool:
    return len(other.ids) <= max(_PADDING * len(first.ids), len(first.ids) + 256)


def _cut(batch: Sequence[Row]) -> int:
    """The middle, or the place near it where another prompt begins."""
    borders = [at for at in range(1, len(batch)) if batch[at].ids is not batch[at - 1].ids] or list(
        range(1, len(batch))
    )
    return min(borders, key=lambda at: abs(2 * at - len(batch)))


def _fitted(batch: Sequence[Row], write: Callable[[Sequence[Row]], None]) -> bool:
    """The error is let go before anything else is tried: it holds on to what filled the memory."""
    try:
        write(batch)
    except (RuntimeError, MemoryError) as error:
        if not is_out_of_memory(error):
            raise
        return False
    return True


def _free() -> None:
    gc.collect(1)  # what the failed pass left is young
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
