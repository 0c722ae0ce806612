"""What an embedder must be, whichever model is behind it."""

from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from runtime.errors import InputError

Vectors = NDArray[np.float32]
"""Shape (texts, dimension), every row of length 1 (or all zeros: a text it knows nothing of)."""

Progress = Callable[[int, int], None]


class EmbedderUnavailable(InputError):
    """The active embedder cannot be loaded here. Hybrid search may go on with words alone; a
    search by meaning may not."""


class Embedder(Protocol):
    """Vectors of one recipe. `light`: cheap enough to load in the web process (no torch)."""

    @property
    def dimension(self) -> int: ...

    @property
    def light(self) -> bool: ...

    def embed_passages(self, texts: Sequence[tuple[str, str]]) -> Vectors:
        """Of (title and headings, text) pairs, as they are searched for."""

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        """Of what people ask."""


def unit(vectors: Vectors) -> Vectors:
    """Rows of length 1, or of zeros."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.divide(vectors, lengths, out=np.zeros_like(vectors), where=lengths > 1e-6)
