"""Known questions that lead to articles: `nearest(query, …)`, then `passages_of(articles)`.

The nearest known question (of an article's FAQ, generated, or of a past ticket that was linked)
stands for its article; which passage of it is shown, the words and vectors of the passages say.
"""

from collections.abc import Collection
from dataclasses import dataclass

from django.db import connection

from kb.models import Question
from kb.retrieval.candidates import QUESTIONS, Scope, scope
from kb.retrieval.evidence import QueryVector, gather
from kb.retrieval.fusion import Evidence

ALL = tuple(Question.Kind)
OTHER_WORDS = (Question.Kind.GENERATED, Question.Kind.TICKET)
"""Kinds that add to what an article says. Its own FAQ is its headings, which the passages have."""
MAX_ARTICLES = 30
MAX_PASSAGES = 600


@dataclass(frozen=True)
class Known:
    """A question near the query, and how near: from 0 to 1, comparable between queries."""

    question_id: int
    article_id: int
    score: float


def nearest(
    query: str,
    *,
    vector: QueryVector | None,
    most: int,
    kinds: Collection[str] = ALL,
    lang: str | None = None,
    visibility: str | None = None,
    exclude_external_ids: Collection[str] = (),
) -> dict[int, Known]:
    """By article, the nearest first; of equally near ones the older question."""
    where = scope(
        QUESTIONS,
        kinds=kinds,
        lang=lang,
        exclude_external_ids=exclude_external_ids,
        linked=True,
        visibility=visibility,
    )
    found = gather(query, where, vector=vector, most=most)
    scores = likeness(found)
    best = sorted(scores, key=lambda pk: (-scores[pk], pk))[:most]
    articles = dict(Question.objects.filter(pk__in=best).values_list("pk", "article_id"))
    known: dict[int, Known] = {}
    for pk in best:
        article = articles.get(pk)
        if article is not None and article not in known and len(known) < MAX_ARTICLES:
            known[article] = Known(pk, article, scores[pk])
    return known


def likeness(found: Evidence) -> dict[int, float]:
    """How near a question is to the query, by words and, where there is a vector, by meaning: the
    mean of both. It does not hang on what else was found."""
    rows = found.words.keys() | found.grams.keys() | found.meaning.keys()
    scores = {}
    for pk in rows:
        score = found.covered(pk)
        if found.meaning:
            score = (score + max(found.meaning.get(pk, 0.0), 0.0)) / 2
        scores[pk] = round(score, 6)
    return scores


def is_any(kinds: Collection[str] = ALL) -> bool:
    return Question.objects.filter(kind__in=kinds, article__isnull=False).exists()


def share(passages: Collection[int], kinds: Collection[str]) -> float:
    """Of the passages' articles, how many have a known question of these kinds, from 0 to 1."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT avg((EXISTS (SELECT 1 FROM kb_question q WHERE q.article_id = o.article_id "
            "AND q.kind = ANY(%s)))::int) "
            "FROM (SELECT DISTINCT article_id FROM kb_chunk WHERE id = ANY(%s)) o",
            [list(kinds), list(passages)],
        )
        row = cursor.fetchone()
    return float(row[0] or 0.0) if row else 0.0


def passages_of(articles: Collection[int], where: Scope) -> dict[int, int]:
    """Passage and article, of those that may be found."""
    tables = where.tables
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT o.id, o.article_id FROM {tables.rows} o {tables.join} "  # noqa: S608
            f"WHERE o.article_id = ANY(%(articles)s) AND {where.sql} "  # both are ours
            "ORDER BY o.position, o.id LIMIT %(most)s",
            {**where.params, "articles": list(articles), "most": MAX_PASSAGES},
        )
        return dict(cursor.fetchall())
