"""Character n-grams of words: `grams(words)`. They find what stems miss: a typing mistake, words
written in one, an inflection that no rule knows, in any script.

Four letters each, the edges of a word among them ("_"), each behind a "#" so that none is taken for
a word. Stop words have none.
"""

from collections.abc import Iterable
from functools import lru_cache

from text.stems import STOP_WORDS

SIZE = 4
MARK = "#"
_CACHED = 65_536


def grams(words: Iterable[str]) -> list[str]:
    """In order; of `text.persian.words`."""
    return [gram for word in words if word not in STOP_WORDS for gram in _of(word)]


@lru_cache(maxsize=_CACHED)
def _of(word: str) -> tuple[str, ...]:
    padded = f"_{word}_"
    if len(padded) <= SIZE:
        return (f"{MARK}{padded}",)
    return tuple(f"{MARK}{padded[at : at + SIZE]}" for at in range(len(padded) - SIZE + 1))
