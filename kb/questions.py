"""Known questions with their answers: `upsert_question`, `upsert_questions(rows)`.

A question is of an article's FAQ, generated, or of a past ticket; (kind, external id) names it, and
writing the same again changes nothing. Callers have put placeholders in place of personal data.
`prepare` and `write` are the two halves, for a caller who writes something else with them.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db import transaction

from kb.indexing import FORM_FIELDS, PreparedQuestions, prepare_questions, write_questions
from kb.models import Article, Question
from kb.searchable import text_digest
from runtime.batches import batches

BATCH = 1000


@dataclass(frozen=True)
class KnownQuestion:
    kind: str
    external_id: str
    lang: str
    text: str
    answer: str
    article: Article | None = None


def upsert_question(
    kind: str,
    external_id: str,
    lang: str,
    text: str,
    answer: str,
    article: Article | None = None,
    *,
    models: bool = False,
) -> Question:
    """One question, found by search when this returns (its vector follows from the worker where
    the embedder is a neural model and `models` is false)."""
    row = KnownQuestion(kind, external_id, lang, text, answer, article)
    upsert_questions([row], models=models)
    return Question.objects.get(kind=kind, external_id=external_id)


def upsert_questions(rows: Iterable[KnownQuestion], *, models: bool = False) -> int:
    """Any number, a thousand to a transaction; how many were new or changed. Of two rows with the
    same kind and external id the later one holds."""
    return sum(_upsert_batch(batch, models) for batch in batches(rows, BATCH))


def prepare(
    rows: Iterable[KnownQuestion], *, models: bool = False, vectors: bool = True
) -> PreparedQuestions:
    """Those that are new or changed, with all that costs time. Writes nothing. Without `vectors`
    the index worker makes them."""
    batch = {(row.kind, row.external_id): row for row in rows}
    ids = {row.external_id for row in batch.values()}
    known = {
        (question.kind, question.external_id): question
        for question in Question.objects.filter(external_id__in=ids)
    }
    due = [
        question
        for key, row in batch.items()
        if (question := _changed(known.get(key), row)) is not None
    ]
    return prepare_questions(due, models=models, vectors=vectors)


def write(prepared: PreparedQuestions) -> int:
    """In the caller's transaction; how many."""
    if not prepared.questions:
        return 0
    Question.objects.bulk_create(
        prepared.questions,
        update_conflicts=True,
        unique_fields=["kind", "external_id"],
        update_fields=["lang", "text", "answer", "article", "link_mark", *FORM_FIELDS],
    )
    write_questions(prepared)
    return len(prepared.questions)


def _upsert_batch(rows: Iterable[KnownQuestion], models: bool) -> int:
    prepared = prepare(rows, models=models)
    with transaction.atomic():
        return write(prepared)


def _changed(question: Question | None, row: KnownQuestion) -> Question | None:
    """None where all is as it was. A past answer that names no article keeps the one that was
    found for it, as long as its words are the same."""
    article_id = row.article.pk if row.article else None
    if question is not None and question.digest == text_digest(row.text, row.answer):
        if row.kind == Question.Kind.TICKET and article_id is None:
            article_id = question.article_id
        if (question.lang, question.article_id) == (row.lang, article_id):
            return None
    return Question(
        kind=row.kind,
        external_id=row.external_id,
        lang=row.lang,
        text=row.text,
        answer=row.answer,
        article_id=article_id,
    )
