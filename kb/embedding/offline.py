"""The embedder that needs no download: latent semantic analysis of the desk's own passages.

`fit(passages)` weighs words and character n-grams by tf-idf, the title three times, and keeps the
256 directions in which the passages differ most (truncated SVD). The result is a frozen artefact:
`save` gives its SHA-256, `load` checks it, and no pickle is read. n-grams carry inflections,
spelling variants and typing mistakes, which plain words miss in Persian. Loading needs numpy alone,
so the web process embeds queries by itself.
"""

import hashlib
import io
import json
import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from kb.embedding.recipe import EmbedderUnavailable, Vectors, unit
from text.persian import terms

FORMAT = 1
MAX_DIMENSION = 256
MAX_WORDS = 20_000
MAX_NGRAMS = 40_000
NGRAM_SIZES = (3, 4, 5)
WORD_SHARE = 0.6
"""Words against n-grams; both sides have length 1 before they are joined."""
TITLE_REPEATS = 3
TITLE_SHARE = 0.3
MAX_FITTED = 4_000
"""Passages that the directions are taken from: the matrix between them has the square of it."""


@dataclass(frozen=True)
class OfflineEmbedder:
    """`projection`: a row for each word, then for each n-gram; `weights`: their inverse document
    frequencies."""

    words: dict[str, int]
    ngrams: dict[str, int]
    weights: NDArray[np.float32]
    projection: NDArray[np.float16]
    light: bool = True

    @property
    def dimension(self) -> int:
        return int(self.projection.shape[1])

    def embed_passages(self, texts: Sequence[tuple[str, str]]) -> Vectors:
        """The title once more by itself, so that a long text does not drown it."""
        whole = self.embed_queries([passage_text(*text) for text in texts])
        titles = self.embed_queries([title for title, _ in texts])
        return unit((1 - TITLE_SHARE) * whole + TITLE_SHARE * titles)

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        vectors = np.zeros((len(texts), self.dimension), dtype=np.float32)
        for row, text in enumerate(texts):
            columns, values = _features(text, self.words, self.ngrams, self.weights)
            if len(columns):
                vectors[row] = values @ self.projection[columns].astype(np.float32)
        return unit(vectors)


def passage_text(title: str, text: str) -> str:
    return "\n".join([*[title] * TITLE_REPEATS, text])


def fit(passages: Sequence[tuple[str, str]]) -> OfflineEmbedder:
    """From (title and headings, text) pairs, at least two of them. The same passages in the same
    order give the same embedder but for the signs of its directions."""
    step = max(1, math.ceil(len(passages) / MAX_FITTED))
    texts = [passage_text(*passage) for passage in passages[::step]]
    word_counts: Counter[str] = Counter()
    ngram_counts: Counter[str] = Counter()
    for text in texts:
        found = terms(text)
        word_counts.update(set(found))
        ngram_counts.update(set(_ngrams(found)))
    words = _vocabulary(word_counts, MAX_WORDS)
    ngrams = _vocabulary(ngram_counts, MAX_NGRAMS)
    seen = [*(word_counts[word] for word in words), *(ngram_counts[part] for part in ngrams)]
    weights = np.log((1 + len(texts)) / (1 + np.array(seen))) + 1
    weights = weights.astype(np.float32)
    projection = _directions([_features(text, words, ngrams, weights) for text in texts], len(seen))
    return OfflineEmbedder(words, ngrams, weights, projection)


def _vocabulary(counts: Counter[str], most: int) -> dict[str, int]:
    """The most frequent, ties by spelling, so that every run keeps the same."""
    kept = sorted(counts, key=lambda term: (-counts[term], term))[:most]
    return {term: number for number, term in enumerate(kept)}


def _ngrams(words: Iterable[str]) -> Iterator[str]:
    for word in words:
        padded = f" {word} "
        for size in NGRAM_SIZES:
            if len(padded) <= size:
                yield padded
                break
            for start in range(len(padded) - size + 1):
                yield padded[start : start + size]


def _features(
    text: str, words: dict[str, int], ngrams: dict[str, int], weights: NDArray[np.float32]
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Columns and values of the text's row: (1 + ln count) · weight, each side of length 1."""
    found = terms(text)
    columns: list[int] = []
    values: list[float] = []
    sides = (
        (WORD_SHARE, Counter(words[term] for term in found if term in words)),
        (
            1.0,
            Counter(len(words) + ngrams[part] for part in _ngrams(found) if part in ngrams),
        ),
    )
    for share, counts in sides:
        side = [(1 + math.log(count)) * float(weights[column]) for column, count in counts.items()]
        length = math.sqrt(sum(value * value for value in side)) or 1.0
        columns += counts
        values += [share * value / length for value in side]
    return np.array(columns, dtype=np.int64), np.array(values, dtype=np.float32)


def _directions(
    rows: list[tuple[NDArray[np.int64], NDArray[np.float32]]], width: int
) -> NDArray[np.float16]:
    """Right singular vectors of the passages' matrix, through the eigenvectors of X·Xᵀ: passages
    are few where words are many. One thread: two of OpenBLAS wait for each other on a busy machine
    and take thirty times as long (ran)."""
    from scipy.linalg import eigh
    from scipy.sparse import csr_matrix
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    starts = np.cumsum([0, *(len(columns) for columns, _ in rows)])
    columns = np.concatenate([columns for columns, _ in rows])
    values = np.concatenate([values for _, values in rows])
    matrix = csr_matrix((values, columns, starts), shape=(len(rows), width))
    size = min(MAX_DIMENSION, len(rows) - 1)
    with threadpool_limits(1):
        between = (matrix @ matrix.T).toarray().astype(np.float64)
        squares, left = eigh(between, subset_by_index=[len(rows) - size, len(rows) - 1])
        real = squares > squares.max() * 1e-6
        left = left[:, real][:, ::-1] / np.sqrt(squares[real][::-1])
        return np.asarray(matrix.T @ left).astype(np.float16)


def save(embedder: OfflineEmbedder, folder: Path) -> tuple[str, str]:
    """Write the artefact; its file name and SHA-256. The name holds the digest: writing is safe
    beside readers, and the same fit gives the same file."""
    buffer = io.BytesIO()
    vocabulary = {"format": FORMAT, "words": list(embedder.words), "ngrams": list(embedder.ngrams)}
    np.savez(
        buffer,
        vocabulary=np.frombuffer(json.dumps(vocabulary).encode(), dtype=np.uint8),
        weights=embedder.weights,
        projection=embedder.projection,
    )
    data = buffer.getvalue()
    digest = hashlib.sha256(data).hexdigest()
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"offline-{digest[:16]}.npz"
    partial = path.with_suffix(".partial")
    partial.write_bytes(data)
    partial.replace(path)
    return path.name, digest


def load(path: Path, *, digest: str) -> OfflineEmbedder:
    """EmbedderUnavailable when the file is gone or is not what was saved."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise EmbedderUnavailable(
            f"The embedder's file {path.name} is missing; run `embedder use offline`."
        ) from error
    if hashlib.sha256(data).hexdigest() != digest:
        raise EmbedderUnavailable(
            f"The embedder's file {path.name} has changed; run `embedder use offline`."
        )
    with np.load(io.BytesIO(data), allow_pickle=False) as parts:
        vocabulary = json.loads(parts["vocabulary"].tobytes())
        return OfflineEmbedder(
            {word: number for number, word in enumerate(vocabulary["words"])},
            {part: number for number, part in enumerate(vocabulary["ngrams"])},
            parts["weights"],
            parts["projection"],
        )
