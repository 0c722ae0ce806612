"""Building an index beside the old one and swapping: `use(model)` and `keep_fitted()`.

A recipe is built with everything in it, its own cut of the articles and its HNSW index too, while
searches go on with the active one; then one transaction retires that and activates this, if nothing
was added in between that it lacks. Writers of articles write in both cuts meanwhile
(`kb.passages`). What still falls between two swaps is found by the sweep (`embed_missing`).
"""

import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from itertools import islice
from pathlib import Path

from django.db import connection, transaction
from django.utils import timezone

from kb import passages
from kb.chunking import PLAIN
from kb.embedding import active_cut, active_recipe, artefact_folder, cutting, offline
from kb.embedding import sentence_transformers as neural
from kb.embedding.filling import embed_missing, embedded_text, is_complete
from kb.embedding.hnsw import drop_indexes, make_indexes
from kb.embedding.recipe import EmbedderUnavailable, Progress
from kb.models import Article, Chunk, ChunkVector, EmbeddingRecipe, QuestionVector
from runtime.errors import InputError
from text import persian

OFFLINE = "offline"
MIN_CHUNKS = 50
"""Below this there is too little to fit on, and search is by words alone."""
GROWTH = 1.3
MAX_DIMENSION = 4000  # of halfvec in an HNSW index
RETIRED_STAYS = timedelta(minutes=5)
SAMPLE = 32
"""Passages on which an export is held against its model."""
_WHOLE_TRIES = 5
_SWAP_TRIES = 50
_LOCK = 7_263_002  # one build at a time

State = EmbeddingRecipe.State
Kind = EmbeddingRecipe.Kind


class BuildRunning(EmbedderUnavailable):
    """Another process is building an index right now."""


class UnnamedModel(InputError):
    """No embedder was named where one is needed, or one where none is."""


def use(model: str, *, onnx: bool = False, progress: Progress | None = None) -> EmbeddingRecipe:
    """Make `model` ("offline", a folder, a name on the Hub) the desk's embedder. `onnx`: exported
    for the CPU in int8, which the web process may load too."""
    if onnx and model == OFFLINE:
        raise UnnamedModel("The offline embedder is not exported: it needs no --onnx.")
    with _one_build():
        recipe = _new_offline() if model == OFFLINE else _new_neural(model, onnx=onnx)
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
    """The first fit at MIN_CHUNKS, another one at 30% growth or when the forms of words that it was
    fitted on have changed; never for a neural one."""
    recipe = active_recipe()
    if recipe is not None and recipe.kind != Kind.OFFLINE:
        return False
    chunks = Chunk.objects.filter(cut="").count()
    if recipe is None or recipe.text_version != persian.VERSION:
        return chunks >= MIN_CHUNKS
    return chunks >= recipe.fitted_chunks * GROWTH


def drop(recipe: EmbeddingRecipe) -> None:
    """The recipe with its vectors and indexes; its files and the passages of its cut go when no
    other recipe has them."""
    for table in (ChunkVector, QuestionVector):
        table._default_manager.filter(recipe=recipe).delete()  # before the lock that an index takes
    with transaction.atomic():
        connection.check_constraints()
        drop_indexes(recipe)
        recipe.delete()
    passages.drop_unused()
    folder = artefact_folder()
    if recipe.artefact and not EmbeddingRecipe.objects.filter(artefact=recipe.artefact).exists():
        path = folder / recipe.artefact
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    cuts = set(EmbeddingRecipe.objects.values_list("cut", flat=True))
    cutting.drop_tokenizers(folder, kept=cuts)


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
        for unfinished in artefact_folder().glob(".export-*"):
            shutil.rmtree(unfinished, ignore_errors=True)
    if not EmbeddingRecipe.objects.filter(state=State.RETIRED).exists():
        passages.drop_unused()  # those that stood before there was a recipe
    return len(dropped)


def restore_tokenizer(recipe: EmbeddingRecipe) -> None:
    """The tokenizer's file anew from the model, where it has gone: without it nothing is cut."""
    from kb.embedding import embedder_of

    if not cutting.is_there(recipe.cut, artefact_folder()):
        embedder = embedder_of(recipe)
        assert isinstance(embedder, cutting.ByTokens)
        embedder.keep_tokenizer(artefact_folder())


def _new_offline() -> EmbeddingRecipe:
    fitted_on, count = _fitting_passages()
    if count < MIN_CHUNKS:
        raise EmbedderUnavailable(
            f"There are {count} passages; an embedder is fitted from {MIN_CHUNKS} on."
        )
    embedder = offline.fit(fitted_on)
    name, digest = offline.save(embedder, artefact_folder())
    return EmbeddingRecipe.objects.create(
        kind=Kind.OFFLINE,
        model=OFFLINE,
        revision=digest[:16],
        dimension=embedder.dimension,
        text_version=persian.VERSION,
        fitted_chunks=count,
        artefact=name,
        artefact_digest=digest,
    )


def _fitting_passages() -> tuple[list[tuple[str, str]], int]:
    """What an offline embedder is fitted on, and of how many. While an embedder with a cut of its
    own is active, the plain passages are not stored; they are cut for the fit alone."""
    if active_cut() == "":
        count = Chunk.objects.filter(cut="").count()
        rows = Chunk.objects.filter(cut="").select_related("article").order_by("digest", "pk")
        step = max(1, -(-count // offline.MAX_FITTED))
        return [embedded_text(row) for row in islice(rows.iterator(), 0, None, step)], count
    published = Article.objects.filter(state=Article.State.PUBLISHED).order_by("pk")
    made = [
        item
        for article in published.iterator(chunk_size=200)
        for _, item in passages.cut_article(article, PLAIN)
    ]
    made.sort(key=lambda item: item.digest)
    step = max(1, -(-len(made) // offline.MAX_FITTED))
    return [(item.title, item.text) for item in made[::step]], len(made)


def _new_neural(model: str, *, onnx: bool) -> EmbeddingRecipe:
    folder = Path(model).expanduser()
    if folder.is_dir():
        model = str(folder.absolute())
    revision = neural.revision_of(model)
    embedder = neural.open_model(model, revision=revision, attention="eager" if onnx else "")
    if embedder.dimension > MAX_DIMENSION:
        raise EmbedderUnavailable(
            f"{model} gives {embedder.dimension} numbers; an index takes {MAX_DIMENSION}."
        )
    artefact = digest = ""
    if onnx:
        from kb.embedding.onnx_export import export

        rows = Chunk.objects.filter(cut=active_cut()).select_related("article").order_by("digest")
        sample = [embedded_text(row) for row in rows[:SAMPLE]]
        artefact, digest = export(
            embedder, artefact_folder(), model=model, revision=revision, sample=sample
        )
    return EmbeddingRecipe.objects.create(
        kind=Kind.ONNX if onnx else Kind.SENTENCE_TRANSFORMERS,
        model=model,
        revision=revision,
        dimension=embedder.dimension,
        pooling=embedder.pooling,
        cut=embedder.keep_tokenizer(artefact_folder()),
        text_version=persian.VERSION,
        artefact=artefact,
        artefact_digest=digest,
    )


def _fill_and_swap(recipe: EmbeddingRecipe, progress: Progress | None) -> None:
    passages.cut_missing(recipe.cut)
    embed_missing(recipe, progress=progress)
    make_indexes(recipe)
    for tried in range(_SWAP_TRIES):
        # Rows may come faster than they are embedded: then the sweep adds the last vectors. But an
        # article without passages would be out of every search, so these are never missing.
        if _swap(recipe, complete_only=tried < _WHOLE_TRIES):
            return
        passages.cut_missing(recipe.cut)
        if tried < _WHOLE_TRIES:
            embed_missing(recipe)
        else:
            time.sleep(0.2)
    raise EmbedderUnavailable("Articles change all the time; try again when an import is done.")


@transaction.atomic
def _swap(recipe: EmbeddingRecipe, *, complete_only: bool) -> bool:
    passages.swapping()
    if passages.without_passages(recipe.cut).exists():
        return False
    if complete_only and not is_complete(recipe):
        return False
    EmbeddingRecipe.objects.filter(state=State.ACTIVE).update(
        state=State.RETIRED, retired_at=timezone.now()
    )
    recipe.state = State.ACTIVE
    recipe.save(update_fields=["state"])
    return True


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
