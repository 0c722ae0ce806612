"""Choose each row's next token, every row by its own settings, all rows at once.

Public entry: `Sampler`. What a row draws depends on its own scores, settings and seed alone, never
on the rows beside it. Worker processes only.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import torch  # noqa: TID253

from llm.engine.results import GenerationSettings


@dataclass
class Draws:
    """A row's own chance: it goes on where it was when the row moves to another batch."""

    settings: GenerationSettings
    generator: Any = field(init=False)

    def __post_init__(self) -> None:
        self.generator = torch.Generator().manual_seed(self.settings.seed)

    def next(self) -> float:
        return float(torch.rand(1, generator=self.generator, dtype=torch.float64))


class Sampler:
    """For the rows of one batch. `held`: the ids of each row's prompt and of what it wrote."""

    def __init__(self, draws: Sequence[Draws], held: Sequence[Sequence[int]], device: Any) -> None:
        self._draws = list(draws)
        self._device = device
        penalties = [one.settings.repetition_penalty for one in draws]
        self._penalised = [row for row, one in enumerate(penalties) if one != 1.0]
        self._penalties = torch.tensor(penalties, device=device)[:, None]
        self._held = [torch.tensor(sorted(set(ids)), device=device) for ids in held]
        self._seen: Any = None
        self._warm = [row for row, one in enumerate(draws) if one.settings.temperature > 0]
        warm = [draws[row].settings for row in self._warm]
        self._temperatures = torch.tensor([one.temperature for one in warm], device=device)[:, None]
        self._tops = torch.tensor([one.top_p for one in warm], device=device)[:, None]

    def choose(self, scores: Any) -> tuple[list[int], list[bool]]:
        """`scores`: (rows, vocabulary). The token of each row, and which rows have usable scores
        (the token of the others means nothing)."""
        # NaN is carried by max; a few scores of minus infinity are a model's way to say "never".
        usable = torch.isfinite(scores.max(dim=-1).values).tolist()
        scores = self._after_penalties(scores.float())
        tokens = scores.argmax(dim=-1)
        drawing = [(at, row) for at, row in enumerate(self._warm) if usable[row]]
        if drawing:
            rows = [row for _, row in drawing]
            tokens[rows] = self._drawn(scores[rows], drawing)
        self._note(tokens)
        return tokens.tolist(), usable

    def keep(self, rows: list[int]) -> "Sampler":
        """The same for some of the rows."""
        kept = Sampler([self._draws[row] for row in rows], [[]] * len(rows), self._device)
        kept._held = [self._held[row] for row in rows]
        if self._seen is not None and kept._penalised:
            kept._seen = self._seen[rows]
        return kept

    def _after_penalties(self, scores: Any) -> Any:
        if not self._penalised:
            return scores
        if self._seen is None:
            self._seen = torch.zeros_like(scores, dtype=torch.bool)
            for row in self._penalised:
                self._seen[row, self._held[row].long()] = True
        penalised = torch.where(scores < 0, scores * self._penalties, scores / self._penalties)
        return torch.where(self._seen, penalised, scores)

    def _note(self, tokens: Any) -> None:
        if self._seen is not None:
            rows = torch.tensor(self._penalised, device=self._device)
            self._seen[rows, tokens[rows]] = True

    def _drawn(self, scores: Any, drawing: list[tuple[int, int]]) -> Any:
        at = [place for place, _ in drawing]
        ordered, ids = (scores / self._temperatures[at]).sort(dim=-1, descending=True)
        shares = torch.softmax(ordered, dim=-1)
        before = shares.cumsum(dim=-1) - shares
        shares = shares.masked_fill(before >= self._tops[at], 0.0)
        sums = shares.double().cumsum(dim=-1)
        chance = [self._draws[row].next() for _, row in drawing]
        wanted = torch.tensor(chance, dtype=torch.float64, device=self._device)[:, None]
        place = torch.searchsorted(sums, wanted * sums[:, -1:], right=True)
        last = (shares > 0).sum(dim=-1, keepdim=True) - 1
        return ids.gather(1, torch.minimum(place, last))[:, 0]
