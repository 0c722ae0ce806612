"""Vectors for what has none: `embed_missing(recipe)`, passages first and then questions."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db import models, transaction

from kb import copying
from kb.embedding import embedder_of
from kb.embedding.recipe import Progress
from kb.models import Chunk, ChunkVector, EmbeddingRecipe, Question, QuestionVector

BATCH = 512
"""An embedder sorts a batch by length: the larger it is, the less is padded."""


def embed_missing(recipe: EmbeddingRecipe, *, progress: Progress | None = None) -> int:
    """Vectors for what has none of this recipe yet, each batch in a transaction of its own."""
    embedder = embedder_of(recipe)
    missing = _missing(recipe)
    total = sum(kind.rows.count() for kind in missing)
    done = 0
    for kind in missing:
        for rows in _batches(kind.rows):
            vectors = embedder.embed_passages([embedded_text(row) for row in rows]).tolist()
            _write(kind, recipe, dict(zip((row.pk for row in rows), vectors, strict=True)))
            done += len(rows)
            if progress is not None:
                progress(done, total)
    return done


@transaction.atomic
def _write(kind: "_Missing", recipe: EmbeddingRecipe, vectors: dict[int, list[float]]) -> None:
    """For the rows that are still there; one that another process wrote meanwhile gives way."""
    locked = kind.model._default_manager.select_for_update().filter(pk__in=vectors)
    alive = list(locked.order_by("pk").values_list("pk", flat=True))
    old = kind.table._default_manager.filter(recipe=recipe, **{f"{kind.owner}__in": alive})
    old.delete()
    rows = ((recipe.pk, pk, vectors[pk]) for pk in alive)
    copying.copy_vectors(kind.table, kind.owner, rows)


def progress_of(recipe: EmbeddingRecipe) -> float:
    """The share of passages and questions that have a vector of the recipe, from 0 to 1."""
    whole = Chunk.objects.filter(cut=recipe.cut).count() + Question.objects.count()
    missing = sum(kind.rows.count() for kind in _missing(recipe))
    return 1 - missing / whole if whole else 1.0


def is_complete(recipe: EmbeddingRecipe) -> bool:
    return not any(kind.rows.exists() for kind in _missing(recipe))


@dataclass(frozen=True)
class _Missing:
    """Rows of a model without a vector in its table."""

    model: type[models.Model]
    table: type[models.Model]
    owner: str
    rows: models.QuerySet[Any]


def _missing(recipe: EmbeddingRecipe) -> list[_Missing]:
    of_chunk = ChunkVector.objects.filter(recipe=recipe, chunk=models.OuterRef("pk"))
    of_question = QuestionVector.objects.filter(recipe=recipe, question=models.OuterRef("pk"))
    of_cut = Chunk.objects.filter(cut=recipe.cut)
    chunks = of_cut.select_related("article").exclude(models.Exists(of_chunk))
    questions = Question.objects.exclude(models.Exists(of_question))
    return [
        _Missing(Chunk, ChunkVector, "chunk_id", chunks),
        _Missing(Question, QuestionVector, "question_id", questions),
    ]


def _batches(missing: models.QuerySet[Any]) -> Iterator[list[Any]]:
    """By primary key upwards; a row that vanished meanwhile is passed over."""
    last = 0
    while rows := list(missing.filter(pk__gt=last).order_by("pk")[:BATCH]):
        yield rows
        last = rows[-1].pk


def embedded_text(row: models.Model) -> tuple[str, str]:
    """Title and text as `kb.indexing` gives them to an embedder."""
    if isinstance(row, Question):
        return row.text, row.answer
    assert isinstance(row, Chunk)
    return row.titles, row.body
