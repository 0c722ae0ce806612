"""Passages of articles, in every cut that is in force: the active embedder's, and that of one that
is being built beside it.

`cut_article` makes them, `store` brings an article's rows of a cut up to date: a passage that has
not changed keeps its row, and with it its vectors. `cut_missing` cuts for a new embedder what it
lacks. Writers hold `writing` until their transaction ends, and the swap to a new embedder takes
`swapping`: so no article is written by a writer that did not know of the new cut yet.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from django.db import connection, transaction
from django.db.models import Exists, OuterRef, QuerySet

from kb import chunking, postings
from kb.chunking import ChunkText, Cut
from kb.embedding import active_cut, cut_named
from kb.models import Article, Chunk, EmbeddingRecipe
from kb.searchable import Forms, forms
from text import persian

BATCH = 64
_LOCK = 7_263_003
Passages = list[tuple[ChunkText, Forms]]


def cuts_in_force() -> list[str]:
    """Names; the active embedder's first."""
    building = EmbeddingRecipe.objects.filter(state=EmbeddingRecipe.State.BUILDING)
    return list(
        dict.fromkeys([active_cut(), *building.order_by("pk").values_list("cut", flat=True)])
    )


def cut_article(article: Article, cut: Cut) -> Passages:
    """No passages for what may not be found: drafts and archived articles."""
    if article.state != Article.State.PUBLISHED:
        return []
    found = chunking.chunk(article.text, title=article.title, cut=cut)
    url = article.url or article.external_id
    return [
        (item, forms(article.title, item.body, headings="\n".join(item.heading_path), url=url))
        for item in found
    ]


def writing() -> None:
    """To be called before `cuts_in_force` in a transaction that writes passages."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock_shared(%s)", [_LOCK])


def swapping() -> None:
    """No writer is at work from here to the end of the transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])


@dataclass(frozen=True)
class Stored:
    """`kept`: how many passages had not changed; `fresh`: the rows that are new."""

    kept: int
    fresh: list[tuple[Chunk, Forms]]


def store(cuts: Iterable[tuple[Article, Passages]], name: str) -> Stored:
    """Rows of the cut `name` for saved articles, inside the caller's transaction."""
    wanted = list(cuts)
    stored: dict[tuple[int, str], list[Chunk]] = defaultdict(list)
    of_articles = Chunk.objects.filter(article__in=[article for article, _ in wanted], cut=name)
    for row in of_articles.order_by("-position"):
        stored[row.article_id, row.digest].append(row)  # an article may say the same thing twice
    moved: list[Chunk] = []
    fresh: list[tuple[Chunk, Forms]] = []
    kept = 0
    for article, passages in wanted:
        for item, made in passages:
            rows = stored[article.pk, made.digest]
            if not rows:
                fresh.append((_row(article, name, item, made), made))
                continue
            row = rows.pop()
            kept += 1
            if (row.position, row.lang) != (item.position, article.lang):
                row.position, row.lang = item.position, article.lang
                moved.append(row)
    gone = [row.pk for rows in stored.values() for row in rows]
    delete(Chunk.objects.filter(pk__in=gone))
    Chunk.objects.bulk_update(moved, ["position", "lang"], batch_size=500)
    Chunk.objects.bulk_create([row for row, _ in fresh], batch_size=500)
    postings.add(postings.chunk_group(name), ((row.pk, made) for row, made in fresh))
    return Stored(kept, fresh)


def _row(article: Article, name: str, item: ChunkText, made: Forms) -> Chunk:
    return Chunk(
        article=article,
        cut=name,
        lang=article.lang,
        position=item.position,
        heading_path=list(item.heading_path),
        text=item.text,
        title_form=made.title_form,
        search_form=made.search_form,
        length=made.length,
        text_version=persian.VERSION,
        digest=made.digest,
    )


def without_passages(name: str) -> QuerySet[Article]:
    """Published articles that the cut `name` lacks."""
    of_cut = Chunk.objects.filter(cut=name, article=OuterRef("pk"))
    return Article.objects.filter(~Exists(of_cut), state=Article.State.PUBLISHED)


def cut_missing(name: str) -> None:
    """Cut what the cut lacks, each batch in a transaction of its own. An article that somebody is
    writing right now is left: its writer knows of the cut, or the next call finds it."""
    cut = cut_named(name)
    last = 0
    while pks := list(
        without_passages(name)
        .filter(pk__gt=last)
        .order_by("pk")
        .values_list("pk", flat=True)[:BATCH]
    ):
        with transaction.atomic():
            _cut_rows(pks, cut)
        last = pks[-1]


def _cut_rows(pks: Collection[int], cut: Cut) -> None:
    """As the rows are under their locks, not as they were when they were looked for."""
    rows = Article.objects.select_for_update(of=("self",), skip_locked=True).filter(pk__in=pks)
    articles = list(rows.order_by("pk"))
    store([(article, cut_article(article, cut)) for article in articles], cut.name)


def delete(chunks: QuerySet[Chunk]) -> None:
    """With their vectors, in the caller's transaction. The rows are locked first: whoever gives
    one a vector right now does so before, and it is seen, or finds that the passage has gone."""
    pks = list(chunks.select_for_update().order_by("pk").values_list("pk", flat=True))
    Chunk.objects.filter(pk__in=pks).delete()


@transaction.atomic
def drop_unused() -> None:
    """Passages of cuts that no recipe has any more."""
    used = {active_cut(), *EmbeddingRecipe.objects.values_list("cut", flat=True)}
    delete(Chunk.objects.exclude(cut__in=used))
