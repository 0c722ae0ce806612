"""Titles count beside the text they stand over: `with_titles(passages, titles, embed)`.

What people ask is often close to a title and far from the long text below it. A passage's vector is
the sum of its own and of its title's, so its cosine to a query is nearly the weighted sum of both
cosines, for the price of no second index.
"""

from collections.abc import Callable, Sequence

import numpy as np

from kb.embedding.recipe import Vectors, unit

TITLE_SHARE = 0.3


def with_titles(
    passages: Vectors, titles: Sequence[str], embed: Callable[[Sequence[str]], Vectors]
) -> Vectors:
    """`passages`: with their titles in the text. `titles`: of each, "" for none; the same title is
    embedded once."""
    named = sorted({title for title in titles if title})
    if not named:
        return passages
    places = {title: place for place, title in enumerate(named)}
    vectors = embed(named)
    weight = np.array([TITLE_SHARE if title else 0.0 for title in titles], dtype=np.float32)
    of_titles = vectors[[places.get(title, 0) for title in titles]]
    mixed = (1 - weight)[:, None] * passages + weight[:, None] * of_titles
    return unit(mixed)
