"""How likely the best passage answers: `likelihood(evidence, pk)`. Pure.

Ranks say which passage is best and not whether it is any good. A logistic curve over figures that
mean the same for every query says that: how much of the query the passage covers, its cosine, and
how near a known question is. It was fitted on questions with an answer here and on questions of
other help centres, which have none here (docs/experiments.md). Cosines of the offline embedder,
which is made of the same words, add nothing to it.
"""

import math
from dataclasses import dataclass

from kb.retrieval.fusion import Evidence

FITS = 0.3
"""Below it better said that nothing fits than guessed."""


@dataclass(frozen=True)
class Curve:
    constant: float
    covered: float = 0.0
    cosine: float = 0.0


WORDS = Curve(-4.0, covered=16.0)
NEURAL = Curve(-7.5, covered=7.0, cosine=10.0)
OFFLINE_ALONE = Curve(-1.75, cosine=3.3)
NEURAL_ALONE = Curve(-7.0, cosine=13.0)
QUESTION = Curve(-6.0, covered=16.0)
SHORT = 10
"""Words. A longer text says much that is not its question: greetings, what was tried."""
MOST_ALLOWED = 1.3


def likelihood(evidence: Evidence, pk: int) -> float:
    """From 0 to 1. By the passage, or by the known question that led to it if that says more."""
    curve = _curve(evidence)
    allowed = _allowed(evidence.length)
    passage = (
        curve.constant
        + curve.covered * allowed * evidence.covered(pk)
        + curve.cosine * max(evidence.meaning.get(pk, 0.0), 0.0)
    )
    question = QUESTION.constant + QUESTION.covered * allowed * evidence.questions.get(pk, 0.0)
    return 1 / (1 + math.exp(-max(passage, question)))


def _allowed(length: int) -> float:
    """What a text of `length` words covers counts as so much more. Of 40 tickets that the sample
    company can answer, 16 were taken as answered without it and 29 with it; of 30 texts of another
    portal as long as a ticket, none and 5."""
    return min(max(length / SHORT, 1.0) ** 0.25, MOST_ALLOWED)


def _curve(evidence: Evidence) -> Curve:
    by_words = evidence.ideal > 0
    if not evidence.meaning or (by_words and not evidence.neural):
        return WORDS
    if evidence.neural:
        return NEURAL if by_words else NEURAL_ALONE
    return OFFLINE_ALONE
