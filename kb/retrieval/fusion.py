"""Two rankings into one: `fuse(lexical, dense)`. Pure.

The weighted sum of both scores, each over its own best: on Persian and English help centres it
found more than reciprocal rank fusion, which throws away how clear a winner was.
"""

from collections.abc import Mapping

LEXICAL_WEIGHT = 0.5


def fuse(
    lexical: Mapping[int, float], dense: Mapping[int, float], *, weight: float = LEXICAL_WEIGHT
) -> list[tuple[int, float]]:
    """Ids with scores from 0 to 1, best first; of equal scores the lower id first."""
    words, meaning = _over_best(lexical), _over_best(dense)
    scores = {
        pk: weight * words.get(pk, 0.0) + (1 - weight) * meaning.get(pk, 0.0)
        for pk in words.keys() | meaning.keys()
    }
    return ranked(scores)


def ranked(scores: Mapping[int, float]) -> list[tuple[int, float]]:
    """Best first, ties by id; rounded, since a sum hangs on the order of its parts."""
    rounded = ((pk, round(score, 6)) for pk, score in scores.items())
    return sorted(rounded, key=lambda item: (-item[1], item[0]))


def _over_best(scores: Mapping[int, float]) -> dict[int, float]:
    best = max(scores.values(), default=0.0)
    return {pk: max(score, 0.0) / best for pk, score in scores.items()} if best > 0 else {}
