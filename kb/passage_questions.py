"""Which known questions lead to which passage: `with_questions(chunks, questions)`."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from kb.generating.storing import passage_of
from kb.models import Chunk, Question
from text.persian import search_form


@dataclass(frozen=True)
class Passage:
    chunk: Chunk
    questions: list[Question] = field(default_factory=list)


def with_questions(
    chunks: Iterable[Chunk], questions: Sequence[Question]
) -> tuple[list[Passage], list[Question]]:
    """The passages with theirs, and the questions that belong to the article as a whole. A
    generated question is named after its passage; one that the article asks itself stands among
    the headings above it, or nearest to it."""
    passages = [Passage(chunk) for chunk in chunks]
    by_digest = {passage_of(one.chunk).digest: one for one in passages}
    by_heading: dict[str, Passage] = {}
    for one in passages:
        for heading in one.chunk.heading_path:
            by_heading.setdefault(search_form(heading), one)
    others: list[Question] = []
    for question in questions:
        passage = None
        if question.kind == Question.Kind.GENERATED:
            passage = by_digest.get(question.external_id.partition(":")[0])
        elif question.kind == Question.Kind.FAQ:
            passage = by_heading.get(search_form(question.text))
        (others if passage is None else passage.questions).append(question)
    return passages, others
