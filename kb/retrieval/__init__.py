"""The right passage for a question: `search(query)`; and `similar_questions(query)`.

Modes: `lexical` (words), `dense` (nearest vectors of the active recipe), `questions` (the nearest
known question leads to its article), `hybrid` (all of them, `kb.retrieval.fusion`). Without an
embedder, or where this process may not load it, hybrid goes on with words alone. Only published
articles are found; language and visibility are filtered inside the SQL; passages that say the same
are folded; ties are broken by id, so the same query gives the same order every time.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from kb.models import Chunk, Question
from kb.retrieval.calibration import FITS, likelihood
from kb.retrieval.candidates import CHUNKS, QUESTIONS, scope
from kb.retrieval.evidence import gather, query_vector
from kb.retrieval.folding import fold
from kb.retrieval.fusion import Parts, blend, over_best, ranked
from kb.retrieval.modes import Asked, Found, find
from kb.retrieval.reasons import Matches, Why
from kb.retrieval.voting import by_answer
from runtime.errors import InputError

MODES = ("hybrid", "dense", "lexical", "questions")
MAX_K = 100
CANDIDATES = 100
SPARE = 20
"""Passages read beyond those asked for, in place of folded ones."""


class UnknownMode(InputError):
    """No such way to search."""


class ImpossibleNumber(InputError):
    """More results than a search gives, or none."""


@dataclass(frozen=True)
class Result:
    """A passage. `score` is from 0 to 1: in hybrid mode the likelihood that the first one answers,
    and below it by rank's evidence; a share of the query's words, a cosine, or the likeness of the
    known question in the other modes."""

    chunk_id: int
    article_id: int
    external_id: str
    title: str
    heading_path: tuple[str, ...]
    text: str
    url: str
    score: float
    lang: str
    why: Why = field(compare=False)


@dataclass(frozen=True)
class SimilarQuestion:
    question_id: int
    text: str
    answer: str
    score: float
    external_id: str
    kind: str


def search(
    query: str,
    *,
    mode: str = "hybrid",
    k: int = 10,
    lang: str | None = None,
    visibility: str | None = None,
    exclude_external_ids: Collection[str] = (),
    models: bool = True,
) -> list[Result]:
    """The `k` best passages, best first. `visibility="public"`: none of internal articles.
    `exclude_external_ids`: known questions that must not lead to their articles.
    `models=False`: never load a neural model here (the web process); hybrid then means words where
    such a model is active."""
    _check(mode, k)
    asked = Asked(
        query,
        scope(CHUNKS, lang=lang, visibility=visibility),
        max(CANDIDATES, k),
        lang,
        visibility,
        None if mode == "lexical" else query_vector(query, models=models, needed=mode == "dense"),
        tuple(exclude_external_ids),
    )
    found = find(mode, asked)
    rows = (
        Chunk.objects.select_related("article")
        .defer("article__text")
        .in_bulk([pk for pk, _ in found.scores[: k + SPARE]])
    )
    kept = fold(
        [(pk, rows[pk].article_id, rows[pk].search_form) for pk, _ in found.scores if pk in rows]
    )[:k]
    return _results(asked, found, [rows[pk] for pk in kept])


def nothing_fits(results: Sequence[Result]) -> bool:
    """Whether no passage answers: better said than guessed."""
    return not results or results[0].why.likely < FITS


def similar_questions(
    query: str,
    *,
    kinds: Collection[str] = tuple(Question.Kind),
    k: int = 3,
    lang: str | None = None,
    exclude_external_ids: Collection[str] = (),
    visibility: str | None = None,
    models: bool = True,
) -> list[SimilarQuestion]:
    """Known questions with their answers, no answer twice, by words and meaning. `visibility`: of
    the article that a question was taken from.

    Teams answer from standard replies, so the nearest questions often share one. The VOTERS nearest
    vote for their answers (`kb.retrieval.voting`); an answer is shown with its nearest question.
    """
    _check("hybrid", k)
    where = scope(
        QUESTIONS,
        lang=lang,
        kinds=kinds,
        exclude_external_ids=exclude_external_ids,
        visibility=visibility,
    )
    vector = query_vector(query, models=models, needed=False)
    parts = blend(gather(query, where, vector=vector, most=CANDIDATES))
    scores = ranked(over_best({pk: part.total for pk, part in parts.items()}))[:CANDIDATES]
    rows = Question.objects.in_bulk([pk for pk, _ in scores])
    found = [(pk, score) for pk, score in scores if pk in rows]
    best = by_answer(found, {pk: row.answer for pk, row in rows.items()})[:k]
    return [
        SimilarQuestion(
            pk, rows[pk].text, rows[pk].answer, score, rows[pk].external_id, rows[pk].kind
        )
        for pk, score in best
    ]


def _check(mode: str, k: int) -> None:
    if mode not in MODES:
        raise UnknownMode(f"There is no search mode {mode!r}; choose from {', '.join(MODES)}.")
    if not 1 <= k <= MAX_K:
        raise ImpossibleNumber(f"A search gives 1 to {MAX_K} results.")


def _results(asked: Asked, found: Found, rows: Sequence[Chunk]) -> list[Result]:
    scores = dict(found.scores)
    matches = Matches(asked.query, asked.where, [row.pk for row in rows])
    texts = Question.objects.in_bulk([one.question_id for one in found.leads.values()])
    likely = likelihood(found.evidence, rows[0].pk) if rows else 0.0
    results = []
    for row in rows:
        lead = found.leads.get(row.pk)
        why = Why(
            row.pk,
            found.evidence.covered(row.pk),
            found.evidence.meaning.get(row.pk),
            texts[lead.question_id].text if lead and lead.question_id in texts else "",
            lead.score if lead else 0.0,
            found.parts.get(row.pk, Parts()),
            likely,
            matches,
        )
        results.append(_result(row, scores[row.pk], why))
    return results


def _result(row: Chunk, score: float, why: Why) -> Result:
    article = row.article
    return Result(
        row.pk,
        article.pk,
        article.external_id,
        article.title,
        tuple(row.heading_path),
        row.text,
        article.url,
        score,
        row.lang,
        why,
    )
