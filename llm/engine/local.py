"""The engine of one process: a base in memory, adapters beside it, all rows in one decode.

Public entry: `LocalEngine`. A call reads the prompt once with the adapters off, gives every row a
copy of that cache, and then decodes all rows together, each with its own adapter, so three drafts
cost about as much as one and a half. The invocation is the first thing that the decode reads, so
the adapters see exactly the tokens that they were trained to see.

Worker processes only. One call at a time: a second thread waits.
"""

import threading
from collections.abc import Sequence
from pathlib import Path

from llm.engine.adapters import Adapter, AdapterShelf
from llm.engine.decode import Row, decode
from llm.engine.loading import load_base
from llm.engine.progress import RowProgress
from llm.engine.results import (
    EngineError,
    OnText,
    PromptTooLong,
    RowRequest,
    RowResult,
    ShouldStop,
)
from llm.engine.tokens import PromptIds, plain_ids, prompt_ids
from llm.manifest import Manifest
from llm.prompts import Prompt

MAX_ROWS = 16


class LocalEngine:
    """One base and the versions that were loaded on it, by name."""

    def __init__(self, base_folder: Path, *, four_bit: bool = True) -> None:
        """Raises `ManifestError` where the base cannot be used."""
        self._base = load_base(base_folder, four_bit=four_bit)
        self._shelf = AdapterShelf(self._base.manifest, self._base.model)
        self._versions: dict[str, Adapter | None] = {}
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

    def generate(
        self,
        prompt: Prompt,
        rows: Sequence[RowRequest],
        *,
        on_text: OnText = lambda row, text: None,
        should_stop: ShouldStop = lambda: False,
    ) -> list[RowResult]:
        """Write one answer per row; results stand in the order of `rows`.

        `on_text` gets a row's whole text so far, as often as it grows; what it gets last is the
        row's result. What it raises ends the decode and is raised here. `should_stop` is asked at
        every token. Raises `PromptTooLong`, and `EngineError` for a version that is not loaded.
        """
        if not 0 < len(rows) <= MAX_ROWS:
            raise EngineError(f"A call writes 1 to {MAX_ROWS} rows.")
        with self._lock:
            ids = prompt_ids(self._base.tokenizer, prompt)
            if not ids.context or not ids.invocation:
                raise EngineError("A prompt needs a text and an invocation.")
            batch = [self._row(row, ids) for row in rows]
            decode(self._shelf, batch, ids=ids, on_text=on_text, should_stop=should_stop)
            return [row.progress.result(prompt_tokens=len(ids)) for row in batch]

    def _release(self, name: str) -> None:
        adapter = self._versions.pop(name, None)
        if adapter is not None and adapter not in self._versions.values():
            self._shelf.drop(adapter)

    def _row(self, request: RowRequest, ids: PromptIds) -> Row:
        if request.version not in self._versions:
            raise EngineError(f"Model version {request.version} is not loaded.")
        adapter = self._versions[request.version]
        # An activated adapter sleeps on, without a word, where its invocation is missing.
        if adapter and adapter.invocation and adapter.invocation != tuple(ids.invocation):
            raise EngineError(
                f"Model version {request.version} was trained on another prompt layout:"
                " this prompt's invocation does not wake it."
            )
        room = self._base.room - len(ids)
        if room < 1:
            raise PromptTooLong(f"The prompt's {len(ids)} tokens leave no room for an answer.")
        progress = RowProgress(
            limit=min(request.settings.max_new_tokens, room),
            end_ids=self._base.end_ids,
            decode=self._text,
        )
        return Row(adapter=adapter, settings=request.settings, progress=progress)

    def _text(self, ids: list[int]) -> str:
        text: str = self._base.tokenizer.decode(
            ids, skip_special_tokens=True, clean_up_tokenization_spaces=False
        )
        return text
