"""Read the prompt once, for all rows that read it alike.

Public entry: `shared_prefill`. An activated adapter leaves the tokens before its invocation
untouched, so its keys and values of the prompt are the base's, and one reading serves the untuned
base and all activated adapters. A plain LoRA reads the prompt with its own eyes: each such adapter
adds one row to the reading. The result has one row for each candidate. Worker processes only.
"""

from collections.abc import Sequence
from typing import Any

import torch  # noqa: TID253

from llm.engine.adapters import NO_ADAPTER, Adapter, AdapterShelf


def shared_prefill(
    shelf: AdapterShelf, adapters: Sequence[Adapter | None], *, context: Sequence[int]
) -> Any:
    """The cache of `context`, a row for each of `adapters` (None: the untuned base)."""
    readers = [_reader(adapter) for adapter in adapters]
    distinct = list(dict.fromkeys(readers))
    ids = torch.tensor([list(context)] * len(distinct), device=shelf.model.device)
    arguments = {"input_ids": ids, "use_cache": True, "logits_to_keep": 1}
    if shelf.empty:
        cache = shelf.model(**arguments).past_key_values
    elif distinct == [NO_ADAPTER]:
        with shelf.model.disable_adapter():
            cache = shelf.model.base_model(**arguments).past_key_values
    else:
        cache = shelf.model(**arguments, adapter_names=distinct).past_key_values
    if len(distinct) == 1:
        cache.batch_repeat_interleave(len(readers))
    else:
        order = [distinct.index(reader) for reader in readers]
        cache.batch_select_indices(torch.tensor(order, device=ids.device))
    return cache


def _reader(adapter: Adapter | None) -> str:
    return NO_ADAPTER if adapter is None or adapter.invocation is not None else adapter.key
