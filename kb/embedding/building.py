"""Building an index beside the old one and swapping: `use(model)` and `keep_fitted()`.

A recipe is built with everything in it, its HNSW index too, while searches go on with the active
one; then one transaction retires that and activates this, if nothing was added in between that it
lacks. What still falls between two swaps is found by the sweep (`embed_missing`).
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from itertools import islice
from pathlib import Path

from django.db import connection, models, transaction
from django.utils import timezone

from kb.embedding import active_recipe, artefact_folder, is_light, offline
from kb.embedding import sentence_transformers as neural
from kb.embedding.filling import embed_missing, embedded_text, is_complete
from kb.embedding.recipe import EmbedderUnavailable, Progress
from kb.models import Chunk, ChunkVector, EmbeddingRecipe, QuestionVector
from runtime.errors import InputError
from text import persian

OFFLINE = "offline"
MIN_CHUNKS = 50
"""Below this there is too little to fit on, and search is by words alone."""
GROWTH = 1.3
MAX_DIMENSION = 4000  # of halfvec in an HNSW index
RETIRED_STAYS = timedelta(minutes=5)
_SWAP_TRIES = 5
_LOCK = 7_263_002  # one build at a time

State = EmbeddingRecipe.State


class BuildRunning(EmbedderUnavailable):
    """Another process is building an index right now."""


class UnnamedModel(InputError):
    """No embedder was named where one is needed, or one where none is."""


def use(model: str, *, progress: Progress | None = None) -> EmbeddingRecipe:
    """Make `model` ("offline", a folder, a name on the Hub) the desk's embedder."""
    with _one_build():
        recipe = _new_offline() if model == OFFLINE else _new_neural(model)
        try:
            _fill_and_swap(recipe, progress)
        except BaseException:
            drop(recipe)
            raise
    return recipe


def keep_fitted(*, progress: Progress | None = None) -> EmbeddingRecipe | None:
    """Fit the offline embedder when that is due; the new recipe if one was made. A build that runs
    elsewhere is left to do it."""
    if not is_due():
        return None
    try:
        return use(OFFLINE, progress=progress)
    except BuildRunning:
        return None


def is_due() -> bool:
    """The first fit at MIN_CHUNKS, another one at 30% growth; never for a neural one."""
    recipe = active_recipe()
    chunks = Chunk.objects.count()
    if recipe is None:
        return chunks >= MIN_CHUNKS
    return is_light(recipe) and chunks >= recipe.fitted_chunks * GROWTH


def drop(recipe: EmbeddingRecipe) -> None:
    """The recipe with its vectors and indexes; its file goes when no other recipe names it."""
    with transaction.atomic(), connection.cursor() as cursor:
        connection.check_constraints()
        for table in (ChunkVector, QuestionVector):
            cursor.execute(f"DROP INDEX IF EXISTS {_index_name(table, recipe)}")
        recipe.delete()
    if recipe.artefact and not EmbeddingRecipe.objects.filter(artefact=recipe.artefact).exists():
        (artefact_folder() / recipe.artefact).unlink(missing_ok=True)


def drop_retired() -> int:
    """Recipes that no search can still be using, and builds whose process died; how many."""
    old = EmbeddingRecipe.objects.filter(
        state=State.RETIRED, retired_at__lt=timezone.now() - RETIRED_STAYS
    )
    dropped = list(old)
    for recipe in dropped:
        drop(recipe)
    with suppress(BuildRunning), _one_build():
        dead = list(EmbeddingRecipe.objects.filter(state=State.BUILDING))
        for recipe in dead:
            drop(recipe)
        dropped += dead
    return len(dropped)


def _new_offline() -> EmbeddingRecipe:
    count = Chunk.objects.count()
    if count < MIN_CHUNKS:
        raise EmbedderUnavailable(
            f"There are {count} passages; an embedder is fitted from {MIN_CHUNKS} on."
        )
    rows = Chunk.objects.select_related("article").order_by("digest", "pk").iterator()
    step = -(-count // offline.MAX_FITTED)
    embedder = offline.fit([embedded_text(row) for row in islice(rows, 0, None, step)])
    name, digest = offline.save(embedder, artefact_folder())
    return EmbeddingRecipe.objects.create(
        kind=EmbeddingRecipe.Kind.OFFLINE,
        model=OFFLINE,
        revision=digest[:16],
        dimension=embedder.dimension,
        text_version=persian.VERSION,
        fitted_chunks=count,
        artefact=name,
        artefact_digest=digest,
    )


def _new_neural(model: str) -> EmbeddingRecipe:
    folder = Path(model).expanduser()
    if folder.is_dir():
        model = str(folder.absolute())
    revision = neural.revision_of(model)
    embedder = neural.open_model(model, revision=revision)
    if embedder.dimension > MAX_DIMENSION:
        raise EmbedderUnavailable(
            f"{model} gives {embedder.dimension} numbers; an index takes {MAX_DIMENSION}."
        )
    return EmbeddingRecipe.objects.create(
        kind=EmbeddingRecipe.Kind.SENTENCE_TRANSFORMERS,
        model=model,
        revision=revision,
        dimension=embedder.dimension,
        pooling=embedder.pooling,
        text_version=persian.VERSION,
    )


def _fill_and_swap(recipe: EmbeddingRecipe, progress: Progress | None) -> None:
    embed_missing(recipe, progress=progress)
    _make_indexes(recipe)
    for _ in range(_SWAP_TRIES):
        if _swap(recipe, complete_only=True):
            return
        embed_missing(recipe)
    _swap(recipe, complete_only=False)  # rows come faster than they are embedded: the sweep follows


@transaction.atomic
def _swap(recipe: EmbeddingRecipe, *, complete_only: bool) -> bool:
    if complete_only and not is_complete(recipe):
        return False
    EmbeddingRecipe.objects.filter(state=State.ACTIVE).update(
        state=State.RETIRED, retired_at=timezone.now()
    )
    recipe.state = State.ACTIVE
    recipe.save(update_fields=["state"])
    return True


def _make_indexes(recipe: EmbeddingRecipe) -> None:
    with connection.cursor() as cursor:
        connection.check_constraints()  # an index is not made over pending ones
        for table in (ChunkVector, QuestionVector):
            cursor.execute(
                f"CREATE INDEX {_index_name(table, recipe)} ON {table._meta.db_table} USING hnsw "
                f"((vector::halfvec({int(recipe.dimension)})) halfvec_cosine_ops) "
                f"WHERE recipe_id = {int(recipe.pk)}"
            )


def _index_name(table: type[models.Model], recipe: EmbeddingRecipe) -> str:
    return f"{table._meta.db_table}_hnsw_{int(recipe.pk)}"


@contextmanager
def _one_build() -> Iterator[None]:
    """Two builds would fight for the machine and for the one active place."""
    inside = connection.in_atomic_block  # then the lock goes with the transaction
    lock = "pg_try_advisory_xact_lock" if inside else "pg_try_advisory_lock"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {lock}(%s)", [_LOCK])
        row = cursor.fetchone()
        if row is None or not row[0]:
            raise BuildRunning("Another process is building an index; try again when it is done.")
    try:
        yield
    finally:
        if not inside:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [_LOCK])
