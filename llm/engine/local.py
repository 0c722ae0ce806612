"""The engine of one process: a base in memory, adapters beside it, all rows in one decode.

Public entry: `LocalEngine`. A call reads each prompt once with the adapters off, keeps it in memory
once, and then decodes all rows together, each with its own adapter, so three drafts cost about as
much as one and a third. The invocation is the first thing that the decode reads, so the adapters
see exactly the tokens that they were trained to see. A model that `llm.engine.attention` does not
know goes the slower way of `llm.engine.generic`.

Worker processes only. One call at a time: a second thread waits.
"""

import threading
from collections.abc import Sequence
from pathlib import Path

from llm.engine.adapters import Adapter, AdapterShelf
from llm.engine.attention import knows
from llm.engine.batching import write_rows
from llm.engine.decode import decode
from llm.engine.generic import decode_generic
from llm.engine.likelihood import answer_loss
from llm.engine.loading import load_base
from llm.engine.packing import keep_four_bits, pack_linears
from llm.engine.progress import RowProgress
from llm.engine.results import (
    EngineError,
    OnText,
    PromptTooLong,
    RowRequest,
    RowResult,
    ShouldStop,
)
from llm.engine.rows import Row
from llm.engine.sampling import Draws
from llm.engine.tokens import PromptIds, plain_ids, prompt_ids
from llm.manifest import Manifest
from llm.prompts import LAYOUTS, Layout

MAX_ROWS = 256


class LocalEngine:
    """One base and the versions that were loaded on it, by name."""

    def __init__(self, base_folder: Path, *, four_bit: bool = True) -> None:
        """Raises `ManifestError` where the base cannot be used."""
        self._base = load_base(base_folder, four_bit=four_bit)
        pack_linears(self._base.model)
        keep_four_bits(self._base.model)
        self._shelf = AdapterShelf(self._base.manifest, self._base.model)
        self._versions: dict[str, Adapter | None] = {}
        self._write = decode if knows(self._base.model, room=self._base.room) else decode_generic
        self._lock = threading.Lock()

    @property
    def base(self) -> Manifest:
        return self._base.manifest

    @property
    def parameters(self) -> int:
        """How large the base is, its adapters not counted."""
        return self._base.parameters

    def load(self, name: str, adapter_folder: Path | None) -> None:
        """Make a version ready to be asked for as `name`; None is the untuned base.

        A name that is loaded already changes to the new folder. Raises `ManifestError`; the
        versions that were loaded before can be used as before.
        """
        with self._lock:
            adapter = None if adapter_folder is None else self._shelf.add(adapter_folder)
            self._release(name)
            self._versions[name] = adapter

    def unload(self, name: str) -> None:
        """Forget a version; nothing happens where it is not loaded."""
        with self._lock:
            self._release(name)

    def count_tokens(self, text: str) -> int:
        """How many tokens the base reads in `text`, nothing put before or behind it."""
        return len(plain_ids(self._base.tokenizer, text))

    def check(self, request: RowRequest) -> None:
        """Raise what `generate` would raise for this row: `PromptTooLong`, `EngineError`."""
        with self._lock:
            self._row(0, request, self._ids(request))

    def loss(self, request: RowRequest, answer: str) -> tuple[float, int] | None:
        """How unlikely this answer is to the version: the negative log-likelihood of its tokens and
        the end mark, and how many these are, cut to the room that there is. None for a version that
        a training left without numbers. Raises what `check` raises."""
        with self._lock:
            row = self._row(0, request, self._ids(request))
            if row.done:
                return None
            layout = LAYOUTS.get(request.prompt.version)
            written = layout.written(answer) if layout else answer
            ids = [*plain_ids(self._base.tokenizer, written), self._base.end_ids[0]]
            ids = ids[: self._room(row.adapter, row.ids)]
            return answer_loss(self._shelf, row, ids), len(ids)

    def generate(
        self,
        rows: Sequence[RowRequest],
        *,
        on_text: OnText = lambda row, text: None,
        should_stop: ShouldStop = lambda row: False,
    ) -> list[RowResult]:
        """Write one answer per row; results stand in the order of `rows`.

        Rows of one ticket share their prompt; rows of several tickets are written together as well.
        `on_text` gets a row's whole text so far, as often as it grows; what it gets last is the
        row's result. What it raises ends the call and is raised here. `should_stop` is asked for
        every row at every token. Raises `PromptTooLong`, and `EngineError` for a version that is
        not loaded, before anything is written; `check` says so for one row.
        """
        if not 0 < len(rows) <= MAX_ROWS:
            raise EngineError(f"A call writes 1 to {MAX_ROWS} rows.")
        with self._lock:
            known: dict[int, PromptIds] = {}
            for one in rows:
                if id(one.prompt) not in known:
                    known[id(one.prompt)] = self._ids(one)
            batch = [
                self._row(number, one, known[id(one.prompt)]) for number, one in enumerate(rows)
            ]
            write_rows(
                batch,
                lambda some: self._write(
                    self._shelf, some, on_text=on_text, should_stop=should_stop
                ),
            )
            return [row.progress.result(prompt_tokens=len(row.ids)) for row in batch]

    def _ids(self, request: RowRequest) -> PromptIds:
        ids = prompt_ids(self._base.tokenizer, request.prompt)
        if not ids.context or not ids.invocation:
            raise EngineError("A prompt needs a text and an invocation.")
        return ids

    def _release(self, name: str) -> None:
        adapter = self._versions.pop(name, None)
        left = {one.key for one in self._versions.values() if one is not None}
        if adapter is not None and adapter.key not in left:
            self._shelf.drop(adapter)

    def _row(self, number: int, request: RowRequest, ids: PromptIds) -> Row:
        if request.version not in self._versions:
            raise EngineError(f"Model version {request.version} is not loaded.")
        adapter = self._versions[request.version]
        # An activated adapter sleeps on, without a word, where its invocation is missing.
        if adapter and adapter.invocation and adapter.invocation != tuple(ids.invocation):
            raise EngineError(
                f"Model version {request.version} was trained on another prompt layout:"
                " this prompt's invocation does not wake it."
            )
        room = self._room(adapter, ids)
        if room < 1:
            raise PromptTooLong(f"The prompt's {len(ids)} tokens leave no room for an answer.")
        layout = LAYOUTS.get(request.prompt.version)  # a prompt of no layout has no stop of its own
        progress = RowProgress(
            limit=min(request.settings.max_new_tokens, room),
            end_ids=(*self._base.end_ids, *self._stop_ids(layout)),
            decode=self._text,
            seconds_limit=request.seconds_limit,
            stop=layout.stop if layout else "",
            spoken=layout.spoken if layout else str,
        )
        if adapter is not None and not adapter.usable:
            progress.end("failed")
        return Row(
            number=number,
            adapter=adapter,
            ids=ids,
            draws=Draws(request.settings),
            progress=progress,
        )

    def _stop_ids(self, layout: Layout | None) -> list[int]:
        """Where the layout's stop is one token of the base: its text may be hidden then."""
        ids = plain_ids(self._base.tokenizer, layout.stop) if layout and layout.stop else []
        return ids if len(ids) == 1 else []

    def _room(self, adapter: Adapter | None, ids: PromptIds) -> int:
        """Tokens that an answer may have."""
        virtual = 0 if adapter is None or adapter.virtual is None else len(adapter.virtual)
        return self._base.room - len(ids) - virtual

    def _text(self, ids: list[int]) -> str:
        text: str = self._base.tokenizer.decode(
            ids, skip_special_tokens=True, clean_up_tokenization_spaces=False
        )
        return text
