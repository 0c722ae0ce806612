"""What happens at each step of a decode: choose a token per row, note it, tell it, stop.

Public entries, in the order in which transformers calls them: `RowSampling`, `RowStopping`,
`RowStreaming`. Each row has its own settings, limit and reason to end, which transformers' own
generation settings, one for the whole batch, cannot express. Nothing is ever raised out of a step:
an error of the listener ends all rows and is raised after the decode. Worker processes only.
"""

from collections.abc import Sequence
from typing import Any

import torch  # noqa: TID253
from transformers import (  # noqa: TID253
    LogitsProcessor,
    LogitsProcessorList,
    RepetitionPenaltyLogitsProcessor,
    StoppingCriteria,
    TemperatureLogitsWarper,
    TopPLogitsWarper,
)
from transformers.generation.streamers import BaseStreamer  # noqa: TID253

from llm.engine.progress import RowProgress
from llm.engine.results import GenerationSettings, OnText, ShouldStop


class RowSampling(LogitsProcessor):
    """Scores in, scores out with each row's settings applied; a sampling row keeps only the token
    that it drew. A row without usable scores is ended as failed, and the others go on."""

    def __init__(self, rows: Sequence[RowProgress], settings: Sequence[GenerationSettings]) -> None:
        self._rows = rows
        self._penalties = [_penalties(one) for one in settings]
        self._warpers = [_warpers(one) for one in settings]
        self._generators = [_generator(one) for one in settings]

    def __call__(self, input_ids: Any, scores: Any) -> Any:
        # NaN is carried by max; a few scores of minus infinity are a model's way to say "never".
        usable = torch.isfinite(scores.max(dim=-1).values).tolist()
        for number, row in enumerate(self._rows):
            if not usable[number]:
                row.end("failed")
                scores[number] = 0.0
            elif row.finish is None:
                one = slice(number, number + 1)
                scores[one] = self._row(number, input_ids[one], scores[one])
        return scores

    def _row(self, number: int, ids: Any, scores: Any) -> Any:
        scores = self._penalties[number](ids, scores)
        generator = self._generators[number]
        if generator is None:
            return scores
        shares = torch.softmax(self._warpers[number](ids, scores), dim=-1).cpu()
        drawn = int(torch.multinomial(shares, 1, generator=generator))
        scores = torch.full_like(scores, -torch.inf)
        scores[0, drawn] = 0.0
        return scores


class RowStopping(StoppingCriteria):
    """Notes each row's new token and says which rows have ended."""

    def __init__(self, rows: Sequence[RowProgress], should_stop: ShouldStop) -> None:
        self._rows = rows
        self._should_stop = should_stop

    def __call__(self, input_ids: Any, scores: Any, **_: Any) -> Any:
        for row, token in zip(self._rows, input_ids[:, -1].tolist(), strict=True):
            row.add(token)
        if self._should_stop():
            for row in self._rows:
                row.end("cancelled")
        ended = [row.finish is not None for row in self._rows]
        return torch.tensor(ended, dtype=torch.bool, device=input_ids.device)


class RowStreaming(BaseStreamer):
    """Tells the listener each row's text whenever it grew by a whole letter.

    transformers gives `put` the prompt first, then one token per row and step; the tokens
    themselves were noted by `RowStopping`. `error`: what the listener raised.
    """

    def __init__(self, rows: Sequence[RowProgress], on_text: OnText) -> None:
        self._rows = rows
        self._on_text = on_text
        self._told = [("", 0)] * len(rows)
        self.error: BaseException | None = None

    def put(self, value: Any) -> None:
        if self.error is not None:
            return
        try:
            self._tell()
        except BaseException as error:  # noqa: BLE001  raised again by the engine, hooks removed
            self.error = error
            for row in self._rows:
                row.end("cancelled")

    def end(self) -> None:
        self.put(None)

    def _tell(self) -> None:
        for number, row in enumerate(self._rows):
            told, length = self._told[number]
            if len(row.ids) == length:
                continue
            text = row.text()
            self._told[number] = (text, len(row.ids))
            if text != told:
                self._on_text(number, text)


def _penalties(settings: GenerationSettings) -> LogitsProcessorList:
    if settings.repetition_penalty == 1.0:
        return LogitsProcessorList()
    return LogitsProcessorList([RepetitionPenaltyLogitsProcessor(settings.repetition_penalty)])


def _warpers(settings: GenerationSettings) -> LogitsProcessorList:
    if settings.temperature == 0.0:
        return LogitsProcessorList()
    return LogitsProcessorList(
        [TemperatureLogitsWarper(float(settings.temperature)), TopPLogitsWarper(settings.top_p)]
    )


def _generator(settings: GenerationSettings) -> Any:
    """None: the row is greedy."""
    if settings.temperature == 0.0:
        return None
    return torch.Generator().manual_seed(settings.seed)
