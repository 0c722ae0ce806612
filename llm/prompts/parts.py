"""What a prompt is made of, and what comes out."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

Role = Literal["customer", "agent"]
Kind = Literal["passage", "similar"]
CountTokens = Callable[[str], int]


@dataclass(frozen=True)
class Passage:
    """A part of an article, as search found it."""

    title: str
    text: str


@dataclass(frozen=True)
class PastAnswer:
    """What the team answered to a similar question."""

    question: str
    answer: str


@dataclass(frozen=True)
class Turn:
    """One message of the conversation."""

    role: Role
    text: str


@dataclass(frozen=True)
class PromptBudget:
    """How many tokens a prompt may hold, and how many items and tokens each kind may take."""

    total: int = 1500
    passages: int = 4
    similar: int = 3
    passage_tokens: int = 220
    question_tokens: int = 60
    answer_tokens: int = 120


@dataclass(frozen=True)
class PromptInput:
    """What a prompt is made of: passages and similar best first, turns oldest first. `tone` in a
    few English words, "" for the layout's own. `system`: what is told before the conversation
    instead of the layout's own words, where the layout has room for it (the support layouts have
    none). `rewording`: one of `llm.prompts.rewording.KINDS`; the only turn is then a draft that is
    to be said another way."""

    lang: str
    passages: tuple[Passage, ...]
    similar: tuple[PastAnswer, ...]
    turns: tuple[Turn, ...]
    company: str = ""
    tone: str = ""
    system: str = ""
    rewording: str = ""


@dataclass(frozen=True)
class Prompt:
    """The text to read, the invocation that follows it, and what of the input stands in it.

    `cut`: something found no room, or the question was shortened. `numbers`: which source stands
    under which number, the first under 1: its kind and its place in the input; empty where the
    layout numbers nothing. `head`: the beginning of `text` that is ours, without a word from
    outside but the company's name.
    """

    text: str
    invocation: str
    passages_used: int
    similar_used: int
    cut: bool
    version: str
    numbers: tuple[tuple[Kind, int], ...] = ()
    head: str = ""


class PromptError(ValueError):
    """There is nothing to answer, or the budget has no room for it. No fallback."""
