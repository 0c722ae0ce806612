"""What is not indexed as it should be is indexed: `sweep_index()`.

Articles whose passages are older than their text or than the versions that made them, questions
whose forms are, and vectors that the active recipe lacks: left by a process that died, by the web
process where the embedder is a neural one, or by a new version of Pasokh.
"""

import logging
from collections.abc import Iterator

from kb.embedding import EmbedderUnavailable, active_recipe, filling
from kb.indexing import index_articles, index_questions, indexed_hash
from kb.models import Article, Question
from text import persian

AT_A_TIME = 200

log = logging.getLogger(__name__)


def sweep_index() -> None:
    for articles in _parts_of_stale_articles():
        index_articles(articles, models=True)
    while questions := list(
        Question.objects.exclude(text_version=persian.VERSION).order_by("pk")[:AT_A_TIME]
    ):
        index_questions(questions, models=True)
    recipe = active_recipe()
    if recipe is None:
        return
    try:
        filling.embed_missing(recipe)
    except EmbedderUnavailable as error:
        log.warning("Vectors are missing and stay so: %s", error)


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
