"""A token-classification model that reads texts: `NameModel.load(folder)`, `read(texts)`.

Worker and command processes only: torch loads here. It runs on the processor, with the engine's
setting for threads, and leaves their number as it was.
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import numpy as np
from django.conf import settings
from django.utils.translation import gettext as _

from tickets.second_opinion.entities import Entity, Window, entities
from tickets.second_opinion.folder import checked, unusable
from tickets.second_opinion.labels import Labels

WINDOW: Final = 256
"""Tokens. What is further away tells little about a name, and costs more than it tells."""
LEAST_WINDOW: Final = 16
BATCH_TOKENS: Final = 2048
ONE_THREAD_BELOW: Final = 5_000_000
"""Parameters: the layers of a smaller model only wait for a second thread."""


class NameModel:
    def __init__(self, model: Any, tokenizer: Any, labels: Labels, *, room: int) -> None:
        self._model = model
        self._tokenizer = tokenizer
        self._room = room
        self.labels = labels
        self.parameters = int(model.num_parameters())

    @classmethod
    def load(cls, folder: Path) -> "NameModel":
        """Raises UnusableNameModel."""
        labels = checked(folder)
        model, tokenizer = _loaded(folder)
        _check(folder, model, tokenizer, labels)
        room = _room(model, tokenizer)
        if room < LEAST_WINDOW:
            raise unusable(folder, _("it reads too few tokens at a time"))
        return cls(model, tokenizer, labels, room=room)

    def read(self, texts: Sequence[str]) -> list[list[Entity]]:
        """What the model takes for a person or a place, text by text."""
        windows: list[list[Window]] = [[] for _ in texts]
        filled = [number for number, text in enumerate(texts) if text.strip()]
        if filled:
            encoded = self._encoded([texts[number] for number in filled])
            with _threads(self.parameters):
                firsts = self._firsts(encoded["overflow_to_sample_mapping"])
                for row, scores in self._scores(encoded):
                    text = filled[encoded["overflow_to_sample_mapping"][row]]
                    windows[text].append(_window(encoded, row, scores, firsts[row]))
        return [
            entities(text, _closed(read), self.labels)
            for text, read in zip(texts, windows, strict=True)
        ]

    def _encoded(self, texts: Sequence[str]) -> Any:
        return self._tokenizer(
            list(texts),
            truncation=True,
            max_length=self._room,
            stride=self._stride,
            return_overflowing_tokens=True,
            return_offsets_mapping=True,
            return_special_tokens_mask=True,
        )

    @property
    def _stride(self) -> int:
        return self._room // 6

    def _scores(self, encoded: Any) -> Iterator[tuple[int, Any]]:
        """(row of `encoded`, likelihood of each label for each token). Rows of a like length
        together, so that little is padded."""
        import torch

        lengths = [len(ids) for ids in encoded["input_ids"]]
        for rows in _batches(lengths):
            batch = self._tokenizer.pad(
                {"input_ids": [encoded["input_ids"][row] for row in rows]}, return_tensors="pt"
            )
            with torch.inference_mode():
                said = self._model(
                    input_ids=batch["input_ids"], attention_mask=batch["attention_mask"]
                )
            likely = torch.softmax(said.logits.float(), dim=-1).numpy()
            masks = batch["attention_mask"].numpy().astype(bool)  # padding may stand on the left
            for row, scores, mask in zip(rows, likely, masks, strict=True):
                yield row, scores[mask]

    def _firsts(self, texts: Sequence[int]) -> list[int]:
        """For each row, which token of its text it begins with."""
        step = self._room - self._tokenizer.num_special_tokens_to_add() - self._stride
        firsts: list[int] = []
        for row, text in enumerate(texts):
            goes_on = row > 0 and texts[row - 1] == text
            firsts.append(firsts[-1] + step if goes_on else 0)
        return firsts


def _window(encoded: Any, row: int, scores: Any, first: int) -> Window:
    own = ~np.array(encoded["special_tokens_mask"][row], dtype=bool)
    places = np.array(encoded["offset_mapping"][row], dtype=np.int64).reshape(-1, 2)
    return Window(first, places[own], scores[own])


def _closed(windows: list[Window]) -> list[Window]:
    """In order, each told which of its edges are the text's own."""
    windows.sort(key=lambda one: one.first)
    last = len(windows) - 1
    return [
        Window(one.first, one.places, one.scores, opens=number == 0, closes=number == last)
        for number, one in enumerate(windows)
    ]


def _batches(lengths: Sequence[int]) -> Iterator[list[int]]:
    rows: list[int] = []
    for row in sorted(range(len(lengths)), key=lengths.__getitem__):
        if rows and lengths[row] * (len(rows) + 1) > BATCH_TOKENS:
            yield rows
            rows = []
        rows.append(row)
    if rows:
        yield rows


def _loaded(folder: Path) -> tuple[Any, Any]:
    import transformers
    from safetensors import SafetensorError
    from transformers import AutoModelForTokenClassification, AutoTokenizer

    transformers.utils.logging.disable_progress_bar()
    transformers.utils.logging.set_verbosity_error()
    kept = {"local_files_only": True, "trust_remote_code": False}
    try:
        tokenizer = AutoTokenizer.from_pretrained(folder, **kept)
        model, said = AutoModelForTokenClassification.from_pretrained(
            folder, use_safetensors=True, output_loading_info=True, dtype="float32", **kept
        )
    except (
        *(OSError, ValueError, KeyError, RuntimeError, ImportError),
        *(TypeError, AttributeError, SafetensorError),
    ) as error:
        why = _("transformers cannot load it (%(error)s)") % {"error": type(error).__name__}
        raise unusable(folder, why) from error
    if said["missing_keys"]:
        raise unusable(folder, _("its weights lack a part of the model"))
    return model.eval().requires_grad_(False), tokenizer


def _check(folder: Path, model: Any, tokenizer: Any, labels: Labels) -> None:
    """transformers makes an empty tokenizer of a folder without a vocabulary, and says nothing."""
    if not tokenizer.is_fast:
        raise unusable(folder, _("its tokenizer does not say where a token stands"))
    rows = model.get_input_embeddings().num_embeddings
    if not rows // 2 <= len(tokenizer) <= rows:
        raise unusable(folder, _("its tokenizer is not the one of its weights"))
    if tokenizer.pad_token_id is None:
        raise unusable(folder, _("its tokenizer has no token to pad with"))
    if int(model.config.num_labels) != len(labels.types):
        raise unusable(folder, _("its config.json names no labels"))


def _room(model: Any, tokenizer: Any) -> int:
    """Tokens of a window. Two positions are lost to padding in some models."""
    positions = int(getattr(model.config, "max_position_embeddings", 0) or 0)
    known = [positions - 2] if positions > 0 else []
    return min(WINDOW, int(tokenizer.model_max_length), *known)


@contextmanager
def _threads(parameters: int) -> Iterator[None]:
    import torch

    before = torch.get_num_threads()
    # Half of the cores: beside a busy neighbour, threads that wait for each other took twenty times
    # what one takes, and on two idle cores the second saves a fifth.
    half = 1 if parameters <= ONE_THREAD_BELOW else max(1, (os.cpu_count() or 1) // 2)
    torch.set_num_threads(settings.ENGINE_THREADS or half)
    try:
        yield
    finally:
        torch.set_num_threads(before)
