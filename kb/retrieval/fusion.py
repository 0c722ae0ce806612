"""Several kinds of evidence into one ranking: `blend(evidence)`. Pure.

Words, n-grams and titles are each taken over their best, and so is the meaning that the offline
embedder sees, which is made of the same words: a weighted sum of such scores found more than
reciprocal rank fusion, which throws away how clear a winner was. A neural model sees what words do
not. There its cosines stand as they are, and words weigh by how much of the question their best
passage covers (the third power of it): nothing where the question is put in other words, much where
a passage says it as it was asked. The figures are in docs/experiments.md; the weights are round
because they are meant for help centres that nobody has measured.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

GRAMS = 1.0
OPENING = 0.4
"""An article's first passage says what it is about."""
TITLES = 0.75
SURE_TITLE = 0.5
"""Of what a title that is the query gets: from there on the best title counts whole."""
OFFLINE_MEANING = 1.0
NEURAL_WORDS = 1.5
QUESTIONS = 2.0
"""Where every article has known questions; where few have, one must not win by having some."""

Scores = Mapping[int, float]


@dataclass(frozen=True)
class Evidence:
    """What speaks for each passage, by id. `words`, `grams`, `titles`: see `kb.retrieval.lexical`;
    `ideal`: what all of the query's words would come to, `title_ideal`: what a title would that is
    the query. `meaning`: cosines, `neural`: of what kind.
    `opening`: passages that begin their article. `questions`: how near the nearest known question
    is that leads to the passage, from 0 to 1; `asked`: the share of the articles in sight that have
    known questions at all."""

    words: Scores = field(default_factory=dict)
    grams: Scores = field(default_factory=dict)
    titles: Scores = field(default_factory=dict)
    ideal: float = 0.0
    title_ideal: float = 0.0
    meaning: Scores = field(default_factory=dict)
    neural: bool = False
    opening: Collection[int] = frozenset()
    questions: Scores = field(default_factory=dict)
    asked: float = 1.0
    length: int = 0
    """Words of the query."""

    def covered(self, pk: int) -> float:
        """How much of the query the passage says in its own words, from 0 to 1."""
        found = self.words.get(pk, 0.0) + self.grams.get(pk, 0.0)
        return min(found / self.ideal, 1.0) if self.ideal else 0.0


@dataclass(frozen=True)
class Parts:
    """Of a passage's score."""

    words: float = 0.0
    title: float = 0.0
    meaning: float = 0.0
    question: float = 0.0

    @property
    def total(self) -> float:
        return self.words + self.title + self.meaning + self.question


def blend(evidence: Evidence) -> dict[int, Parts]:
    """What each passage's score is made of."""
    neural = evidence.neural and bool(evidence.meaning)
    words, grams = over_best(evidence.words), over_best(evidence.grams)
    titles = {} if neural else _titles(evidence)  # a neural model has them in its vectors
    meaning = evidence.meaning if neural else over_best(evidence.meaning)
    whole = 1 + GRAMS + OPENING + (0.0 if neural else TITLES)
    by_words = (_neural_words(evidence) if neural else 1.0) / whole
    by_meaning = 1.0 if neural else OFFLINE_MEANING / whole
    by_question = QUESTIONS * evidence.asked**2
    return {
        pk: Parts(
            by_words
            * (
                words.get(pk, 0.0)
                + GRAMS * grams.get(pk, 0.0)
                + (OPENING if pk in evidence.opening else 0.0)
            ),
            by_words * TITLES * titles.get(pk, 0.0),
            by_meaning * max(meaning.get(pk, 0.0), 0.0),
            by_question * evidence.questions.get(pk, 0.0) ** 2,
        )
        for pk in words.keys() | grams.keys() | meaning.keys() | evidence.questions.keys()
    }


def _neural_words(evidence: Evidence) -> float:
    rows = evidence.words.keys() | evidence.grams.keys()
    return NEURAL_WORDS * max((evidence.covered(pk) for pk in rows), default=0.0) ** 3


def _titles(evidence: Evidence) -> dict[int, float]:
    best = max(evidence.titles.values(), default=0.0)
    sure = SURE_TITLE * evidence.title_ideal
    scale = min(best / sure, 1.0) if sure > 0 else 1.0
    return {pk: scale * score for pk, score in over_best(evidence.titles).items()}


def ranked(scores: Mapping[int, float]) -> list[tuple[int, float]]:
    """Best first, ties by id; rounded, since a sum hangs on the order of its parts."""
    rounded = ((pk, round(score, 6)) for pk, score in scores.items())
    return sorted(rounded, key=lambda item: (-item[1], item[0]))


def over_best(scores: Scores) -> dict[int, float]:
    """From 0 to 1, the best one 1; none where nothing is above 0."""
    best = max(scores.values(), default=0.0)
    return {pk: max(score, 0.0) / best for pk, score in scores.items()} if best > 0 else {}
