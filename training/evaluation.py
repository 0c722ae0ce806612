"""How good drafts are: chrF against the team's answers, and whether a difference is luck.

Public entries: `chrf`, `compare`, `drafts`. chrF (Popović 2015, sacrebleu's defaults) counts common
pieces of one to six letters, which suits Persian's endings and half-spaces better than whole words.
Drafts are written by the serving engine with the prompts of serving.
"""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any, Final

from sacrebleu.metrics.chrf import CHRF

from llm.engine.results import GenerationSettings, RowRequest
from llm.prompts import PROMPT_VERSION, PromptBudget, render
from training.datasets import Row

RESAMPLES: Final = 10_000
TOGETHER: Final = 8


@dataclass(frozen=True)
class Comparison:
    """Mean chrF of a version and of its base on the same rows; `low` and `high` bound the mean
    difference in 95% of the resamples."""

    rows: int
    chrf: float
    base_chrf: float
    difference: float
    low: float
    high: float


def chrf(draft: str, reference: str) -> float:
    """0 to 100 for one draft; an empty one has 0."""
    return float(CHRF().sentence_score(draft, [reference]).score)


def compare(scores: Sequence[float], base_scores: Sequence[float], *, seed: int) -> Comparison:
    """Paired bootstrap over rows (Koehn 2004): the same rows are drawn for both sides."""
    if len(scores) != len(base_scores) or not scores:
        raise ValueError("a comparison needs as many scores on both sides, and at least one")
    differences = [one - other for one, other in zip(scores, base_scores, strict=True)]
    chance = random.Random(seed)  # noqa: S311 - reproducible, not secret
    means = sorted(fmean(chance.choices(differences, k=len(differences))) for _ in range(RESAMPLES))
    return Comparison(
        rows=len(scores),
        chrf=round(fmean(scores), 2),
        base_chrf=round(fmean(base_scores), 2),
        difference=round(fmean(differences), 2),
        low=round(means[int(0.025 * RESAMPLES)], 2),
        high=round(means[int(0.975 * RESAMPLES) - 1], 2),
    )


def drafts(
    rows: Sequence[Row],
    *,
    engine: Any,
    versions: Mapping[str, GenerationSettings],
    budget: PromptBudget,
    company: str,
    layout: str = PROMPT_VERSION,
    on_row: Callable[[int], None] = lambda done: None,
) -> list[list[str]]:
    """For each row the drafts of `versions`, by an `llm.engine.local.LocalEngine` that has them
    loaded by these names; several rows together, as waiting tickets are."""
    written: list[list[str]] = []
    for start in range(0, len(rows), TOGETHER):
        wanted = []
        for row in rows[start : start + TOGETHER]:
            parts = row.prompt_input(company=company)
            prompt = render(parts, count_tokens=engine.count_tokens, budget=budget, layout=layout)
            wanted += [RowRequest(name, how, prompt) for name, how in versions.items()]
        texts = [one.text for one in engine.generate(wanted)]
        each = len(versions)
        written += [texts[at : at + each] for at in range(0, len(texts), each)]
        on_row(len(written))
    return written
