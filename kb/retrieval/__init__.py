"""The right passage for a question: `search(query)`; and `similar_questions(query)`.

Modes: `lexical` (words, titles weighing more), `dense` (nearest vectors of the active recipe),
`hybrid` (both, fused), `questions` (the nearest known question leads to its article). Without an
embedder, or where this process may not load it, hybrid goes on with words alone. Only published
articles are found; ties are broken by id, so the same query gives the same order every time.
"""

import logging
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from kb.embedding import EmbedderUnavailable, active_recipe, embedder_of, is_light
from kb.models import Chunk, EmbeddingRecipe, Question
from kb.retrieval.candidates import CHUNKS, QUESTIONS, Scope, dense, lexical, scope
from kb.retrieval.fusion import fuse, ranked
from kb.retrieval.voting import by_answer
from runtime.errors import InputError

MODES = ("hybrid", "dense", "lexical", "questions")
MAX_K = 100
CANDIDATES = 100

log = logging.getLogger(__name__)


class UnknownMode(InputError):
    """No such way to search."""


class ImpossibleNumber(InputError):
    """More results than a search gives, or none."""


@dataclass(frozen=True)
class Result:
    """A passage; `score` is from 0 to 1 in hybrid mode, BM25 or a cosine in the others."""

    chunk_id: int
    article_id: int
    external_id: str
    title: str
    heading_path: tuple[str, ...]
    text: str
    url: str
    score: float
    lang: str


@dataclass(frozen=True)
class SimilarQuestion:
    question_id: int
    text: str
    answer: str
    score: float
    external_id: str
    kind: str


def search(
    query: str, *, mode: str = "hybrid", k: int = 10, lang: str | None = None, models: bool = True
) -> list[Result]:
    """The `k` best passages, best first. `models=False`: never load a neural model here (the web
    process); hybrid then means words where such a model is active."""
    _check(mode, k)
    most = max(CANDIDATES, k)
    if mode == "questions":
        scores = _by_questions(query, most=k, lang=lang, models=models)
    else:
        scores = _scores(query, scope(CHUNKS, lang=lang), mode, most=most, models=models)
    best = scores[:k]
    rows = Chunk.objects.select_related("article").in_bulk([pk for pk, _ in best])
    return [_result(rows[pk], score) for pk, score in best if pk in rows]


def nothing_fits(results: Sequence[Result]) -> bool:
    """Whether no passage answers: better said than guessed."""
    return not results


def similar_questions(
    query: str,
    *,
    kinds: Collection[str] = tuple(Question.Kind),
    k: int = 3,
    lang: str | None = None,
    exclude_external_ids: Collection[str] = (),
    models: bool = True,
) -> list[SimilarQuestion]:
    """Known questions with their answers, no answer twice, by words and meaning.

    Teams answer from standard replies, so the nearest questions often share one. The VOTERS nearest
    vote for their answers (`kb.retrieval.voting`); an answer is shown with its nearest question.
    """
    _check("hybrid", k)
    where = scope(QUESTIONS, lang=lang, kinds=kinds, exclude_external_ids=exclude_external_ids)
    scores = _scores(query, where, "hybrid", most=CANDIDATES, models=models)
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


def _scores(
    query: str, where: Scope, mode: str, *, most: int, models: bool
) -> list[tuple[int, float]]:
    """Every candidate of either side gets its score on the other side too."""
    if mode == "lexical":
        return ranked(lexical(query, where, most=most))
    recipe, vector = _query_vector(query, models=models, needed=mode == "dense")
    if recipe is None or vector is None:
        words = lexical(query, where, most=most)
        return fuse(words, {}, weight=1.0)
    near = dense(vector, where, recipe, most=most)
    if mode == "dense":
        return ranked(near)
    words = lexical(query, where, most=most, also=near)
    far = words.keys() - near.keys()
    if far:
        near |= dense(vector, where, recipe, most=1, also=far)
    return fuse(words, near)


def _query_vector(
    query: str, *, models: bool, needed: bool
) -> tuple[EmbeddingRecipe | None, list[float] | None]:
    """The active recipe and the query's vector. `needed`: say what is missing, or go without."""
    recipe = active_recipe()
    try:
        if recipe is None:
            raise EmbedderUnavailable(
                "There is no embedder yet: it is fitted once there are 50 passages. "
                "Search with --mode lexical or hybrid."
            )
        if not models and not is_light(recipe):
            raise EmbedderUnavailable("The embedder's model runs in the workers alone.")
        vector = embedder_of(recipe).embed_queries([query])[0]
    except EmbedderUnavailable as error:
        if needed:
            raise
        if recipe is not None and models:
            log.warning("Searching by words alone: %s", error)
        return None, None
    if not vector.any():  # nothing in the query that the embedder knows
        return None, None
    return recipe, vector.tolist()


def _by_questions(
    query: str, *, most: int, lang: str | None, models: bool
) -> list[tuple[int, float]]:
    """The nearest known questions' articles, each with the passage of it that fits best."""
    where = scope(QUESTIONS, lang=lang, linked=True)
    nearest = _scores(query, where, "hybrid", most=CANDIDATES, models=models)
    articles = dict(
        Question.objects.filter(pk__in=[pk for pk, _ in nearest]).values_list("pk", "article_id")
    )
    scores: dict[int, float] = {}
    for pk, score in nearest:
        scores.setdefault(articles[pk], score)
    fits = dict(_scores(query, scope(CHUNKS, lang=lang), "lexical", most=1000, models=models))
    passages: dict[int, tuple[float, int]] = {}
    for chunk, article in (
        Chunk.objects.filter(article_id__in=scores).order_by("-pk").values_list("pk", "article_id")
    ):
        passages[article] = max(passages.get(article, (-1.0, 0)), (fits.get(chunk, 0.0), -chunk))
    found = {-passages[article][1]: scores[article] for article in scores if article in passages}
    return ranked(found)[:most]


def _result(row: Chunk, score: float) -> Result:
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
    )
