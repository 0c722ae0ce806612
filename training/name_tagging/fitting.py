"""Training of the name tagger, and the file that `text.privacy.names.tagger` reads.

Public entries: `fit(rows, settings)`, `write(fitted, path, lean)`. Weights are the mean over the
second half of the epochs; dropping features at random keeps single words from deciding alone.
"""

import json
import random
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

from text.privacy.names.features import VERSION, features
from text.privacy.names.tagger import fingerprint
from training.name_tagging.rows import Row

Weights = dict[str, Any]


@dataclass(frozen=True)
class Settings:
    epochs: int = 7
    rate: float = 0.004
    dropped_features: float = 0.4
    dropout: float = 0.3
    seen: int = 3
    """Features that fewer words show are left out: they say little and take room."""
    batch: int = 32
    seed: int = 0


@dataclass(frozen=True)
class Fitted:
    weights: Weights
    fingerprints: list[int]
    settings: Settings
    loss: float


def fit(rows: Sequence[Row], settings: Settings, report: Callable[[str], None]) -> Fitted:
    import torch

    from training.name_tagging.network import Network

    torch.manual_seed(settings.seed)
    marks = _marks(rows, settings.seen)
    index = {mark: place for place, mark in enumerate(marks)}
    bag = cache(lambda word: _bag(word, index))
    network = Network(len(marks), dropout=settings.dropout)
    dense = [weight for name, weight in network.named_parameters() if name != "table.weight"]
    optimizers = (
        torch.optim.SparseAdam([network.table.weight], lr=settings.rate),
        torch.optim.Adam(dense, lr=settings.rate),
    )
    rng = random.Random(settings.seed)  # noqa: S311 - an order of rows
    order = [row for row in rows if row.words]
    mean: Weights = {}
    loss = 0.0
    for epoch in range(settings.epochs):
        for optimizer in optimizers:
            optimizer.param_groups[0]["lr"] = settings.rate * (1 - epoch / settings.epochs) + 1e-5
        rng.shuffle(order)
        loss = _epoch(network, optimizers, order, bag, settings)
        report(f"epoch {epoch + 1} of {settings.epochs}: loss {loss:.2f}")
        if epoch >= settings.epochs // 2:
            for name, weight in network.state_dict().items():
                mean[name] = mean.get(name, 0) + weight.detach().clone()
    later = settings.epochs - settings.epochs // 2
    weights = {name: (weight / later).numpy() for name, weight in mean.items()}
    return Fitted(weights, marks, settings, loss)


def _marks(rows: Sequence[Row], seen: int) -> list[int]:
    words = Counter(word for row in rows for word in row.words)
    counts: Counter[int] = Counter()
    for word, count in words.items():
        for feature in features(word):
            counts[fingerprint(feature)] += count
    return sorted(mark for mark, count in counts.items() if count >= seen)


def _bag(word: str, index: dict[int, int]) -> list[int]:
    return [index[mark] for mark in map(fingerprint, features(word)) if mark in index]


def _epoch(
    network: Any,
    optimizers: Sequence[Any],
    order: Sequence[Row],
    bag: Callable[[str], list[int]],
    settings: Settings,
) -> float:
    import torch
    from torch.nn.utils.rnn import pad_sequence

    keep = 1 - settings.dropped_features

    def kept(count: int) -> Any:
        return (torch.rand(count) < keep).float() / keep

    network.train()
    total = 0.0
    starts = range(0, len(order), settings.batch)
    for start in starts:
        batch = sorted(order[start : start + settings.batch], key=lambda row: -len(row.words))
        lengths = [len(row.words) for row in batch]
        scores = network([bag(word) for row in batch for word in row.words], lengths, kept)
        labels = pad_sequence([torch.tensor(row.labels) for row in batch], batch_first=True)
        loss = network.loss(scores, labels, lengths)
        for optimizer in optimizers:
            optimizer.zero_grad()
        loss.backward()
        for optimizer in optimizers:
            optimizer.step()
        total += float(loss.detach())
    return total / len(starts)


def write(fitted: Fitted, path: Path, *, lean: float) -> None:
    """One .npz: the table as bytes with a scale a column, the rest as half floats."""
    import numpy as np

    table = fitted.weights["table.weight"]
    scale = np.maximum(np.abs(table).max(axis=0), 1e-8) / 127
    layers = sum(name.endswith(".weight") for name in fitted.weights if name.startswith("layers."))
    about = {
        "features": VERSION,
        "layers": layers,
        "lean": lean,
        "settings": asdict(fitted.settings),
        "loss": round(fitted.loss, 3),
    }
    arrays: Weights = {
        "about": np.frombuffer(json.dumps(about).encode(), np.uint8),
        "fingerprints": np.array(fitted.fingerprints, np.uint32),
        "table": np.round(table / scale).astype(np.int8),
        "scale": scale.astype(np.float32),
        "out": fitted.weights["out.weight"].T.astype(np.float16),
        "out_bias": fitted.weights["out.bias"].astype(np.float32),
        "steps": fitted.weights["steps"].astype(np.float32),
    }
    for number in range(layers):
        weight = fitted.weights[f"layers.{number}.weight"]  # (out, in, width)
        arrays[f"layer{number}"] = (
            weight.transpose(2, 1, 0).reshape(-1, weight.shape[0]).astype(np.float16)
        )
        arrays[f"bias{number}"] = fitted.weights[f"layers.{number}.bias"].astype(np.float32)
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(path, **arrays)
