"""Tuning an embedder on pairs: sentence-transformers' MultipleNegativesRankingLoss in a plain loop.

Public entry: `tune_on`. sentence-transformers' own trainer wants the `datasets` package and its
file formats for what is a list here. No article stands twice in a batch: its other passages would
count as wrong answers. Same model, pairs and seed give the same weights, unless time runs out.
"""

import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch  # noqa: TID253

from training.methods.results import OnStep

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

    from training.pairs import Pair

BATCH = 32
MAX_TOKENS = 128
"""Of a passage in training: attention over more costs time and teaches little."""
STEPS = 400
"""About so many where nobody says how often to go over the pairs: more often on a small desk."""
MAX_EPOCHS = 30
WARMUP = 0.1
SMALL = 20_000_000
"""Parameters below which a model learns with a higher rate: it has little to forget."""
RATES = (5e-4, 3e-5)
WEIGHT_DECAY = 0.01


@dataclass(frozen=True)
class Schedule:
    epochs: int
    max_seconds: float
    seed: int = 1


def epochs_for(pairs: int) -> int:
    return max(1, min(MAX_EPOCHS, round(STEPS * BATCH / max(pairs, 1))))


def tune_on(
    model: "SentenceTransformer", pairs: "Sequence[Pair]", schedule: Schedule, *, on_step: OnStep
) -> int:
    """Train in place; how many steps. The rate falls to nothing with the steps or with the time,
    whichever is used up sooner."""
    from sentence_transformers.sentence_transformer.losses import MultipleNegativesRankingLoss

    torch.manual_seed(schedule.seed)
    model.to("cuda" if torch.cuda.is_available() else "cpu")
    batches = list(_batches(pairs, schedule))
    loss = MultipleNegativesRankingLoss(model)
    optimiser = torch.optim.AdamW(model.parameters(), lr=_rate(model), weight_decay=WEIGHT_DECAY)
    longest, model.max_seq_length = model.max_seq_length, _shorter(model.max_seq_length)
    started = time.monotonic()
    base = _rate(model)
    done, mean = 0, 0.0
    model.train()
    try:
        for batch in batches:
            used = max(done / len(batches), (time.monotonic() - started) / schedule.max_seconds)
            if used >= 1:
                break
            optimiser.param_groups[0]["lr"] = base * min(
                (done + 1) / (WARMUP * len(batches) + 1), 1 - used
            )
            value = loss([_features(model, texts) for texts in _columns(batch)], None)
            optimiser.zero_grad()
            value.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimiser.step()
            done += 1
            mean += (float(value.detach()) - mean) / min(done, 50)
            on_step(done, mean)
    finally:
        model.eval()
        model.max_seq_length = longest
    return done


def _rate(model: "SentenceTransformer") -> float:
    return RATES[0] if sum(one.numel() for one in model.parameters()) < SMALL else RATES[1]


def _shorter(longest: int | None) -> int:
    return min(longest or MAX_TOKENS, MAX_TOKENS)


def _features(model: "SentenceTransformer", texts: list[str]) -> dict[str, Any]:
    made = model.preprocess(texts)
    return {
        name: value.to(model.device) if isinstance(value, torch.Tensor) else value
        for name, value in made.items()
    }


def _columns(batch: "list[Pair]") -> list[list[str]]:
    """Anchors, right passages and passages that look alike. What is right for a neighbour in the
    batch is no wrong answer; who has none left takes a neighbour's."""
    right = {pair.text for pair in batch}
    usable = [pair.wrong if pair.wrong not in right else "" for pair in batch]
    columns = [[pair.anchor for pair in batch], [pair.text for pair in batch]]
    spare = next(filter(None, usable), "")
    if spare:
        columns.append([wrong or spare for wrong in usable])
    return columns


def _batches(pairs: "Sequence[Pair]", schedule: Schedule) -> "Iterator[list[Pair]]":
    chance = random.Random(schedule.seed)  # noqa: S311 - an order, not a secret
    for _ in range(schedule.epochs):
        waiting = list(pairs)
        chance.shuffle(waiting)
        while waiting:
            batch: list[Pair] = []
            later: list[Pair] = []
            seen: set[int] = set()
            for place, pair in enumerate(waiting):
                if pair.article in seen:
                    later.append(pair)
                    continue
                seen.add(pair.article)
                batch.append(pair)
                if len(batch) == BATCH:
                    later += waiting[place + 1 :]
                    break
            waiting = later
            if len(batch) > 1:
                yield batch
