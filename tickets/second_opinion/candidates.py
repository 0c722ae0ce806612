"""Which of a model's findings may be masked: `spans(text, entities, …)`. Pure."""

import re
from collections.abc import Collection, Iterator, Sequence
from typing import Final

from text.persian import form_words, search_form
from text.privacy.placeholders import Placeholder, pieces
from text.privacy.spans import PERSON, Span
from tickets.second_opinion.entities import Entity

LONGEST: Final = {PERSON: 60}
LONGEST_OTHER: Final = 200
MOST: Final = 500
"""In one text. A model that finds more has lost its way."""
_EDGES = re.compile(r"\A[\W_]+|[\W_]+\Z")


def spans(
    text: str,
    entities: Sequence[Entity],
    *,
    types: Collection[str],
    least: float,
    ordinary: Collection[str] = frozenset(),
) -> list[Span]:
    """`types` that are wanted; `least`: the score from which the model is believed. What stands in
    a placeholder is none, nor are one letter, digits alone, or words that are all `ordinary`
    (`word_forms` of what names no person)."""
    holes = _placeholders(text)
    found = [
        part
        for one in entities
        if one.type in types and one.score >= least
        for part in _outside(text, Span(one.start, one.end, one.type), holes)
        if _may_be(text[part.start : part.end], part.type)
        and not _is_ordinary(text[part.start : part.end], ordinary)
    ]
    return found if len(found) <= MOST else []


def word_forms(text: str) -> list[str]:
    return [word.casefold() for word in form_words(search_form(text))]


def _is_ordinary(value: str, ordinary: Collection[str]) -> bool:
    return bool(ordinary) and all(word in ordinary for word in word_forms(value))


def _may_be(value: str, type_: str) -> bool:
    if len(value) > LONGEST.get(type_, LONGEST_OTHER) or "\n" in value:
        return False
    return sum(map(str.isalpha, value)) >= 2


def _placeholders(text: str) -> list[tuple[int, int]]:
    holes = []
    done = 0
    for part in pieces(text):
        if isinstance(part, Placeholder):
            holes.append((done, done + len(part.text)))
            done += len(part.text)
        else:
            done += len(part)
    return holes


def _outside(text: str, span: Span, holes: Sequence[tuple[int, int]]) -> Iterator[Span]:
    start = span.start
    for hole_start, hole_end in [*holes, (span.end, span.end)]:
        if hole_end < span.start or hole_start > span.end:
            continue
        if part := _trimmed(text, start, min(hole_start, span.end), span.type):
            yield part
        start = max(start, hole_end)


def _trimmed(text: str, start: int, end: int, type_: str) -> Span | None:
    value = text[start:end]
    inner = _EDGES.sub("", value)
    if start >= end or not inner:
        return None
    start += value.index(inner)
    return Span(start, start + len(inner), type_)
