"""A corpus cut into blocks of one length, with no text of one document seen from another.

Public entries: `documents`, `blocks_of`, `Block`. What is longer than a block is cut, then
everything is packed by best fit, longest first (what TRL calls `bfd_split`): no token is lost and
little is padded. Documents that share a block are kept apart by their positions, which begin anew
with each: transformers lets none of them see another. No torch here.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from llm.engine.tokens import opening_ids, plain_ids
from training.datasets import Corpus
from training.methods.lines import Line
from training.methods.packing import packed_by_length


@dataclass(frozen=True)
class Block:
    """Lines that are read side by side."""

    lines: tuple[Line, ...]

    def __len__(self) -> int:
        return sum(len(line.ids) for line in self.lines)

    @property
    def targets(self) -> int:
        return sum(line.targets for line in self.lines)


def documents(corpus: Corpus) -> Iterator[str]:
    """Articles, their sections in order, then what customers asked."""
    article: list[str] = []
    title = None
    for section in corpus.sections:
        if article and section.title != title:
            yield "\n".join(article)
            article = []
        if not article:
            title = section.title
            article = [section.title]
        article += [part for part in (section.heading, section.text) if part]
    if article:
        yield "\n".join(article)
    yield from (asked.question for asked in corpus.asked)


def blocks_of(corpus: Corpus, *, tokenizer: Any, length: int, begin: bool) -> list[Block]:
    """All of the corpus in blocks of at most `length` tokens; the end token closes each document.
    `begin`: the tokenizer's own opening token opens it."""
    opening = opening_ids(tokenizer) if begin else []
    pieces = []
    for text in documents(corpus):
        ids = [*opening, *plain_ids(tokenizer, text), tokenizer.eos_token_id]
        pieces += [ids[at : at + length] for at in range(0, len(ids), length)]
    pieces = [ids for ids in pieces if len(ids) > 1]
    return [
        Block(tuple(Line(pieces[place], learned=1) for place in places))
        for places in packed_by_length([len(ids) for ids in pieces], length)
    ]
