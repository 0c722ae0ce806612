"""The same by transformers' own `generate`, for models that `attention` does not know.

Public entry: `decode_generic`. One prompt after the other; all rows of a prompt together, each with
a copy of what was read. Every architecture that transformers knows works. Worker processes only.
"""

import time
from collections.abc import Sequence
from typing import Any

import torch  # noqa: TID253
from transformers import (  # noqa: TID253
    GenerationConfig,
    LogitsProcessor,
    LogitsProcessorList,
    StoppingCriteria,
    StoppingCriteriaList,
)

from llm.engine.adapters import AdapterShelf
from llm.engine.memory import Peak
from llm.engine.results import OnText, ShouldStop
from llm.engine.rows import Row, end_unwanted, note_tokens, tell
from llm.engine.sampling import Sampler


def decode_generic(
    shelf: AdapterShelf, rows: Sequence[Row], *, on_text: OnText, should_stop: ShouldStop
) -> None:
    """As `llm.engine.decode.decode`."""
    groups: dict[tuple[int, str, int], list[Row]] = {}
    for row in rows:
        virtual = row.reader if row.adapter and row.adapter.virtual is not None else ""
        groups.setdefault((id(row.ids), virtual, len(row.own_ids)), []).append(row)
    for (_, virtual, _), group in groups.items():
        end_unwanted(group, should_stop)
        alive = [row for row in group if not row.done]
        if alive:
            _write(shelf, alive, bool(virtual), on_text=on_text, should_stop=should_stop)


def _write(
    shelf: AdapterShelf,
    rows: Sequence[Row],
    virtual: bool,
    *,
    on_text: OnText,
    should_stop: ShouldStop,
) -> None:
    network = shelf.network
    peak = Peak(network.device)
    whole = torch.tensor([row.ids.context + row.own_ids for row in rows], device=network.device)
    with torch.inference_mode():
        begun = time.monotonic()
        given = _embedded(shelf, rows, whole) if virtual else _read(shelf, rows, whole)
        for row in rows:
            row.progress.prefill_seconds += time.monotonic() - begun
            row.progress.begin_decoding()
        with shelf.routing.rows([row.route for row in rows]):
            network.generate(
                **given,
                generation_config=GenerationConfig(
                    do_sample=False,
                    max_new_tokens=max(row.progress.limit - len(row.progress.ids) for row in rows),
                ),
                logits_processor=LogitsProcessorList([_Choosing(rows, network.device)]),
                stopping_criteria=StoppingCriteriaList([_Noting(rows, on_text, should_stop, peak)]),
            )


def _read(shelf: AdapterShelf, rows: Sequence[Row], whole: Any) -> dict[str, Any]:
    """Read the shared part, a row for each reader, and give every candidate its copy."""
    readers = [row.reader for row in rows]
    distinct = list(dict.fromkeys(readers))
    first = [rows[readers.index(reader)] for reader in distinct]
    ids = whole[: len(distinct), : len(rows[0].ids.context)]
    with shelf.routing.rows([row.reading_route for row in first]):
        cache = shelf.network(input_ids=ids, use_cache=True, logits_to_keep=1).past_key_values
    if len(distinct) == 1:
        cache.batch_repeat_interleave(len(rows))
    else:
        order = [distinct.index(reader) for reader in readers]
        cache.batch_select_indices(torch.tensor(order, device=ids.device))
    return {
        "input_ids": whole,
        "attention_mask": torch.ones_like(whole),
        "past_key_values": cache,
    }


def _embedded(shelf: AdapterShelf, rows: Sequence[Row], whole: Any) -> dict[str, Any]:
    """P-tuned rows of one version: its virtual tokens before the prompt's."""
    embedded = shelf.network.get_input_embeddings()(whole)
    adapter = rows[0].adapter
    assert adapter is not None
    virtual = adapter.virtual.to(embedded.device, embedded.dtype)[None].expand(len(rows), -1, -1)
    embedded = torch.cat([virtual, embedded], dim=1)
    ones = torch.ones(embedded.shape[:2], dtype=torch.long, device=embedded.device)
    return {"inputs_embeds": embedded, "attention_mask": ones}


class _Choosing(LogitsProcessor):
    """Scores in; out only the token that each row's own settings chose."""

    def __init__(self, rows: Sequence[Row], device: Any) -> None:
        self._rows = rows
        held = [row.ids.context + row.own_ids for row in rows]
        self._sampler = Sampler([row.draws for row in rows], held, device)

    def __call__(self, input_ids: Any, scores: Any) -> Any:
        tokens, usable = self._sampler.choose(scores)
        for row, good in zip(self._rows, usable, strict=True):
            if not good:
                row.progress.end("failed")
        chosen = torch.full_like(scores, -torch.inf)
        chosen[range(len(tokens)), tokens] = 0.0
        return chosen


class _Noting(StoppingCriteria):
    """Notes each row's new token, tells it, and says which rows have ended."""

    def __init__(
        self, rows: Sequence[Row], on_text: OnText, should_stop: ShouldStop, peak: Peak
    ) -> None:
        self._rows, self._peak = rows, peak
        self._on_text, self._should_stop = on_text, should_stop

    def __call__(self, input_ids: Any, scores: Any, **_: Any) -> Any:
        note_tokens(self._rows, input_ids[:, -1].tolist(), [True] * len(self._rows))
        tell(self._rows, self._on_text)
        end_unwanted(self._rows, self._should_stop)
        grown = self._peak.look()
        for row in self._rows:
            row.progress.peak_bytes = max(row.progress.peak_bytes, grown)
        ended = [row.done for row in self._rows]
        return torch.tensor(ended, dtype=torch.bool, device=input_ids.device)
