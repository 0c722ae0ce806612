"""All ways to search beside each other: `compare(query)`, for people who want to see why.

Each mode gives its best passages with the time that it took, or says in plain words why it cannot
answer here. A passage knows at which rank the other modes have its article.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from kb.embedding import EmbedderUnavailable, active_recipe, is_light
from kb.embedding.building import MIN_CHUNKS
from kb.models import Article, EmbeddingRecipe, Question
from kb.retrieval import MODES, Result, nothing_fits, search

RESULTS = 8


@dataclass(frozen=True)
class Hit:
    """`elsewhere`: (mode, rank) where another mode has the same article."""

    rank: int
    result: Result
    reasons: tuple[str, ...]
    is_internal: bool
    elsewhere: list[tuple[str, int]] = field(default_factory=list)


@dataclass(frozen=True)
class Column:
    """`unavailable`: why this mode cannot answer, `note`: what is missing from its answer."""

    mode: str
    hits: tuple[Hit, ...] = ()
    milliseconds: float = 0.0
    nothing_fits: bool = False
    unavailable: str = ""
    note: str = ""


def compare(query: str, *, lang: str | None = None) -> list[Column]:
    """A column for each mode, in the order of MODES."""
    recipe = active_recipe()
    columns = [_column(mode, query, lang, recipe) for mode in MODES]
    ranks = {column.mode: _ranks(column.hits) for column in columns}
    for column in columns:
        for hit in column.hits:
            hit.elsewhere.extend(
                (mode, of[hit.result.article_id])
                for mode, of in ranks.items()
                if mode != column.mode and hit.result.article_id in of
            )
    return columns


def _ranks(hits: Sequence[Hit]) -> dict[int, int]:
    """The best rank of each article."""
    ranks: dict[int, int] = {}
    for hit in hits:
        ranks.setdefault(hit.result.article_id, hit.rank)
    return ranks


def _column(mode: str, query: str, lang: str | None, recipe: EmbeddingRecipe | None) -> Column:
    if mode == "questions" and not Question.objects.filter(article__isnull=False).exists():
        return Column(mode, unavailable=_("No known question is linked to an article yet."))
    missing = _missing(recipe)
    if mode == "dense" and missing:
        return Column(mode, unavailable=missing)
    started = time.perf_counter()
    try:
        results = search(query, mode=mode, k=RESULTS, lang=lang, models=False)
    except EmbedderUnavailable:
        return Column(mode, unavailable=_("The embedder cannot be loaded; `doctor` says why."))
    milliseconds = (time.perf_counter() - started) * 1000
    note = _("By words alone.") if missing and mode in ("hybrid", "questions") else ""
    return Column(mode, _hits(results), milliseconds, nothing_fits(results), note=note)


def _missing(recipe: EmbeddingRecipe | None) -> str:
    """Why this process has no vectors of queries; "" if it has."""
    if recipe is None:
        return _("There is no embedder yet: it is fitted once there are %(least)s passages.") % {
            "least": MIN_CHUNKS
        }
    if not is_light(recipe):
        return _("The embedder is a neural model, which only the workers load; the page does not.")
    return ""


def _hits(results: Sequence[Result]) -> tuple[Hit, ...]:
    articles = {result.article_id for result in results}
    internal = set(
        Article.objects.filter(pk__in=articles, visibility=Article.Visibility.INTERNAL).values_list(
            "pk", flat=True
        )
    )
    return tuple(
        Hit(rank, result, _reasons(result), result.article_id in internal)
        for rank, result in enumerate(results, 1)
    )


def _reasons(result: Any) -> tuple[str, ...]:
    why = getattr(result, "why", None)
    return tuple(why.lines()) if why is not None else ()
