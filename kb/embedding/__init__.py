"""Embedders behind one recipe: `active_recipe()` and `embedder_of(recipe)`.

A recipe row decides every vector that carries its id, and the cut of the passages that have one
(`active_cut`, `cut_named`). `building.use` makes a new index beside the old one and swaps; see
docs/adr/0004-versioned-vectors.md. The offline embedder and models exported to ONNX load anywhere;
sentence-transformers only in commands and workers.
"""

from functools import lru_cache
from pathlib import Path

from django.conf import settings

from kb.chunking import Cut
from kb.embedding import cutting, offline, onnx_int8, sentence_transformers
from kb.embedding.recipe import Embedder, EmbedderUnavailable
from kb.models import EmbeddingRecipe

__all__ = [
    "Embedder",
    "EmbedderUnavailable",
    "active_cut",
    "active_recipe",
    "cut_named",
    "embedder_of",
    "is_light",
]


def artefact_folder() -> Path:
    return Path(settings.PASOKH_HOME) / "embedders"


def active_recipe() -> EmbeddingRecipe | None:
    """None: the desk has too little text for an embedder, and search is by words alone."""
    return EmbeddingRecipe.objects.filter(state=EmbeddingRecipe.State.ACTIVE).first()


def active_cut() -> str:
    """The name of the cut whose passages search sees; "" is the plain one, by letters."""
    recipe = active_recipe()
    return recipe.cut if recipe else ""


def cut_named(name: str) -> Cut:
    """EmbedderUnavailable where its tokenizer's file is missing."""
    return cutting.token_cut(name, artefact_folder())


def is_light(recipe: EmbeddingRecipe) -> bool:
    """Whether the web process may load it."""
    return recipe.kind in (EmbeddingRecipe.Kind.OFFLINE, EmbeddingRecipe.Kind.ONNX)


def embedder_of(recipe: EmbeddingRecipe) -> Embedder:
    """Loaded once a process. Raises EmbedderUnavailable."""
    if recipe.kind == EmbeddingRecipe.Kind.OFFLINE:
        return _offline(str(artefact_folder() / recipe.artefact), recipe.artefact_digest)
    if recipe.kind == EmbeddingRecipe.Kind.ONNX:
        return _onnx(str(artefact_folder() / recipe.artefact), recipe.artefact_digest)
    embedder = _neural(recipe.model, recipe.revision)
    if embedder.dimension != recipe.dimension:
        raise EmbedderUnavailable(
            f"{recipe.model} now gives {embedder.dimension} numbers and not {recipe.dimension}; "
            "run `embedder use` with it again."
        )
    return embedder


@lru_cache(maxsize=2)
def _offline(path: str, digest: str) -> Embedder:
    return offline.load(Path(path), digest=digest)


@lru_cache(maxsize=1)
def _onnx(path: str, digest: str) -> Embedder:
    return onnx_int8.load(Path(path), digest=digest)


@lru_cache(maxsize=1)
def _neural(model: str, revision: str) -> Embedder:
    if Path(model).is_dir() and sentence_transformers.revision_of(model) != revision:
        raise EmbedderUnavailable(
            f"The files of {model} have changed; run `embedder use` with it again."
        )
    return sentence_transformers.open_model(model, revision=revision)
