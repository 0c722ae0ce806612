"""What is not indexed as it should be is indexed: `sweep_index()`.

Articles whose passages are older than their text or than the versions that made them, or missing
in the active cut; questions whose forms are old; and vectors that the active recipe lacks: left by
a process that died, by the web process where the embedder is a neural one, or by a new version of
Pasokh.
"""

import logging
from collections.abc import Iterator

from kb import postings
from kb.embedding import EmbedderUnavailable, active_cut, active_recipe, building, filling
from kb.indexing import index_articles, index_questions, indexed_hash
from kb.models import Article, EmbeddingRecipe, Question
from kb.passages import without_passages
from text import persian

AT_A_TIME = 200

log = logging.getLogger(__name__)


def sweep_index() -> None:
    recipe = active_recipe()
    if recipe is not None:
        _restore_tokenizer(recipe)
    for articles in _parts_of_stale_articles():
        index_articles(articles, models=True)
    while articles := list(without_passages(active_cut()).order_by("pk")[:AT_A_TIME]):
        if not index_articles(articles, models=True):
            break  # somebody is writing them, or they cannot be cut here: the next sweep
    while questions := list(
        Question.objects.exclude(text_version=persian.VERSION).order_by("pk")[:AT_A_TIME]
    ):
        index_questions(questions, models=True)
    postings.tidy()
    if recipe is None:
        return
    try:
        filling.embed_missing(recipe)
    except EmbedderUnavailable as error:
        log.warning("Vectors are missing and stay so: %s", error)


def _restore_tokenizer(recipe: EmbeddingRecipe) -> None:
    try:
        building.restore_tokenizer(recipe)
    except EmbedderUnavailable as error:
        log.warning("Articles cannot be cut into passages: %s", error)


def _parts_of_stale_articles() -> Iterator[list[Article]]:
    part: list[Article] = []
    published = Article.objects.filter(state=Article.State.PUBLISHED).order_by("pk")
    for article in published.iterator(chunk_size=AT_A_TIME):
        if article.indexed_hash != indexed_hash(article):
            part.append(article)
        if len(part) == AT_A_TIME:
            yield part
            part = []
    if part:
        yield part
