"""What speaks for each passage (or known question) of a scope: `gather(query, scope, …)`.

Candidates come by words and by meaning, and every candidate of one side gets its score on the
other side too: a sum of which half is missing would rank by what was not looked at.
"""

import logging
from collections.abc import Collection
from dataclasses import dataclass

from django.db import connection

from kb.embedding import EmbedderUnavailable, active_recipe, embedder_of, is_light
from kb.models import EmbeddingRecipe
from kb.retrieval.candidates import CHUNKS, Scope, dense
from kb.retrieval.fusion import Evidence
from kb.retrieval.lexical import NOTHING, score

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class QueryVector:
    recipe: EmbeddingRecipe
    values: list[float]

    @property
    def is_neural(self) -> bool:
        return self.recipe.kind != EmbeddingRecipe.Kind.OFFLINE


def query_vector(query: str, *, models: bool, needed: bool) -> QueryVector | None:
    """By the active recipe. `needed`: say what is missing, or go without. None too where the query
    holds nothing that the embedder knows."""
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
        return None
    return QueryVector(recipe, vector.tolist()) if vector.any() else None


def gather(
    query: str,
    where: Scope,
    *,
    vector: QueryVector | None,
    most: int,
    words: bool = True,
    also: Collection[int] = (),
) -> Evidence:
    """The best `most` of each side, and the rows `also`. `words`: not by meaning alone."""
    scored = score(query, where) if words else None
    best = scored.best(most) if scored else {}
    asked = {*best.values(), *also}
    near = dense(vector.values, where, vector.recipe, most=most, also=asked) if vector else {}
    found = NOTHING
    if scored:
        beside = {*near, *also} - set(best.values())
        found = scored.of(best | scored.entries_of(beside))
    opening = _opening({*near, *found.scores}) if where.tables is CHUNKS else frozenset[int]()
    return Evidence(
        found.words,
        found.grams,
        found.titles,
        found.ideal,
        found.title_ideal,
        near,
        vector is not None and vector.is_neural,
        opening,
        length=len(query.split()),
    )


def _opening(ids: Collection[int]) -> frozenset[int]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT id FROM kb_chunk WHERE id = ANY(%s) AND position = 0", [list(ids)])
        return frozenset(pk for (pk,) in cursor.fetchall())
