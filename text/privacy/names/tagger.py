"""A small sequence tagger of our own for person names in Persian: numpy at run time.

Public entry: `persons(words)`: which words are a person's name, as (first, last) places. The
features of a word make its vector (kept, words repeat); two convolutions look at its neighbours;
the best path through a chain of labels decides. Trained by `manage.py train_name_tagger`; what on,
and how good it is, stands in `data/PROVENANCE.md`.
"""

import json
import zlib
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any, Final

from text.privacy.names.features import VERSION, features
from text.privacy.names.lexicon import DATA
from text.privacy.names.words import Word

BEGIN, INSIDE = 1, 2
_KEPT_WORDS: Final = 40_000
_AROUND: Final = 2
_LONGEST_WORD: Final = 40
_LONGEST: Final = 2_000
"""Words of one piece; a longer text is read piece by piece."""


def persons(words: Sequence[Word]) -> list[tuple[int, int]]:
    """First and last word of each name. Longer texts go piece by piece."""
    found = []
    for offset in range(0, len(words), _LONGEST):
        piece = [word.text for word in words[offset : offset + _LONGEST]]
        found += [(offset + first, offset + last) for first, last in names_of(_model().tag(piece))]
    return found


def names_of(labels: Sequence[int]) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    for place, label in enumerate(labels):
        if label == INSIDE and found and found[-1][1] == place - 1:
            found[-1] = (found[-1][0], place)
        elif label in (BEGIN, INSIDE):
            found.append((place, place))
    return found


def fingerprint(feature: str) -> int:
    """What stands in the file for a feature; those not there say nothing."""
    return zlib.crc32(feature.encode())


class Tagger:
    """Weights as `training.name_tagging.fitting` writes them; the bias weighs recall against
    precision and was chosen on the tuning part."""

    def __init__(self, weights: Any) -> None:
        import numpy as np

        self._np = np
        about = json.loads(bytes(weights["about"]).decode())
        if about["features"] != VERSION:
            raise ValueError("The tagger's weights belong to other features; train it again.")
        self._table = weights["table"]
        self._rows = {int(mark): row for row, mark in enumerate(weights["fingerprints"])}
        self._scale = weights["scale"].astype(np.float32)
        self._layers = [
            (weights[f"layer{n}"].astype(np.float32), weights[f"bias{n}"].astype(np.float32))
            for n in range(int(about["layers"]))
        ]
        self._out = weights["out"].astype(np.float32)
        self._out_bias = weights["out_bias"].astype(np.float32)
        self._out_bias[[BEGIN, INSIDE]] += float(about["lean"])
        self._steps = weights["steps"].astype(np.float32)
        self._gain = float(self._steps.max() - self._steps.min())
        self._places: dict[str, int] = {}
        self._vectors = np.zeros((1024, len(self._scale)), np.float32)

    def tag(self, words: list[str]) -> list[int]:
        if not words:
            return []
        scores = self._scores(words)
        ahead = scores[:, (BEGIN, INSIDE)].max(axis=1) - scores[:, 0]
        likely = self._np.flatnonzero(ahead > -self._gain)
        labels = [0] * len(words)
        for first, last in _stretches(likely.tolist(), len(words)):
            labels[first:last] = self._best_path(scores[first:last])
        return labels

    def _scores(self, words: list[str]) -> Any:
        np = self._np
        rows = [self._places.get(word, -1) for word in words]
        if -1 in rows:
            rows = self._learn(words)
        values = self._vectors[rows]
        for number, (weights, bias) in enumerate(self._layers):
            moved = np.maximum(
                _windows(np, values, len(weights) // values.shape[1]) @ weights + bias, 0
            )
            values = moved + values if number else moved
        return values @ self._out + self._out_bias

    def _learn(self, words: list[str]) -> list[int]:
        if len(self._places) + len(words) > _KEPT_WORDS:
            self._places.clear()
        needed = len(self._places) + len(words)
        if needed > len(self._vectors):
            grown = self._np.zeros((2 * needed, self._vectors.shape[1]), self._np.float32)
            grown[: len(self._vectors)] = self._vectors
            self._vectors = grown
        rows = []
        for word in words:
            row = self._places.get(word)
            if row is None:
                row = len(self._places)
                self._vectors[row] = self._vector(word)
                self._places[word] = row
            rows.append(row)
        return rows

    def _vector(self, word: str) -> Any:
        marks = map(fingerprint, features(word[:_LONGEST_WORD]))
        rows = [self._rows[mark] for mark in marks if mark in self._rows]
        return self._table[rows].sum(axis=0, dtype=self._np.int32) * self._scale

    def _best_path(self, scores: Any) -> list[int]:
        """Viterbi."""
        steps, labels = self._steps[:-1], scores.shape[1]
        best = scores[0] + self._steps[-1]
        back = []
        for score in scores[1:]:
            ways = best[:, None] + steps
            came = ways.argmax(axis=0)
            back.append(came)
            best = ways[came, range(labels)] + score
        path = [int(best.argmax())]
        for came in reversed(back):
            path.append(int(came[path[-1]]))
        return path[::-1]


def _stretches(places: Sequence[int], count: int) -> Iterator[tuple[int, int]]:
    """Stretches of words around these places; those that nearly touch are one."""
    first = last = -1
    for place in places:
        if first < 0:
            first = place
        elif place - last > 2 * _AROUND:
            yield max(first - _AROUND, 0), last + _AROUND + 1
            first = place
        last = place
    if first >= 0:
        yield max(first - _AROUND, 0), min(last + _AROUND + 1, count)


def _windows(np: Any, values: Any, width: int) -> Any:
    """Each row with its neighbours beside it, zeros past the ends."""
    count, size = values.shape
    padded = np.zeros((count + width - 1, size), np.float32)
    padded[width // 2 : width // 2 + count] = values
    strides = padded.strides
    return np.lib.stride_tricks.as_strided(padded, (count, width * size), strides)


@cache
def _model() -> Tagger:
    import numpy as np
    from threadpoolctl import ThreadpoolController  # type: ignore[import-untyped]

    # Two threads of OpenBLAS wait for each other over products this small and take ten times as
    # long. For good, and only numpy's: torch, which has a pool of its own, keeps its threads.
    ThreadpoolController().select(internal_api="openblas").limit(limits=1)
    with np.load(DATA / "tagger.npz", allow_pickle=False) as weights:
        return Tagger(dict(weights))
