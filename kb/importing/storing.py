"""Documents as rows of articles: compared with what is stored, saved with history, archived."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from kb import indexing
from kb.importing.document import Document
from kb.importing.entries import Entry
from kb.models import Article, ArticleRevision, Source
from kb.scrubbing import scrubbed
from text.language import detect

State = Article.State
AT_A_TIME = 100


@dataclass
class Read:
    """`rows`: as they are to be, each with whether it is stored and indexed so already. `created`:
    the new ones among them. `changed`: stored ones that differ, with what they were in `before`.
    `kept`: articles that were edited at the desk, left as they are. `seen`: when each stored one
    was last changed, and whether at the desk, as it was read. `taken_out`: personal values that
    the articles of an upload had in them."""

    rows: list[tuple[Article, bool]] = field(default_factory=list)
    created: list[Article] = field(default_factory=list)
    changed: list[Article] = field(default_factory=list)
    before: list[ArticleRevision] = field(default_factory=list)
    kept: list[Article] = field(default_factory=list)
    seen: dict[int, tuple[datetime, bool]] = field(default_factory=dict)
    taken_out: int = 0

    @property
    def stale(self) -> list[Article]:
        """Those whose passages are not as they are to be."""
        return [article for article, same in self.rows if not same]


def rows_of(
    source: Source, batch: list[tuple[Entry, Document]], lang: str, *, overwrite: bool = False
) -> Read:
    """`overwrite`: also what was edited at the desk. `source` may be unsaved (a dry run)."""
    read = Read()
    stored = _stored(source, [document.external_id for _, document in batch])
    for entry, document in batch:
        row = stored.get(document.external_id)
        if row is not None and row.is_edited and not overwrite:
            read.kept.append(row)
            continue
        if source.kind == Source.Kind.UPLOAD:
            title, in_title = scrubbed(document.title)
            text, in_text = scrubbed(document.text)
            document = replace(document, title=title, text=text)
            read.taken_out += in_title + in_text
        fields = _fields(document, lang)
        if row is not None:
            read.seen[row.pk] = (row.updated_at, row.is_edited)
        if row is None:
            row = Article(source=source, external_id=document.external_id)
            read.created.append(row)
        same = all(getattr(row, name) == value for name, value in fields.items())
        if not same and row.pk is not None:
            read.changed.append(row)
            read.before.append(ArticleRevision.of(row))
        for name, value in fields.items():
            setattr(row, name, value)
        row.content_hash, row.is_edited = entry.digest, False
        read.rows.append((row, same and row.indexed_hash == indexing.indexed_hash(row)))
    return read


def _stored(source: Source, external_ids: list[str]) -> dict[str, Article]:
    if source.pk is None:
        return {}
    rows = Article.objects.filter(source=source, external_id__in=external_ids)
    return {row.external_id: row for row in rows}


def _fields(document: Document, lang: str) -> dict[str, Any]:
    return {
        "title": document.title,
        "text": document.text,
        "url": document.url,
        "lang": lang or document.lang or detect(f"{document.title}\n{document.text[:5000]}"),
        "state": document.state,
        "visibility": document.visibility,
    }


def as_read(row: Article) -> Entry:
    """What an article was read from, where the source says that nothing changed."""
    return Entry(row.external_id, row.content_hash, lambda: document_of(row))


def document_of(row: Article) -> Document:
    return Document(
        external_id=row.external_id,
        title=row.title,
        text=row.text,
        url=row.url,
        lang=row.lang,
        visibility=row.visibility,
    )


def changed_meanwhile(read: Read) -> bool:
    """Whether somebody edited one of these articles since it was read; holds them all from now to
    the end of the caller's transaction."""
    held = Article.objects.select_for_update(of=("self",)).filter(pk__in=read.seen).order_by("pk")
    now = {pk: (at, edited) for pk, at, edited in held.values_list("pk", "updated_at", "is_edited")}
    return now != read.seen


def save(read: Read) -> None:
    """In the caller's transaction."""
    stored = [article for article, _ in read.rows if article.pk is not None]
    Article.objects.bulk_create(read.created)
    now = timezone.now()
    changed = {id(row) for row in read.changed}
    for row in stored:
        if id(row) in changed:
            row.updated_at = now
    names = ["title", "text", "url", "lang", "state", "visibility", "content_hash", "is_edited"]
    Article.objects.bulk_update(stored, [*names, "updated_at"], batch_size=AT_A_TIME)
    _keep_history(read)


def _keep_history(read: Read) -> None:
    """What an article has become; before its first change also what it was, so that nothing is
    lost and an article that never changes is stored once."""
    known = set(
        ArticleRevision.objects.filter(article__in=read.changed).values_list(
            "article_id", flat=True
        )
    )
    first = [row for row in read.before if row.article_id not in known]
    rows = [*first, *map(ArticleRevision.of, read.changed)]
    ArticleRevision.objects.bulk_create(rows, batch_size=AT_A_TIME)


@transaction.atomic
def archive(articles: QuerySet[Article]) -> int:
    """Out of the search, and kept; how many."""
    pks = list(articles.select_for_update(of=("self",)).values_list("pk", flat=True))
    indexing.unindex(Article.objects.filter(pk__in=pks))
    return len(pks)
