"""What the desk knows, as rows that training reads.

Public entries: `rows_now` (for tuned versions), `corpus_now` (for a base), and what they are made
of: `bare_rows` (everything that somebody asked and a team answered, before any search), `found`
(the same rows with what search finds for them). Prompts' contents come from `tickets.prompting`,
the same way as in serving; a ticket never stands in its own prompt. Nothing here holds personal
data: texts are stored with placeholders.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final

from kb.embedding import active_cut
from kb.models import Article, Chunk, Question
from kb.retrieval import search
from llm.prompts import PromptBudget, Turn
from text.language import detect
from tickets.prompting import build_prompt_input
from training.datasets.asking import sentence_rows
from training.datasets.conversations import Conversations, tickets_of
from training.datasets.rows import (
    LESSONS,
    Asked,
    Corpus,
    Kind,
    Row,
    Section,
    conversation_of,
    lesson_of,
)
from training.recipes import Prompts, Rows
from training.replies import group

OnProgress = Callable[[int, int], None]
SEARCHED: Final = 600
"""Characters of an answer that its article is searched with."""


def _quietly(done: int, total: int) -> None:
    pass


def corpus_now(*, max_asked: int, without: Collection[str] = ()) -> Corpus:
    """All public articles by their sections, and the newest `max_asked` questions; those of the
    keys in `without` are kept out."""
    left_out = set(without)
    questions = [one for one in _past_questions(max_asked) if one.external_id not in left_out]
    titles = _titles_of({one.answer for one in questions})
    return Corpus(
        sections=tuple(_section(chunk) for chunk in published_chunks()),
        asked=tuple(Asked(one.text, titles[one.answer], one.lang) for one in questions),
    )


def rows_now(*, prompt: Prompts, settings: Rows, on_progress: OnProgress = _quietly) -> list[Row]:
    """Rows in a fixed order: by their kind and key, sentences of articles last."""
    bare = bare_rows(settings)
    return found(
        [*bare, *article_rows(bare, settings)], budget=prompt.as_budget(), on_progress=on_progress
    )


def bare_rows(settings: Rows) -> list[Row]:
    """Without what search finds; the newest `max_rows`. What was sent from the desk is a reply and
    not a past ticket as well. Each has the number of its standard reply."""
    sources = set(settings.sources)
    conversations = Conversations()
    rows: list[Row] = []
    replies = list(conversations.replies(settings.max_rows))
    if "reply" in sources:
        rows += replies
    if "ticket" in sources:
        sent = {row.key for row in replies}
        questions = [
            one for one in _past_questions(settings.max_rows) if one.external_id not in sent
        ]
        rows += conversations.of_past_tickets(questions)
    if "rated" in sources:
        rows += conversations.rated_drafts(settings.max_rows)
    for kind in ("faq", "generated"):
        if kind in sources:
            rows += _known_questions(kind, settings.max_rows)
    return numbered(_newest(rows, settings.max_rows))


def shown_rows() -> list[Row]:
    """Every past answer that search could show in a prompt, also those that a recipe's sources and
    number of rows leave aside: only with what says whose it is, and what was asked."""
    questions = list(Question.objects.filter(kind=Question.Kind.TICKET).order_by("external_id"))
    return list(Conversations().of_past_tickets(questions, turns=False))


def numbered(rows: Sequence[Row]) -> list[Row]:
    """With the numbers of their standard replies, in the order of kind and key."""
    ordered = sorted(rows, key=lambda row: (_ORDER[row.kind], row.key))
    numbers = group([row.answer for row in ordered])
    return [replace(row, reply=number) for row, number in zip(ordered, numbers, strict=True)]


def article_rows(rows: Sequence[Row], settings: Rows) -> list[Row]:
    """Sentences of articles as questions, answered by the standard replies of `rows`."""
    if not settings.article_share or "article" not in settings.sources:
        return []
    asked = [row for row in rows if row.kind in ("ticket", "reply")]
    return list(sentence_rows(asked, published_chunks(), article_of=_article_of))


def found(
    rows: Sequence[Row],
    *,
    budget: PromptBudget,
    without: Collection[str] = (),
    known: Mapping[str, Row] | None = None,
    on_progress: OnProgress = _quietly,
) -> list[Row]:
    """The rows with passages and similar answers as search finds them now; past tickets of the keys
    in `without` are shown to none. `known`: rows by their key for which the search was made before
    and would find the same."""
    ready = known or {}
    turns_of = _keys_of_conversations(rows)
    tickets = tickets_of([lesson_of(row.key) for row in rows if row.kind in LESSONS])
    made = []
    for done, row in enumerate(rows, start=1):
        own = turns_of.get(conversation_of(row.key), ())
        held = ready.get(row.key)
        if held is not None and (held.question, held.turns) == (row.question, row.turns):
            made.append(replace(row, passages=held.passages, similar=held.similar))
        else:
            ticket = tickets.get(lesson_of(row.key))
            subject = ticket.subject if ticket else ""
            made.append(_searched(row, subject, budget, {lesson_of(row.key), *own, *without}))
        on_progress(done, len(rows))
    return made


def published_chunks() -> list[Chunk]:
    """Of articles that customers may read."""
    chunks = Chunk.objects.filter(
        cut=active_cut(),
        article__state=Article.State.PUBLISHED,
        article__visibility=Article.Visibility.PUBLIC,
    )
    ordered = chunks.select_related("article").order_by("article__external_id", "position")
    return list(ordered)


_ORDER: Final = {
    kind: place
    for place, kind in enumerate(
        ("ticket", "reply", "rated", "faq", "generated", "file", "article")
    )
}


def _past_questions(most: int) -> list[Question]:
    newest = Question.objects.filter(kind=Question.Kind.TICKET).exclude(answer="")
    held = newest.order_by("-created_at", "-pk")[:most]
    return sorted(held, key=lambda one: one.external_id)


def _known_questions(kind: Kind, most: int) -> Iterator[Row]:
    """Of public articles only: internal ones are for agents."""
    questions = Question.objects.filter(
        kind=kind,
        article__state=Article.State.PUBLISHED,
        article__visibility=Article.Visibility.PUBLIC,
    ).exclude(answer="")
    for one in questions.order_by("-created_at", "-pk")[:most]:
        moment = one.created_at.isoformat()
        yield Row(f"{kind}:{one.external_id}", kind, one.lang, one.text, one.answer, at=moment)


def _newest(rows: Sequence[Row], most: int) -> list[Row]:
    if len(rows) <= most:
        return list(rows)
    return sorted(rows, key=lambda row: (row.at, row.key), reverse=True)[:most]


def _searched(row: Row, subject: str, budget: PromptBudget, exclude: Collection[str]) -> Row:
    parts, _sources = build_prompt_input(
        f"{subject}\n{row.question}".strip(),
        lang=row.lang,
        turns=(Turn("customer", row.question),),
        budget=budget,
        exclude_external_ids=_as_search_knows(exclude),
    )
    return replace(
        row,
        passages=tuple((one.title, one.text) for one in parts.passages),
        similar=tuple((one.question, one.answer) for one in parts.similar),
    )


def _as_search_knows(keys: Collection[str]) -> list[str]:
    """A FAQ's row must not answer itself either; its key has the kind before it."""
    return [key.removeprefix("faq:").removeprefix("generated:") for key in keys]


def _keys_of_conversations(rows: Sequence[Row]) -> dict[str, list[str]]:
    """All keys of the rows' tickets, whether they are among the rows or not: what was answered
    later in a ticket is not known when it begins."""
    found_keys: dict[str, list[str]] = {
        conversation_of(row.key): [] for row in rows if row.kind in LESSONS
    }
    past = Question.objects.filter(kind=Question.Kind.TICKET)
    for key in past.values_list("external_id", flat=True) if found_keys else ():
        if (held := found_keys.get(conversation_of(key))) is not None:
            held.append(key)
    return found_keys


def _section(chunk: Chunk) -> Section:
    title = chunk.article.title
    heading = " › ".join(one for one in chunk.heading_path if one != title)
    return Section(title=title, heading=heading, text=chunk.body, lang=chunk.article.lang)


def _titles_of(answers: set[str]) -> dict[str, str]:
    """The title of the article that an answer's facts stand in, "" where none is found."""
    titles = {}
    for answer in sorted(answers):
        best = search(answer[:SEARCHED], k=1, lang=detect(answer), visibility="public")
        titles[answer] = best[0].title if best else ""
    return titles


def _article_of(answer: str) -> int | None:
    best = search(answer[:SEARCHED], k=1, lang=detect(answer), visibility="public")
    return best[0].article_id if best else None
