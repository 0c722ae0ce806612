"""Passages to ask about, and what became of them: `passages`, `pending`, `store`, `drop_outdated`.

A generated question is named by its passage's digest and its own words; a row of QuestionGeneration
says that a passage was asked about, and is written in one transaction with the questions.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterator, Sequence

from django.db import transaction

from kb.embedding import active_cut
from kb.generating.checking import Checked, check
from kb.generating.prompting import PROMPT_VERSION, Passage, passage_digest
from kb.models import Article, Chunk, Question, QuestionGeneration
from kb.questions import KnownQuestion, prepare, write
from runtime.errors import InputError
from text.persian import search_form

MIN_LETTERS = 60
"""Of a passage's text under its headings: shorter ones hold no answer."""


class UnknownArticle(InputError):
    """No published article of that id."""


def passages(
    *, article_ids: Sequence[str] = (), lang: str = "", internal: bool = True
) -> Iterator[Passage]:
    """Of published articles, in reading order."""
    rows = Chunk.objects.filter(cut=active_cut(), article__state=Article.State.PUBLISHED)
    if not internal:
        rows = rows.filter(article__visibility=Article.Visibility.PUBLIC)
    if lang:
        rows = rows.filter(lang=lang) | rows.filter(lang__startswith=f"{lang}-")
    if article_ids:
        rows = rows.filter(article__external_id__in=_known(article_ids))
    rows = rows.select_related("article").defer("search_form", "title_form", "article__text")
    for row in rows.order_by("article_id", "position").iterator(chunk_size=500):
        if len(row.body.strip()) >= MIN_LETTERS:
            yield passage_of(row)


def passage_of(row: Chunk) -> Passage:
    title = row.article.title
    digest = passage_digest(row.article_id, title, row.text)
    return Passage(row.pk, row.article_id, digest, row.lang, title, row.text)


def asked_before(model: str) -> set[str]:
    rows = QuestionGeneration.objects.filter(model=model, prompt_version=PROMPT_VERSION)
    return set(rows.values_list("chunk_digest", flat=True))


def store(
    passage: Passage, pairs: Sequence[tuple[str, str]], *, model: str, tokens: int, most: int
) -> Checked:
    """Keep the pairs that stand on their passage. The passage is not asked about again."""
    known = Question.objects.filter(article_id=passage.article_id).exclude(
        kind=Question.Kind.TICKET
    )
    checked = check(
        pairs,
        lang=passage.lang,
        title=passage.title,
        text=passage.text,
        known=list(known.values_list("text", flat=True)),
        most=most,
    )
    article = Article.objects.filter(pk=passage.article_id).first()
    prepared = prepare([_row(passage, article, *pair) for pair in checked.pairs], models=True)
    with transaction.atomic():
        # deleted or archived in the meantime: its questions would be nobody's
        there = Article.objects.select_for_update().filter(pk=passage.article_id)
        if there.exists():
            write(prepared)
        QuestionGeneration.objects.update_or_create(
            chunk_digest=passage.digest,
            model=model[:200],
            prompt_version=PROMPT_VERSION,
            defaults={
                "created": len(checked.pairs),
                "rejected": checked.rejected.total(),
                "tokens": tokens,
            },
        )
    return checked


def drop_outdated(article_pks: Sequence[int] | None = None) -> int:
    """Remove the generated questions of passages that are no longer in their published article;
    how many. Archived articles keep theirs: nobody finds them, and they may come back."""
    rows = Question.objects.filter(
        kind=Question.Kind.GENERATED, article__state=Article.State.PUBLISHED
    )
    if article_pks is not None:
        rows = rows.filter(article__in=article_pks)
    by_article: dict[int, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    for pk, article, name in rows.values_list("pk", "article_id", "external_id").iterator():
        by_article[article][name.partition(":")[0]].append(pk)
    removed = 0
    for article, by_digest in by_article.items():
        chunks = Chunk.objects.filter(article_id=article).select_related("article")
        if not chunks:  # not cut yet
            continue
        gone = by_digest.keys() - {passage_of(row).digest for row in chunks}
        with transaction.atomic():
            Question.objects.filter(pk__in=[pk for one in gone for pk in by_digest[one]]).delete()
            QuestionGeneration.objects.filter(chunk_digest__in=gone).delete()
        removed += sum(len(by_digest[one]) for one in gone)
    return removed


def _known(article_ids: Sequence[str]) -> Sequence[str]:
    published = Article.objects.filter(external_id__in=article_ids, state=Article.State.PUBLISHED)
    missing = set(article_ids) - set(published.values_list("external_id", flat=True))
    if missing:
        raise UnknownArticle(f"There is no published article {min(missing)[:100]!r}.")
    return article_ids


def _row(passage: Passage, article: Article | None, question: str, answer: str) -> KnownQuestion:
    words = hashlib.sha256(search_form(question).encode()).hexdigest()[:16]
    return KnownQuestion(
        kind=Question.Kind.GENERATED,
        external_id=f"{passage.digest}:{words}",
        lang=passage.lang,
        text=question,
        answer=answer,
        article=article,
    )
