"""How likely a given answer is to a version: `answer_loss`.

The same two passes as in writing: the context with the reader's eyes, then the invocation and the
answer through the row's own adapter. What a version loses here is what it would have to write.
Worker processes only.
"""

from collections.abc import Sequence
from typing import Any, Final

import torch  # noqa: TID253
from torch.nn import functional  # noqa: TID253
from transformers import DynamicCache  # noqa: TID253

from llm.engine.adapters import AdapterShelf
from llm.engine.rows import Row

PIECE: Final = 128
"""Tokens whose scores over the whole vocabulary are held as float32 at once."""


def answer_loss(shelf: AdapterShelf, row: Row, answer: Sequence[int]) -> float:
    """Minus the natural logarithm of the answer's probability, summed over its tokens."""
    network = shelf.network
    cache = DynamicCache(config=network.config)
    virtual = None if row.adapter is None else row.adapter.virtual
    with torch.inference_mode():
        with shelf.routing.rows([row.reading_route]):
            if virtual is not None:
                embeds = virtual[None].to(network.device, network.dtype)
                network.base_model(inputs_embeds=embeds, past_key_values=cache, use_cache=True)
            ids = torch.tensor([row.ids.context], device=network.device)
            network.base_model(input_ids=ids, past_key_values=cache, use_cache=True)
        own = torch.tensor([[*row.ids.invocation, *answer]], device=network.device)
        with shelf.routing.rows([row.route]):
            scores = network(
                input_ids=own,
                past_key_values=cache,
                use_cache=True,
                logits_to_keep=len(answer) + 1,
            ).logits[0, :-1]
    return _summed(scores, own[0, -len(answer) :])


def _summed(scores: Any, wanted: Any) -> float:
    total = 0.0
    for start in range(0, len(wanted), PIECE):
        part = scores[start : start + PIECE].float()
        total += float(
            functional.cross_entropy(part, wanted[start : start + PIECE], reduction="sum")
        )
    return total
