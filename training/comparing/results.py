"""What a comparison knows of one recipe: `Result`, kept as JSON. No text of a row is in it."""

import json
import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from training.evaluation.intervals import Interval, bootstrap

FILE: Final = "result.json"
MOST_PERPLEXITY: Final = 1e9


@dataclass(frozen=True)
class MeasuredRow:
    """One test row under both. `untuned` is None where there is no model before training. Sums are
    of the reference's tokens; chrF is None where no drafts were asked for."""

    tokens: int
    characters: int
    tuned: float
    untuned: float | None = None
    tuned_chrf: float | None = None
    untuned_chrf: float | None = None


@dataclass(frozen=True)
class Result:
    """`share`: of the data's rows that were learned from, and `rows` how many. `seconds` of the
    training alone; `measuring_seconds` beside it. `unmeasured`: test rows with no room."""

    recipe: str
    technique: str
    base: str
    hardware: str
    share: float
    rows: int
    steps: int
    seconds: float
    gpu_seconds: float
    measuring_seconds: float
    peak_memory_bytes: int
    trainable_parameters: int
    total_parameters: int
    tokens: int
    measured: tuple[MeasuredRow, ...]
    unmeasured: int = 0

    @property
    def trainable_pct(self) -> float:
        return round(100 * self.trainable_parameters / self.total_parameters, 4)

    @property
    def loss(self) -> float:
        return _ratio([row.tuned for row in self.measured], self._tokens)

    @property
    def untuned_loss(self) -> float | None:
        known = [row.untuned for row in self.measured if row.untuned is not None]
        return _ratio(known, self._tokens) if len(known) == len(self.measured) else None

    @property
    def difference(self) -> Interval | None:
        """Of the loss per token, tuned less untuned: each row's part of it is resampled."""
        if self.untuned_loss is None:
            return None
        mean = self._tokens / len(self.measured)
        parts = [(row.tuned - (row.untuned or 0.0)) / mean for row in self.measured]
        return bootstrap(parts, seed=1)

    @property
    def bits_per_character(self) -> float:
        """What can be compared between bases, whose tokens are not of one size."""
        letters = sum(row.characters for row in self.measured)
        return _ratio([row.tuned for row in self.measured], letters) / math.log(2)

    @property
    def chrf(self) -> float | None:
        return _mean([row.tuned_chrf for row in self.measured])

    @property
    def untuned_chrf(self) -> float | None:
        return _mean([row.untuned_chrf for row in self.measured])

    @property
    def chrf_difference(self) -> Interval | None:
        parts = [
            row.tuned_chrf - row.untuned_chrf
            for row in self.measured
            if row.tuned_chrf is not None and row.untuned_chrf is not None
        ]
        return bootstrap(parts, seed=1) if parts else None

    @property
    def _tokens(self) -> int:
        return sum(row.tokens for row in self.measured)

    def as_data(self) -> dict[str, Any]:
        """For `--json` and the CSV: figures, no rows."""
        difference, chrf = self.difference, self.chrf_difference
        return {
            "recipe": self.recipe,
            "technique": self.technique,
            "base": self.base,
            "seconds": round(self.seconds, 1),
            "gpu_seconds": round(self.gpu_seconds, 1),
            "hardware": self.hardware,
            "share": self.share,
            "rows": self.rows,
            "steps": self.steps,
            "tokens": self.tokens,
            "peak_memory_mib": round(self.peak_memory_bytes / 2**20),
            "trainable_parameters": self.trainable_parameters,
            "total_parameters": self.total_parameters,
            "trainable_pct": self.trainable_pct,
            "test_rows": len(self.measured),
            "unmeasured": self.unmeasured,
            "untuned_loss": _round(self.untuned_loss),
            "loss": _round(self.loss),
            "difference": asdict(difference) if difference else None,
            "untuned_perplexity": _round(_perplexity(self.untuned_loss)),
            "perplexity": _round(_perplexity(self.loss)),
            "bits_per_character": _round(self.bits_per_character),
            "untuned_chrf": _round(self.untuned_chrf),
            "chrf": _round(self.chrf),
            "chrf_difference": asdict(chrf) if chrf else None,
            "measuring_seconds": round(self.measuring_seconds, 1),
        }


def keep(result: Result, folder: Path) -> None:
    """Whole or not at all."""
    beside = folder / f".{FILE}"
    beside.write_text(json.dumps(asdict(result)))
    os.replace(beside, folder / FILE)


def kept(folder: Path) -> Result | None:
    path = folder / FILE
    if not path.is_file():
        return None
    data: Mapping[str, Any] = json.loads(path.read_text())
    rows = tuple(MeasuredRow(**one) for one in data["measured"])
    return Result(**{**data, "measured": rows})


def _ratio(parts: Sequence[float], over: int) -> float:
    return sum(parts) / max(over, 1)


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None


def _perplexity(loss: float | None) -> float | None:
    return None if loss is None else min(math.exp(min(loss, 30.0)), MOST_PERPLEXITY)


def _round(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
