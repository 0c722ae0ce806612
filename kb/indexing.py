"""What search keeps of articles and questions: passages, forms, terms and vectors.

`index_articles(articles)` and `index_questions(questions)` bring rows up to date; `prepare` and
`write` are the two halves for an importer, which computes outside of its transaction and writes
articles and passages in one. A passage that has not changed keeps its row and its vectors. With a
neural embedder, processes that may not load it (the web) leave the vectors to the worker; passages
they cut themselves, and leave those to the worker too where the tokenizer's file is missing.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from kb import copying, passages, postings
from kb.embedding import EmbedderUnavailable, active_recipe, cut_named, embedder_of, is_light
from kb.models import (
    Article,
    Chunk,
    ChunkVector,
    EmbeddingRecipe,
    Question,
    QuestionVector,
)
from kb.passages import Passages
from kb.searchable import Forms, forms, text_digest
from text import persian

BATCH = 64


@dataclass(frozen=True)
class PreparedArticle:
    """`chunks`: the passages of the active cut. `cuts`: those of every cut in force, by its name;
    one whose tokenizer is missing here is left out. `vectors`: of the active recipe, by digest, for
    passages that were not stored yet."""

    article: Article
    chunks: Passages
    recipe: EmbeddingRecipe | None
    vectors: dict[str, list[float]]
    cuts: dict[str, Passages] = field(default_factory=dict)


def indexed_hash(article: Article) -> str:
    """Equal to `article.indexed_hash` exactly when its passages are up to date."""
    return text_digest(article.title, article.text)


def index_articles(articles: Iterable[Article], *, models: bool = False) -> int:
    """Cut and index; the number of passages. `models`: this process may load a neural model. An
    article that has changed meanwhile is left to whoever changed it, or to the sweep."""
    count = 0
    waiting = list(articles)
    for start in range(0, len(waiting), BATCH):
        prepared = prepare(waiting[start : start + BATCH], models=models)
        with transaction.atomic():
            pks = [item.article.pk for item in prepared]
            rows = Article.objects.select_for_update().filter(pk__in=pks).order_by("pk")
            now = {row.pk: _as_cut(row) for row in rows}
            count += write(
                [item for item in prepared if now.get(item.article.pk) == _as_cut(item.article)]
            )
    return count


def _as_cut(article: Article) -> tuple[str, ...]:
    return article.title, article.text, article.lang, article.state


def prepare(
    articles: Sequence[Article], *, models: bool = False, vectors: bool = True
) -> list[PreparedArticle]:
    """Everything that costs time: passages, forms and vectors. Writes nothing."""
    recipe = usable_recipe(models=models) if vectors else None
    names = passages.cuts_in_force()
    cuts = {name: found for name in names if (found := _cut(articles, name)) is not None}
    active = cuts.get(names[0]) or [[] for _ in articles]
    known = set(
        Chunk.objects.filter(article__in=[article for article in articles if article.pk])
        .filter(cut=names[0])
        .values_list("article_id", "digest")
        .iterator()
    )
    new = {
        item.digest: item
        for article, chunks in zip(articles, active, strict=True)
        for _, item in chunks
        if (article.pk, item.digest) not in known
    }
    made = _embed(recipe, list(new.values()))
    return [
        PreparedArticle(
            article,
            active[place],
            recipe if made else None,
            {item.digest: made[item.digest] for _, item in active[place] if item.digest in made},
            {name: of_all[place] for name, of_all in cuts.items()},
        )
        for place, article in enumerate(articles)
    ]


def _cut(articles: Sequence[Article], name: str) -> list[Passages] | None:
    try:
        cut = cut_named(name)
    except EmbedderUnavailable:
        return None
    return [passages.cut_article(article, cut) for article in articles]


def unindex(articles: QuerySet[Article]) -> None:
    """Archive: out of every search at once, the article itself kept."""
    passages.delete(Chunk.objects.filter(article__in=articles))
    articles.update(state=Article.State.ARCHIVED, indexed_hash="", updated_at=timezone.now())


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
    """Passages of saved articles in all cuts in force, inside the caller's transaction. The number
    of passages in the active cut. A cut that came into force since `prepare` is made here, without
    vectors; the sweep adds them."""
    passages.writing()
    names = passages.cuts_in_force()
    count = 0
    left: set[int] = set()
    for name in names:
        cut = [(item.article, _passages_of(item, name)) for item in prepared]
        left |= {article.pk for article, made in cut if made is None}
        stored = passages.store([(one, made) for one, made in cut if made is not None], name)
        _write_vectors(prepared, stored.fresh, name)
        if name == names[0]:
            count = stored.kept + len(stored.fresh)
    for item in prepared:
        done = item.article.pk not in left
        item.article.indexed_hash = indexed_hash(item.article) if done else ""
    Article.objects.bulk_update([item.article for item in prepared], ["indexed_hash"])
    return count


def _passages_of(item: PreparedArticle, name: str) -> Passages | None:
    """None: this process cannot cut so, and leaves it to the workers."""
    if name in item.cuts:
        return item.cuts[name]
    made = _cut([item.article], name)
    return made[0] if made is not None else None


def _write_vectors(
    prepared: Sequence[PreparedArticle], fresh: list[tuple[Chunk, Forms]], name: str
) -> None:
    items = {item.article.pk: item for item in prepared}
    rows = ((row, made, items[row.article_id]) for row, made in fresh)
    copying.copy_vectors(
        ChunkVector,
        "chunk_id",
        (
            (item.recipe.pk, row.pk, item.vectors[made.digest])
            for row, made, item in rows
            if item.recipe is not None and item.recipe.cut == name and made.digest in item.vectors
        ),
    )


@dataclass(frozen=True)
class PreparedQuestions:
    """Questions with their forms set, saved or not; `vectors` by digest."""

    questions: list[Question]
    forms: dict[str, Forms]
    recipe: EmbeddingRecipe | None
    vectors: dict[str, list[float]]


FORM_FIELDS = ("title_form", "search_form", "length", "digest", "text_version", "entry")


def index_questions(questions: Sequence[Question], *, models: bool = False) -> None:
    """Forms, terms and vectors of saved questions, written anew."""
    prepared = prepare_questions(questions, models=models)
    with transaction.atomic():
        Question.objects.bulk_update(prepared.questions, FORM_FIELDS, batch_size=500)
        write_questions(prepared)


def prepare_questions(
    questions: Sequence[Question], *, models: bool = False, vectors: bool = True
) -> PreparedQuestions:
    """Everything that costs time. The question weighs as a title, its answer as text: people's
    words often stand in the answers to others like them."""
    recipe = usable_recipe(models=models) if vectors else None
    made: dict[str, Forms] = {}
    entries = postings.next_entries(Question._meta.db_table, len(questions))
    for question, entry in zip(questions, entries, strict=True):
        question.entry = entry
        item = forms(question.text, question.answer)
        made[item.digest] = item
        question.title_form, question.search_form = item.title_form, item.search_form
        question.length, question.digest = item.length, item.digest
        question.text_version = persian.VERSION
    embedded = _embed(recipe, list(made.values()))
    return PreparedQuestions(list(questions), made, recipe, embedded)


def write_questions(prepared: PreparedQuestions) -> None:
    """Terms and vectors of questions that are saved by now, in the caller's transaction."""
    digests = {question.pk: question.digest for question in prepared.questions}
    QuestionVector.objects.filter(question__in=digests).delete()
    terms = [(one.entry, prepared.forms[one.digest]) for one in prepared.questions]
    postings.add(postings.QUESTIONS, terms)
    if prepared.recipe is not None and prepared.vectors:
        pk = prepared.recipe.pk
        vectors = ((pk, row, prepared.vectors[digest]) for row, digest in digests.items())
        copying.copy_vectors(QuestionVector, "question_id", vectors)
