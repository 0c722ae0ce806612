"""A help centre of any size that nobody wrote: `Centre(chunks)`. Seeded: the same numbers give the
same texts, vectors and queries, batch by batch, so that nothing large is held.

Words are syllables put together and follow Zipf's law (Mandelbrot's form of it, since stop words
are not in the index); half of a passage's words come from its topic. Vectors are clustered twice:
topics lie around areas, passages around topics, and a query near a passage.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

DIMENSION = 768
VOCABULARY = 80_000
WORDS = (50, 130)  # of a passage
TITLE_WORDS = 6
TOPIC_WORDS = 400
PASSAGES_A_TOPIC = 100
TOPICS_AN_AREA = 20
NOISE = 0.9
ONSETS = "bcdfghjklmnprstvxz" + "بتجدرزسشفقکگلمنوه"
VOWELS = "aeiou" + "ای"
CODAS = "nrslm" + "نرستد"


@dataclass(frozen=True)
class Passages:
    titles: list[str]
    texts: list[str]
    vectors: NDArray[np.float32]


@dataclass(frozen=True)
class Query:
    text: str
    vector: NDArray[np.float32]


class Centre:
    def __init__(self, chunks: int, *, seed: int = 0) -> None:
        self.chunks = chunks
        self.seed = seed
        random = np.random.default_rng(seed)
        self.words = _words(random)
        shares = 1 / (np.arange(VOCABULARY) + 30.0)
        self.shares = np.cumsum(shares / shares.sum())
        self.topics = max(1, chunks // PASSAGES_A_TOPIC)
        areas = random.standard_normal((-(-self.topics // TOPICS_AN_AREA), DIMENSION))
        area_of = np.arange(self.topics) // TOPICS_AN_AREA
        self.centres = self._near(random, _unit(areas.astype(np.float32))[area_of])

    def batches(self, size: int) -> Iterator[Passages]:
        for start in range(0, self.chunks, size):
            yield self._batch(np.random.default_rng([self.seed, 1, start]), start, size)

    def _batch(self, random: np.random.Generator, start: int, size: int) -> Passages:
        count = min(size, self.chunks - start)
        topics = (np.arange(start, start + count) // 4) % self.topics
        titles = [self._text(random, topic, TITLE_WORDS) for topic in topics]
        texts = [self._text(random, topic, int(random.integers(*WORDS))) for topic in topics]
        return Passages(titles, texts, self._near(random, self.centres[topics]))

    def queries(self, count: int, *, words: tuple[int, int]) -> list[Query]:
        """About passages that are there: words of their topics."""
        random = np.random.default_rng([self.seed, 2, words[1]])
        topics = random.integers(0, self.topics, count)
        vectors = self._near(random, self._near(random, self.centres[topics]))
        return [
            Query(self._text(random, topic, int(random.integers(*words))), vector)
            for topic, vector in zip(topics, vectors, strict=True)
        ]

    def _text(self, random: np.random.Generator, topic: int, count: int) -> str:
        common = np.searchsorted(self.shares, random.random(count))
        own = (topic * 7919 + (random.random(count) ** 2 * TOPIC_WORDS).astype(int)) % VOCABULARY
        chosen = np.where(random.random(count) < 0.5, own, common)
        return " ".join(self.words[number] for number in chosen)

    @staticmethod
    def _near(random: np.random.Generator, centres: NDArray[np.float32]) -> NDArray[np.float32]:
        noise = _unit(random.standard_normal(centres.shape, dtype=np.float32))
        return _unit(centres + NOISE * noise)


def _words(random: np.random.Generator) -> list[str]:
    """Two or three syllables each: about as many different n-grams as a language has."""
    made: dict[str, None] = {}
    while len(made) < VOCABULARY:
        draws = random.random((int(random.integers(2, 4)), 4))
        made["".join(_syllable(*draw) for draw in draws)] = None
    return list(made)


def _syllable(onset: float, vowel: float, has_coda: float, coda: float) -> str:
    letters = [(ONSETS, onset), (VOWELS, vowel), *([(CODAS, coda)] if has_coda < 0.3 else [])]
    return "".join(choices[int(draw * len(choices))] for choices, draw in letters)


def _unit(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)
