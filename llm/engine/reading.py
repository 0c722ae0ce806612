"""Read each prompt once for all rows that read it alike.

Public entries: `read_prompts`, `Reading`. An activated adapter leaves the tokens before its
invocation untouched, so one reading serves the untuned base and all activated adapters. A plain
LoRA, a version with embeddings of its own and a P-tuned one (virtual tokens before the prompt) read
with their own eyes: a reading each. Read piece by piece, so that a cancelled ticket costs no more
than a piece and long prompts little memory. Worker processes only.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import torch  # noqa: TID253
from transformers import DynamicCache  # noqa: TID253

from llm.engine.adapters import AdapterShelf
from llm.engine.memory import Peak
from llm.engine.results import ShouldStop
from llm.engine.row_cache import layers_of
from llm.engine.rows import Row, end_unwanted

PIECE: Final = 512
"""Tokens at a time: as fast as the whole, and its activations stay in the processor's cache."""


@dataclass
class Reading:
    """One prompt as one reader reads it, for these rows; `layers` are its keys and values."""

    rows: list[Row]
    layers: list[tuple[Any, Any]]


def read_prompts(
    shelf: AdapterShelf, rows: Sequence[Row], *, should_stop: ShouldStop, peak: Peak
) -> list[Reading]:
    """A reading for each prompt and reader; rows that ended meanwhile have none."""
    together: dict[tuple[int, str], list[Row]] = {}
    for row in rows:
        together.setdefault((id(row.ids), row.reader), []).append(row)
    readings = []
    for group in together.values():
        begun = time.monotonic()
        cache = _read(shelf, group, should_stop=should_stop, peak=peak)
        for row in group:
            row.progress.prefill_seconds += time.monotonic() - begun
        alive = [row for row in group if not row.done]
        if alive and cache is not None:
            readings.append(Reading(alive, layers_of(cache)))
    return readings


def _read(shelf: AdapterShelf, group: Sequence[Row], *, should_stop: ShouldStop, peak: Peak) -> Any:
    """None where no row of the group is wanted any more."""
    row = group[0]
    network = shelf.network
    cache = DynamicCache(config=network.config)
    ids = torch.tensor([row.ids.context], device=network.device)
    virtual = None if row.adapter is None else row.adapter.virtual
    pieces = [
        {"input_ids": ids[:, start : start + PIECE]} for start in range(0, ids.shape[1], PIECE)
    ]
    if virtual is not None:
        pieces.insert(0, {"inputs_embeds": virtual[None].to(network.device, network.dtype)})
    with shelf.routing.rows([row.reading_route]):
        for piece in pieces:
            end_unwanted(group, should_stop)
            if all(one.done for one in group):
                return None
            network.base_model(**piece, past_key_values=cache, use_cache=True)
            peak.look()
    return cache
