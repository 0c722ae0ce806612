"""Documents as rows of articles: compared with what is stored, saved, archived."""

from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from kb import indexing
from kb.importing.document import Document
from kb.importing.entries import Entry
from kb.models import Article, Source
from text.language import detect

State = Article.State
AT_A_TIME = 100


def rows_of(
    source: Source | None, batch: list[tuple[Entry, Document]], lang: str
) -> tuple[list[tuple[Article, bool]], list[Article]]:
    """Rows as they are to be, each with whether it is stored and indexed so already; and the new
    ones among them."""
    ids = [document.external_id for _, document in batch]
    stored = {
        row.external_id: row for row in Article.objects.filter(source=source, external_id__in=ids)
    }
    rows: list[tuple[Article, bool]] = []
    created: list[Article] = []
    for entry, document in batch:
        row = stored.get(document.external_id)
        fields: dict[str, Any] = {
            "title": document.title,
            "text": document.text,
            "url": document.url,
            "lang": lang or document.lang or detect(f"{document.title}\n{document.text[:5000]}"),
            "state": document.state,
            "visibility": document.visibility,
        }
        if row is None:
            row = Article(source=source, external_id=document.external_id)
            created.append(row)
        same = all(getattr(row, name) == value for name, value in fields.items())
        for name, value in fields.items():
            setattr(row, name, value)
        row.content_hash = entry.digest
        rows.append((row, same and row.indexed_hash == indexing.indexed_hash(row)))
    return rows, created


def save(articles: list[tuple[Article, bool]]) -> None:
    stored = [article for article, _ in articles if article.pk is not None]
    Article.objects.bulk_create([article for article, _ in articles if article.pk is None])
    now = timezone.now()
    for row in stored:
        row.updated_at = now
    names = ["title", "text", "url", "lang", "state", "visibility", "content_hash", "updated_at"]
    Article.objects.bulk_update(stored, names, batch_size=AT_A_TIME)


@transaction.atomic
def archive(articles: QuerySet[Article]) -> None:
    """Out of the search, and kept."""
    pks = list(articles.select_for_update(of=("self",)).values_list("pk", flat=True))
    indexing.unindex(Article.objects.filter(pk__in=pks))
