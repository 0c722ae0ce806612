"""What a run learns from, as plain values: rows, preferences, a corpus.

Public entries: `Row` (a question with what search found for it and the team's answer),
`Preference`, `Corpus`, `lesson_of` and `unit_of` (whose row it is: what forgetting and splits go
by). Pure: the methods only ever see what is here, so a run can be repeated from its files.
"""

import re
from dataclasses import dataclass
from typing import Any, Final, Literal

from llm.prompts import Passage, PastAnswer, PromptInput, Turn

Kind = Literal["ticket", "reply", "article", "faq", "generated", "rated", "file"]
LESSONS: Final = frozenset({"ticket", "reply", "rated"})
"""Kinds of rows that were made of a customer's ticket: they go when the customer is forgotten."""
ASKED: Final = frozenset({"ticket", "reply", "file"})
"""Kinds of rows that can be measured on: somebody asked, and somebody's answer was sent."""
_COPY: Final = re.compile(r"~(?:draft|pair|canary)\d+$")
_TURN: Final = re.compile(r"#\d+$")


@dataclass(frozen=True)
class Row:
    """`answer` is what the team wrote; `reply` is the number of the standard reply that it is a
    wording of. An `article` row asks with a sentence of an article instead of a customer's words.
    `passages` are (title, text) and `similar` (question, answer), best first, as search found them
    with the row itself left out. `turns`: the conversation before the answer as (role, text),
    oldest first, where there is more of it than the question. `system`: what a chat's row says
    before its turns. `customer`: the keyed hash of whose row it is, "" where nobody knows; `at`:
    when the answer was given (ISO 8601, UTC). Both decide on which side of a split a row stands.
    """

    key: str
    kind: Kind
    lang: str
    question: str
    answer: str
    reply: int = 0
    passages: tuple[tuple[str, str], ...] = ()
    similar: tuple[tuple[str, str], ...] = ()
    turns: tuple[tuple[str, str], ...] = ()
    system: str = ""
    customer: str = ""
    at: str = ""

    def prompt_input(self, *, company: str) -> PromptInput:
        return PromptInput(
            lang=self.lang,
            company=company,
            system=self.system,
            passages=tuple(Passage(*one) for one in self.passages),
            similar=tuple(PastAnswer(*one) for one in self.similar),
            turns=tuple(
                Turn("agent" if role == "agent" else "customer", text) for role, text in self.turns
            )
            or (Turn("customer", self.question),),
        )


@dataclass(frozen=True)
class Preference:
    """Two drafts for one message: agents liked `chosen` better than `rejected`, by `gap` stars (0
    where the reply that was sent stands against a draft that was not). `row` has the prompt; its
    answer is `chosen`."""

    row: Row
    chosen: str
    rejected: str
    gap: int = 0


@dataclass(frozen=True)
class Section:
    """A part of an article under one heading."""

    title: str
    heading: str
    text: str
    lang: str


@dataclass(frozen=True)
class Asked:
    """A past question, and the title of the article that it belongs to ("" where none is near)."""

    question: str
    title: str
    lang: str


@dataclass(frozen=True)
class Corpus:
    """What a base reads: articles, and past tickets' questions without their answers."""

    sections: tuple[Section, ...]
    asked: tuple[Asked, ...]


def lesson_of(key: str) -> str:
    """The name of the past answer that a row stands for: a draft of it, a pair, or a copy with a
    canary are the same lesson."""
    while (bare := _COPY.sub("", key)) != key:
        key = bare
    return key


def unit_of(row: Row) -> str:
    """What stands on one side of a split as a whole: a customer, else a conversation."""
    return row.customer or conversation_of(row.key)


def conversation_of(key: str) -> str:
    """The name without the number of the turn: that of the ticket's first past answer."""
    return _TURN.sub("", lesson_of(key))


def row_from(data: dict[str, Any]) -> Row:
    """A row as a file's line has it."""
    pairs: dict[str, Any] = {
        name: tuple((str(one[0]), str(one[1])) for one in data[name])
        for name in ("passages", "similar", "turns")
        if name in data
    }
    return Row(**(data | pairs))


def preference_from(data: dict[str, Any]) -> Preference:
    return Preference(**(data | {"row": row_from(data["row"])}))
