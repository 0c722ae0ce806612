"""The ways to search, one function each: `find(mode, asked)`."""

from collections.abc import Collection
from dataclasses import dataclass, replace

from kb.retrieval import known as knowns
from kb.retrieval.calibration import likelihood
from kb.retrieval.candidates import Scope
from kb.retrieval.evidence import QueryVector, gather
from kb.retrieval.fusion import Evidence, Parts, blend, over_best, ranked
from kb.retrieval.known import ALL, OTHER_WORDS, Known


@dataclass(frozen=True)
class Asked:
    query: str
    where: Scope
    most: int
    lang: str | None
    visibility: str | None
    vector: QueryVector | None
    excluded: Collection[str] = ()
    """Known questions that lead nowhere, by their external ids."""


@dataclass(frozen=True)
class Found:
    """`scores` best first. `leads`: the known question behind a passage."""

    scores: list[tuple[int, float]]
    evidence: Evidence
    parts: dict[int, Parts]
    leads: dict[int, Known]


def find(mode: str, asked: Asked) -> Found:
    return _FIND[mode](asked)


def _lexical(asked: Asked) -> Found:
    evidence = gather(asked.query, asked.where, vector=None, most=asked.most)
    whole = {pk: evidence.words.get(pk, 0.0) + evidence.grams.get(pk, 0.0) for pk in evidence.words}
    scores = {pk: score / evidence.ideal for pk, score in whole.items()}
    return Found(ranked(scores), evidence, {pk: Parts(words=scores[pk]) for pk in scores}, {})


def _dense(asked: Asked) -> Found:
    evidence = gather(asked.query, asked.where, vector=asked.vector, most=asked.most, words=False)
    parts = {pk: Parts(meaning=score) for pk, score in evidence.meaning.items()}
    return Found(ranked(evidence.meaning), evidence, parts, {})


def _hybrid(asked: Asked) -> Found:
    near, passages = _known(asked, OTHER_WORDS)
    evidence = gather(asked.query, asked.where, vector=asked.vector, most=asked.most, also=passages)
    leads = _leads(near, passages, evidence)
    if leads:
        scores = {pk: one.score for pk, one in leads.items()}
        near_ids = {*evidence.words, *evidence.meaning}
        evidence = replace(evidence, questions=scores, asked=knowns.share(near_ids, OTHER_WORDS))
    parts = blend(evidence)
    order = ranked(over_best({pk: part.total for pk, part in parts.items()}))
    likely = likelihood(evidence, order[0][0]) if order else 0.0
    return Found([(pk, round(likely * score, 6)) for pk, score in order], evidence, parts, leads)


def _questions(asked: Asked) -> Found:
    near, passages = _known(asked, ALL)
    evidence = gather(asked.query, asked.where, vector=None, most=1, also=passages)
    leads = _leads(near, passages, evidence)
    scores = {pk: one.score for pk, one in leads.items()}
    evidence = replace(evidence, questions=scores)
    parts = {pk: Parts(question=score) for pk, score in scores.items()}
    return Found(ranked(scores), evidence, parts, leads)


_FIND = {"hybrid": _hybrid, "dense": _dense, "lexical": _lexical, "questions": _questions}


def _known(asked: Asked, kinds: Collection[str]) -> tuple[dict[int, Known], dict[int, int]]:
    """The nearest known questions by article, and the passages of these articles."""
    if not knowns.is_any(kinds):
        return {}, {}
    near = knowns.nearest(
        asked.query,
        vector=asked.vector,
        most=asked.most,
        kinds=kinds,
        lang=asked.lang,
        visibility=asked.visibility,
        exclude_external_ids=asked.excluded,
    )
    return near, knowns.passages_of(near, asked.where)


def _leads(
    near: dict[int, Known], passages: dict[int, int], evidence: Evidence
) -> dict[int, Known]:
    """By passage: of each article the one that speaks most to the query, else its first."""
    parts = blend(evidence)
    best: dict[int, int] = {}
    for pk, article in passages.items():
        other = best.get(article)
        if other is None or parts.get(pk, Parts()).total > parts.get(other, Parts()).total:
            best[article] = pk
    return {best[article]: one for article, one in near.items() if article in best}
