"""Write all rows of a batch together, each with its own adapter and settings.

Public entry: `decode`. transformers' own `generate` runs the loop, so every architecture that it
knows works; the steps of `llm.engine.stepping` give each row its own way. Worker processes only.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch  # noqa: TID253
from transformers import GenerationConfig, LogitsProcessorList, StoppingCriteriaList  # noqa: TID253

from llm.engine.adapters import NO_ADAPTER, Adapter, AdapterShelf
from llm.engine.hooks import hooks_restored
from llm.engine.prefill import shared_prefill
from llm.engine.progress import RowProgress
from llm.engine.results import GenerationSettings, OnText, ShouldStop
from llm.engine.stepping import RowSampling, RowStopping, RowStreaming
from llm.engine.tokens import PromptIds


@dataclass(frozen=True)
class Row:
    """One candidate on its way; no adapter: the untuned base."""

    adapter: Adapter | None
    settings: GenerationSettings
    progress: RowProgress


def decode(
    shelf: AdapterShelf,
    rows: Sequence[Row],
    *,
    ids: PromptIds,
    on_text: OnText,
    should_stop: ShouldStop,
) -> None:
    """Fill each row's progress. Raises what `on_text` raised, after the model is clean again."""
    model = shelf.model
    progress = [row.progress for row in rows]
    streaming = RowStreaming(progress, on_text)
    whole = torch.tensor([ids.context + ids.invocation] * len(rows), device=model.device)
    with torch.inference_mode(), hooks_restored(model):
        cache = shared_prefill(shelf, [row.adapter for row in rows], context=ids.context)
        model.generate(
            input_ids=whole,
            attention_mask=torch.ones_like(whole),
            past_key_values=cache,
            generation_config=GenerationConfig(
                do_sample=False, max_new_tokens=max(one.limit for one in progress)
            ),
            logits_processor=LogitsProcessorList(
                [RowSampling(progress, [row.settings for row in rows])]
            ),
            stopping_criteria=StoppingCriteriaList([RowStopping(progress, should_stop)]),
            streamer=streaming,
            **({} if shelf.empty else _routes(rows, ids)),
        )
    if streaming.error is not None:
        raise streaming.error


def _routes(rows: Sequence[Row], ids: PromptIds) -> dict[str, Any]:
    """Which adapter each row takes, and from which token before the end an activated one is awake.

    PEFT would look for the invocation by itself; told the place, it cannot mistake a customer's
    words for it.
    """
    adapters = [row.adapter for row in rows]
    return {
        "adapter_names": [one.key if one else NO_ADAPTER for one in adapters],
        "alora_offsets": [
            len(ids.invocation) if one and one.invocation else None for one in adapters
        ],
    }
