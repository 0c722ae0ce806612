"""Questions that articles answer themselves: `refresh_faq(articles)`, `sweep_faq()`.

A heading that asks ("How do I pay?", "چگونه پرداخت کنم؟") is a known question, and what stands
under it the answer; so is a title that asks. A line in bold that asks counts as a heading: help
centres often write their FAQ so. Each is named by its article and its own words, so that an edit
elsewhere changes nothing.
"""

import hashlib
import re
from collections.abc import Iterator, Sequence
from itertools import islice

from django.db.models import F, Value
from django.db.models.functions import Concat

from kb.generating.storing import drop_outdated
from kb.models import Article, Question
from kb.plaintext import Block, blocks
from kb.questions import KnownQuestion, upsert_questions
from text.asking import is_question
from text.persian import search_form

VERSION = 1
"""Raise it with every change of what counts as a question or an answer: the sweep reads again."""
MAX_QUESTIONS = 500
MAX_QUESTION = 300
MAX_ANSWER = 4000
AT_A_TIME = 200

_BOLD_LINE = re.compile(r"^[ ]{0,3}(?:\*\*|__)(?P<text>[^*_\n]{3,300}?)(?:\*\*|__)[ ]*$", re.M)
_HEADING = re.compile(
    r"^[ ]{0,3}#{1,6}[ \t]+(?P<text>.+)$|^(?P<under>.+)\n[ ]{0,3}(?:=+|-+)[ ]*$", re.M
)


def refresh_faq(articles: Sequence[Article], *, models: bool) -> int:
    """Bring the FAQ questions of published articles up to date, and drop the generated ones of
    passages that are gone; how many questions were added, changed or removed. `models`: this
    process may load a neural embedder."""
    due = [row for row in articles if row.pk and row.state == Article.State.PUBLISHED]
    changed = 0
    for start in range(0, len(due), AT_A_TIME):
        changed += _refresh(due[start : start + AT_A_TIME], models=models)
    return changed


def sweep_faq() -> None:
    """Published articles whose questions are older than their text or than this module."""
    behind = (
        Article.objects.filter(state=Article.State.PUBLISHED)
        .exclude(indexed_hash="")
        .exclude(faq_mark=Concat(Value(_mark("")), F("indexed_hash")))
    )
    last = 0
    while part := list(behind.filter(pk__gt=last).order_by("pk")[:AT_A_TIME]):
        refresh_faq(part, models=True)
        last = part[-1].pk


def questions_in(title: str, markdown: str) -> list[tuple[str, str]]:
    """(question, answer) of an article, in reading order, none twice."""
    found: dict[str, tuple[str, str]] = {}
    pairs = _pairs(title, markdown) if _may_ask(title, markdown) else iter(())
    for question, answer in islice(pairs, MAX_QUESTIONS):
        found.setdefault(search_form(question), (question, answer))
    return list(found.values())


def _refresh(articles: Sequence[Article], *, models: bool) -> int:
    rows = [row for article in articles for row in _rows(article)]
    changed = upsert_questions(sorted(rows, key=lambda row: row.external_id), models=models)
    stale = Question.objects.filter(kind=Question.Kind.FAQ, article__in=articles).exclude(
        external_id__in=[row.external_id for row in rows]
    )
    removed = stale.count()
    if removed:
        stale.delete()
    removed += drop_outdated([article.pk for article in articles])
    for article in articles:
        article.faq_mark = _mark(article.indexed_hash)
    Article.objects.bulk_update(articles, ["faq_mark"])
    return changed + removed


def _mark(indexed_hash: str) -> str:
    return f"{VERSION}:{indexed_hash}"


def _rows(article: Article) -> Iterator[KnownQuestion]:
    for question, answer in questions_in(article.title, article.text):
        digest = hashlib.sha256(search_form(question).encode()).hexdigest()[:24]
        yield KnownQuestion(
            kind=Question.Kind.FAQ,
            external_id=f"{article.pk}:{digest}",
            lang=article.lang,
            text=question,
            answer=answer,
            article=article,
        )


def _may_ask(title: str, markdown: str) -> bool:
    """Most articles ask nothing, and reading Markdown costs more than this look at its lines."""
    if is_question(title):
        return True
    lines = (match.group("text") or match.group("under") for match in _HEADING.finditer(markdown))
    bold = (match.group("text") for match in _BOLD_LINE.finditer(markdown))
    return any(map(is_question, lines)) or any(map(is_question, bold))


def _pairs(title: str, markdown: str) -> Iterator[tuple[str, str]]:
    found = blocks(_BOLD_LINE.sub(_as_heading, markdown))
    if found and found[0].level and found[0].text == title:
        del found[0]
    if is_question(title):
        first = next((at for at, block in enumerate(found) if block.level), None)
        answer = _answer(found[:first]) or _answer(found)
        if answer:
            yield title[:MAX_QUESTION], answer
    for at, block in enumerate(found):
        if not block.level or not is_question(block.text):
            continue
        answer = _answer(_below(found, at))
        if answer:
            yield block.text[:MAX_QUESTION], answer


def _as_heading(match: re.Match[str]) -> str:
    """Below every real heading: it ends at the next line of its kind."""
    text = match.group("text").strip()
    return f"\n###### {text}\n" if is_question(text) else match.group()


def _below(found: Sequence[Block], at: int) -> list[Block]:
    """What stands under a heading, with the smaller headings below it."""
    below: list[Block] = []
    for block in found[at + 1 :]:
        if block.level and block.level <= found[at].level:
            break
        below.append(block)
    return below


def _answer(found: Sequence[Block]) -> str:
    """Whole blocks up to MAX_ANSWER letters; "" if there is nothing but headings."""
    if not any(not block.level for block in found):
        return ""
    parts: list[str] = []
    room = MAX_ANSWER
    for block in found:
        if parts and len(block.text) > room:
            break
        parts.append(block.text[:MAX_ANSWER])
        room -= len(block.text) + 2
    return "\n\n".join(parts)
