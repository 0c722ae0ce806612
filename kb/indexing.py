"""What search keeps of articles and questions: passages, forms, terms and vectors.

`index_articles(articles)` and `index_questions(questions)` bring rows up to date; `prepare` and
`write` are the two halves for an importer, which computes outside of its transaction and writes
articles and passages in one. A passage that has not changed keeps its row and its vectors. With a
neural embedder, processes that may not load it (the web) leave the vectors to the worker.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from kb import chunking, copying
from kb.chunking import ChunkText
from kb.embedding import EmbedderUnavailable, active_recipe, embedder_of, is_light
from kb.models import (
    Article,
    Chunk,
    ChunkTerm,
    ChunkVector,
    EmbeddingRecipe,
    Question,
    QuestionTerm,
    QuestionVector,
)
from kb.searchable import Forms, forms, text_digest
from text import persian

BATCH = 64


@dataclass(frozen=True)
class PreparedArticle:
    """`vectors`: of the passages that were not stored yet, by digest."""

    article: Article
    chunks: list[tuple[ChunkText, Forms]]
    recipe: EmbeddingRecipe | None
    vectors: dict[str, list[float]]


def indexed_hash(article: Article) -> str:
    """Equal to `article.indexed_hash` exactly when its passages are up to date."""
    return text_digest(article.title, article.text)


def index_articles(articles: Iterable[Article], *, models: bool = False) -> int:
    """Cut and index; the number of passages. `models`: this process may load a neural model."""
    count = 0
    waiting = list(articles)
    for start in range(0, len(waiting), BATCH):
        prepared = prepare(waiting[start : start + BATCH], models=models)
        with transaction.atomic():
            pks = [item.article.pk for item in prepared]
            list(Article.objects.select_for_update().filter(pk__in=pks).order_by("pk"))
            count += write(prepared)
    return count


def prepare(
    articles: Sequence[Article], *, models: bool = False, vectors: bool = True
) -> list[PreparedArticle]:
    """Everything that costs time: passages, forms and vectors. Writes nothing."""
    recipe = usable_recipe(models=models) if vectors else None
    cut = [(article, _cut(article)) for article in articles]
    known = set(
        Chunk.objects.filter(article__in=[article for article in articles if article.pk])
        .values_list("article_id", "digest")
        .iterator()
    )
    new = {
        item.digest: item
        for article, chunks in cut
        for _, item in chunks
        if (article.pk, item.digest) not in known
    }
    made = _embed(recipe, list(new.values()))
    return [
        PreparedArticle(
            article,
            chunks,
            recipe if made else None,
            {item.digest: made[item.digest] for _, item in chunks if item.digest in made},
        )
        for article, chunks in cut
    ]


def unindex(articles: QuerySet[Article]) -> None:
    """Archive: out of every search at once, the article itself kept."""
    Chunk.objects.filter(article__in=articles).delete()
    articles.update(state=Article.State.ARCHIVED, indexed_hash="", updated_at=timezone.now())


def _cut(article: Article) -> list[tuple[ChunkText, Forms]]:
    """No passages for what may not be found: drafts and archived articles."""
    if article.state != Article.State.PUBLISHED:
        return []
    cut = chunking.chunk(article.text, title=article.title)
    return [
        (item, forms("\n".join([article.title, *item.heading_path]), item.body)) for item in cut
    ]


def usable_recipe(*, models: bool) -> EmbeddingRecipe | None:
    recipe = active_recipe()
    return recipe if recipe is not None and (models or is_light(recipe)) else None


def _embed(recipe: EmbeddingRecipe | None, items: Sequence[Forms]) -> dict[str, list[float]]:
    """By digest. Without the embedder's file rows go in without vectors; the sweep adds them."""
    if recipe is None or not items:
        return {}
    try:
        vectors = embedder_of(recipe).embed_passages([(item.title, item.text) for item in items])
    except EmbedderUnavailable:
        return {}
    return dict(zip((item.digest for item in items), vectors.tolist(), strict=True))


def write(prepared: Sequence[PreparedArticle]) -> int:
    """Passages of saved articles, inside the caller's transaction. The number of passages."""
    stored: dict[int, dict[str, Chunk]] = {item.article.pk: {} for item in prepared}
    for row in Chunk.objects.filter(article_id__in=stored):
        stored[row.article_id][row.digest] = row
    kept: list[Chunk] = []
    fresh: list[tuple[Chunk, Forms, PreparedArticle]] = []
    for item in prepared:
        rows = stored[item.article.pk]
        for cut, made in item.chunks:
            if made.digest not in rows:
                fresh.append((_chunk_row(item.article, cut, made), made, item))
                continue
            row = rows.pop(made.digest)
            row.position, row.lang = cut.position, item.article.lang
            kept.append(row)
    Chunk.objects.filter(
        pk__in=[row.pk for rows in stored.values() for row in rows.values()]
    ).delete()
    Chunk.objects.bulk_update(kept, ["position", "lang"], batch_size=500)
    _write_fresh(fresh)
    for item in prepared:
        item.article.indexed_hash = indexed_hash(item.article)
    Article.objects.bulk_update([item.article for item in prepared], ["indexed_hash"])
    return len(kept) + len(fresh)


def _chunk_row(article: Article, cut: ChunkText, made: Forms) -> Chunk:
    return Chunk(
        article=article,
        lang=article.lang,
        position=cut.position,
        heading_path=list(cut.heading_path),
        text=cut.text,
        title_form=made.title_form,
        search_form=made.search_form,
        length=made.length,
        text_version=persian.VERSION,
        digest=made.digest,
    )


def _write_fresh(fresh: list[tuple[Chunk, Forms, PreparedArticle]]) -> None:
    Chunk.objects.bulk_create([row for row, _, _ in fresh], batch_size=500)
    copying.copy_terms(ChunkTerm, "chunk_id", ((row.pk, made) for row, made, _ in fresh))
    copying.copy_vectors(
        ChunkVector,
        "chunk_id",
        (
            (item.recipe.pk, row.pk, item.vectors[made.digest])
            for row, made, item in fresh
            if item.recipe is not None and made.digest in item.vectors
        ),
    )


@dataclass(frozen=True)
class PreparedQuestions:
    """Questions with their forms set, saved or not; `vectors` by digest."""

    questions: list[Question]
    forms: dict[str, Forms]
    recipe: EmbeddingRecipe | None
    vectors: dict[str, list[float]]


FORM_FIELDS = ("title_form", "search_form", "length", "digest", "text_version")


def index_questions(questions: Sequence[Question], *, models: bool = False) -> None:
    """Forms, terms and vectors of saved questions, written anew."""
    prepared = prepare_questions(questions, models=models)
    with transaction.atomic():
        Question.objects.bulk_update(prepared.questions, FORM_FIELDS, batch_size=500)
        write_questions(prepared)


def prepare_questions(questions: Sequence[Question], *, models: bool = False) -> PreparedQuestions:
    """Everything that costs time. The question weighs as a title, its answer as text: people's
    words often stand in the answers to others like them."""
    recipe = usable_recipe(models=models)
    made: dict[str, Forms] = {}
    for question in questions:
        item = forms(question.text, question.answer)
        made[item.digest] = item
        question.title_form, question.search_form = item.title_form, item.search_form
        question.length, question.digest = item.length, item.digest
        question.text_version = persian.VERSION
    vectors = _embed(recipe, list(made.values()))
    return PreparedQuestions(list(questions), made, recipe, vectors)


def write_questions(prepared: PreparedQuestions) -> None:
    """Terms and vectors of questions that are saved by now, in the caller's transaction."""
    digests = {question.pk: question.digest for question in prepared.questions}
    QuestionTerm.objects.filter(question__in=digests).delete()
    QuestionVector.objects.filter(question__in=digests).delete()
    terms = ((pk, prepared.forms[digest]) for pk, digest in digests.items())
    copying.copy_terms(QuestionTerm, "question_id", terms)
    if prepared.recipe is not None and prepared.vectors:
        pk = prepared.recipe.pk
        vectors = ((pk, row, prepared.vectors[digest]) for row, digest in digests.items())
        copying.copy_vectors(QuestionVector, "question_id", vectors)
