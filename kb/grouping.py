"""Searches for the same thing in other words, put together: `group(wordings)`. Pure, and the same
for the same input in any order.

Leader clustering: what was asked most often leads, and each later wording joins the leader that it
is most like, if it is like enough. Likeness is the cosine of weighted terms and of the beginnings
of terms, so that an ending more or less ("پرداختم", "پرداخت") does not keep two apart; words that
carry no subject do not count.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from text.stems import STOP_WORDS

ALIKE = 0.35
STEM_LETTERS = 4
TERM, BEGINNING = 1.0, 0.5
"""What a term weighs that two wordings share, and its first letters alone."""
RARE = 0.25
"""How much more a rare term weighs than a common one: little, where there are few wordings."""


@dataclass(frozen=True)
class Wording:
    pk: int
    terms: tuple[str, ...]
    count: int = 1


def group(wordings: Iterable[Wording]) -> list[list[Wording]]:
    """Groups, each with its leader first: the wording that was asked most often, of equals the
    one that was asked first."""
    ordered = sorted(wordings, key=lambda one: (-one.count, one.pk))
    vectors = _vectors(ordered)
    groups: list[list[Wording]] = []
    leaders: dict[str, list[tuple[int, float]]] = defaultdict(list)
    for one, vector in zip(ordered, vectors, strict=True):
        likeness: defaultdict[int, float] = defaultdict(float)
        for feature, weight in vector.items():
            for number, other in leaders[feature]:
                likeness[number] += weight * other
        best = max(likeness, key=lambda number: (round(likeness[number], 9), -number), default=None)
        if best is not None and likeness[best] >= ALIKE:
            groups[best].append(one)
            continue
        for feature, weight in vector.items():
            leaders[feature].append((len(groups), weight))
        groups.append([one])
    return groups


def _vectors(wordings: Sequence[Wording]) -> list[Mapping[str, float]]:
    """Of length 1, by feature."""
    features = [_features(one.terms) for one in wordings]
    found_in = Counter(feature for each in features for feature in each)
    vectors: list[Mapping[str, float]] = []
    for each in features:
        weighted = {
            feature: weight * (1 + RARE * math.log(len(wordings) / found_in[feature]))
            for feature, weight in each.items()
        }
        length = math.sqrt(sum(weight * weight for weight in weighted.values())) or 1.0
        vectors.append({feature: weight / length for feature, weight in weighted.items()})
    return vectors


def _features(terms: Sequence[str]) -> dict[str, float]:
    """Terms and their beginnings; words without a subject only where there are no others."""
    telling = [term for term in terms if term not in STOP_WORDS] or list(terms)
    features = {f"={term}": TERM for term in telling}
    features |= {f"^{term[:STEM_LETTERS]}": BEGINNING for term in telling}
    return features
