"""What the desk knows, frozen into rows that training reads.

Public entries: `corpus_now` (for a base: articles and the questions of past tickets), `rows_now`
(for tuned versions: past tickets with what search finds for them, and sentences of articles as
questions). Prompts' contents come from `tickets.prompting`, the same way as in serving; a past
ticket never stands in its own prompt. Nothing here holds personal data: questions are stored with
placeholders.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Final

from kb.embedding import active_cut
from kb.models import Article, Chunk, Question
from kb.retrieval import search
from llm.prompts import Turn
from text.language import detect
from text.sentences import sentences
from tickets.prompting import build_prompt_input
from training.datasets import Asked, Corpus, Row, Section
from training.recipes import Prompts, Rows
from training.replies import group, nearest, pieces

OnProgress = Callable[[int, int], None]
SEARCHED: Final = 600
"""Characters of an answer that its article is searched with."""
LEAST_CHARACTERS: Final = 12


def corpus_now(*, max_asked: int) -> Corpus:
    """All published articles by their sections, and the newest `max_asked` questions."""
    questions = _past_questions(max_asked)
    titles = _titles_of({one.answer for one in questions})
    return Corpus(
        sections=tuple(_section(chunk) for chunk in _published_chunks()),
        asked=tuple(Asked(one.text, titles[one.answer], one.lang) for one in questions),
    )


def rows_now(
    *, prompt: Prompts, settings: Rows, on_progress: OnProgress = lambda done, total: None
) -> list[Row]:
    """Rows in a fixed order: past tickets by their external id, then sentences of articles."""
    questions = _past_questions(settings.max_rows)
    replies = group([one.answer for one in questions])
    asked = _sentence_questions(questions, replies) if settings.article_share else []
    total = len(questions) + len(asked)
    rows: list[Row] = []
    for question, reply in zip(questions, replies, strict=True):
        rows.append(_ticket_row(question, reply, prompt))
        on_progress(len(rows), total)
    for key, lang, text, answer, reply in asked:
        rows.append(_row(key, "article", lang, text, answer, reply, prompt, exclude=()))
        on_progress(len(rows), total)
    return rows


def _past_questions(most: int) -> list[Question]:
    newest = Question.objects.filter(kind=Question.Kind.TICKET).order_by("-created_at", "-pk")
    return sorted(newest[:most], key=lambda one: one.external_id)


def _published_chunks() -> list[Chunk]:
    chunks = Chunk.objects.filter(cut=active_cut(), article__state=Article.State.PUBLISHED)
    ordered = chunks.select_related("article").order_by("article__external_id", "position")
    return list(ordered)


def _section(chunk: Chunk) -> Section:
    title = chunk.article.title
    heading = " › ".join(one for one in chunk.heading_path if one != title)
    return Section(title=title, heading=heading, text=chunk.body, lang=chunk.article.lang)


def _titles_of(answers: set[str]) -> dict[str, str]:
    """The title of the article that an answer's facts stand in, "" where none is found."""
    found = {}
    for answer in sorted(answers):
        best = search(answer[:SEARCHED], k=1, lang=detect(answer))
        found[answer] = best[0].title if best else ""
    return found


def _ticket_row(question: Question, reply: int, prompt: Prompts) -> Row:
    return _row(
        question.external_id,
        "ticket",
        question.lang,
        question.text,
        question.answer,
        reply,
        prompt,
        exclude=(question.external_id,),
    )


def _row(
    key: str,
    kind: str,
    lang: str,
    text: str,
    answer: str,
    reply: int,
    prompt: Prompts,
    *,
    exclude: tuple[str, ...],
) -> Row:
    parts, _ = build_prompt_input(
        text,
        lang=lang,
        turns=(Turn("customer", text),),
        budget=prompt.as_budget(),
        exclude_external_ids=exclude,
    )
    return Row(
        key=key,
        kind="article" if kind == "article" else "ticket",
        lang=lang,
        question=text,
        answer=answer,
        reply=reply,
        passages=tuple((one.title, one.text) for one in parts.passages),
        similar=tuple((one.question, one.answer) for one in parts.similar),
    )


def _sentence_questions(
    questions: Sequence[Question], replies: Sequence[int]
) -> list[tuple[str, str, str, str, int]]:
    """(key, language, sentence, answer, reply) for every sentence and heading of the articles that
    standard replies belong to. A reply belongs to the article that search finds with it; where an
    article has several replies, a sentence goes to the one that shares most with it."""
    of_article: dict[int, list[tuple[int, str]]] = defaultdict(list)
    for reply, answer in _commonest(questions, replies).items():
        best = search(answer[:SEARCHED], k=1, lang=detect(answer))
        if best:
            of_article[best[0].article_id].append((reply, answer))
    found = []
    for chunk in _published_chunks():
        owners = of_article.get(chunk.article_id)
        if not owners:
            continue
        held = [pieces(answer) for _, answer in owners]
        section = _section(chunk)
        texts = [section.heading, *sentences(section.text)]
        if chunk.position == 0:
            texts.insert(0, section.title)
        for place, text in enumerate(one for one in texts if len(one) >= LEAST_CHARACTERS):
            reply, answer = owners[nearest(text, held)]
            key = f"{chunk.article.external_id}#{chunk.position}.{place}"
            found.append((key, section.lang, text, answer, reply))
    return found


def _commonest(questions: Sequence[Question], replies: Sequence[int]) -> dict[int, str]:
    """The most frequent wording of each reply; of equals the first."""
    counts: dict[int, dict[str, int]] = defaultdict(dict)
    for question, reply in zip(questions, replies, strict=True):
        counts[reply][question.answer] = counts[reply].get(question.answer, 0) + 1
    return {reply: max(held, key=lambda one: held[one]) for reply, held in counts.items()}
