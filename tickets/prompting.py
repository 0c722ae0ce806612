"""What a model is given for a question: passages, past answers, the conversation.

`build_prompt_input` is the only way to a prompt, for serving and for training alike, so that a
model is trained on prompts like those that it gets. It searches and makes no prompt text itself:
that is `llm.prompts.render`, which knows the tokenizer.
"""

from collections.abc import Collection, Sequence
from typing import Any

from django.conf import settings

from kb.retrieval import (
    MAX_K,
    Result,
    SimilarQuestion,
    nothing_fits,
    search,
    similar_questions,
)
from llm.prompts import Passage, PastAnswer, PromptBudget, PromptInput, Turn
from text.privacy.placeholders import without_placeholders

MAX_QUERY = 2000
"""Characters that are searched for: the matter of a long message stands in its beginning."""

Source = dict[str, Any]
"""One found thing as `Suggestion.sources` and `Ticket.found` keep it: kind "chunk" or "question",
id, title (of a chunk: with its headings), url, score, text; a question also its answer, a chunk its
article's id and whether search takes it for an answer (`fits`) or for the nearest that there is."""


def build_prompt_input(
    question: str,
    *,
    lang: str,
    turns: Sequence[Turn],
    budget: PromptBudget,
    exclude_external_ids: Collection[str] = (),
) -> tuple[PromptInput, list[Source]]:
    """What to answer from, and where it comes from: passages best first, then similar past
    questions best first. `exclude_external_ids`: questions that must not answer themselves, nor
    lead to the article that their own answer was found to belong to."""
    query = without_placeholders(question)[:MAX_QUERY].strip()
    passages = _passages(query, lang=lang, k=budget.passages, exclude=exclude_external_ids)
    similar = _similar(query, lang=lang, k=budget.similar, exclude=exclude_external_ids)
    parts = PromptInput(
        lang=lang,
        passages=tuple(Passage(title=one.title, text=one.text) for one in passages),
        similar=tuple(PastAnswer(question=one.text, answer=one.answer) for one in similar),
        turns=tuple(turns),
        company=settings.COMPANY_NAME,
        tone=settings.ANSWER_TONE,
    )
    fits = not nothing_fits(passages)
    found = [_passage_source(one, fits=fits) for one in passages]
    return parts, [*found, *map(_question_source, similar)]


def _passages(query: str, *, lang: str, k: int, exclude: Collection[str]) -> list[Result]:
    """In the customer's language; where nothing is written in it, in any."""
    if not query or not k:
        return []
    k = min(k, MAX_K)

    def found(lang: str | None) -> list[Result]:
        return search(
            query,
            k=k,
            lang=lang,
            visibility="public",  # internal articles are for agents: nothing is made of them
            exclude_external_ids=tuple(exclude),
        )

    return found(lang) or found(None)


def _similar(query: str, *, lang: str, k: int, exclude: Collection[str]) -> list[SimilarQuestion]:
    """Only in the customer's language: their answers are what a draft is made of."""
    if not query or not k:
        return []
    return similar_questions(
        query,
        k=min(k, MAX_K),
        lang=lang,
        exclude_external_ids=tuple(exclude),
        visibility="public",  # an internal article's own questions are for agents too
    )


def used_sources(
    sources: Sequence[Source], *, passages_used: int, similar_used: int
) -> list[Source]:
    """Those that found room in a prompt: it fills both kinds best first."""
    chunks = [one for one in sources if one["kind"] == "chunk"][:passages_used]
    return chunks + [one for one in sources if one["kind"] == "question"][:similar_used]


def _passage_source(found: Result, *, fits: bool) -> Source:
    return {
        "kind": "chunk",
        "id": found.chunk_id,
        "article": found.article_id,
        "title": " › ".join([found.title, *found.heading_path]),
        "url": found.url,
        "score": round(found.score, 4),
        "text": found.text,
        "fits": fits,
    }


def _question_source(found: SimilarQuestion) -> Source:
    return {
        "kind": "question",
        "id": found.question_id,
        "title": "",
        "url": "",
        "score": round(found.score, 4),
        "text": found.text,
        "answer": found.answer,
    }
