"""What a customer had erased, or an agent had masked, goes out of search at once.

`forget_questions` and `rewrite_questions` for known questions, their vectors and their words in the
index (a word that thousands share goes with `forget_words`, which the retention runs);
`forget_gaps` and `mask_gaps` for what was noted as an article to write. All but `forget_words` work
in the caller's transaction, and none loads a neural model.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from itertools import islice

from kb import coverage, postings
from kb.models import CoverageGap, Question
from kb.questions import KnownQuestion, prepare, write
from kb.searchable import forms
from text.privacy.placeholders import without_placeholders

MOST_GAPS = 10_000
"""Gaps that are looked through; `coverage.prune` keeps far fewer."""


def forget_questions(pks: Collection[int], *, many: bool = False) -> int:
    """Delete known questions with all that search keeps of them; how many. `many`: their words wait
    for the caller's `forget_words`, once for all."""
    rows = list(Question.objects.select_for_update().filter(pk__in=pks).order_by("pk"))
    if not many:
        _forget_words(rows)
    Question.objects.filter(pk__in=[row.pk for row in rows]).delete()
    return len(rows)


def forget_words() -> bool:
    """Drop from the index what is left of questions that are gone, or were written anew."""
    return postings.drop_gone(postings.QUESTIONS)


def rewrite_questions(changes: Sequence[tuple[Question, str, str]]) -> int:
    """(question, new text, new answer): the words that it had are in no index afterwards."""
    _forget_words([row for row, _, _ in changes])
    return write(
        prepare(
            KnownQuestion(row.kind, row.external_id, row.lang, text, answer, row.article)
            for row, text, answer in changes
        )
    )


def forget_gaps(queries: Iterable[str], *, lang: str) -> int:
    """Delete what `coverage.record` noted of these queries, also where others asked the same."""
    digests = {
        coverage.digest_of(lang, form) for query in queries if (form := coverage.form_of(query))
    }
    return CoverageGap.objects.filter(digest__in=digests).delete()[0]


def mask_gaps(change: Callable[[str], str]) -> int:
    """Every gap with `change` done to its words; one whose words are then those of another counts
    with it. How many were changed."""
    changed = 0
    for gap in islice(CoverageGap.objects.select_for_update().order_by("pk"), MOST_GAPS):
        text, form = change(gap.text), change(gap.search_form)
        if (text, form) == (gap.text, gap.search_form):
            continue
        _change_gap(gap, text, " ".join(without_placeholders(form).split()))
        changed += 1
    return changed


def _change_gap(gap: CoverageGap, text: str, form: str) -> None:
    digest = coverage.digest_of(gap.lang, form)
    same = CoverageGap.objects.filter(digest=digest).exclude(pk=gap.pk).first()
    if not form or same is not None:
        gap.delete()
        if same is not None:
            same.count += gap.count
            same.save(update_fields=["count"])
        return
    gap.text, gap.search_form, gap.digest = text[: coverage.MAX_WORDING], form, digest
    gap.save(update_fields=["text", "search_form", "digest"])


def _forget_words(rows: Sequence[Question]) -> None:
    terms: set[str] = set()
    for row in rows:
        made = forms(row.text, row.answer)
        terms.update(
            made.title_terms,
            made.heading_terms,
            made.url_terms,
            made.text_terms,
            made.title_grams,
            made.text_grams,
        )
    postings.remove(postings.QUESTIONS, {row.entry for row in rows}, terms)
