"""The prompt that training and serving share: one layout, one cut rule, one version.

Public entry: `render`. It turns what was found for a ticket (passages of articles, past answers
to similar questions, the conversation) into the text that a model reads, within a budget of
tokens. Nothing here knows a tokenizer, a model or the database: the caller brings `count_tokens`.

Why so: a tuned model is only as good as the likeness of its prompts in training and in use, so
both come from this function and every row that was made with it carries `PROMPT_VERSION`. Change
the layout and you change the version.

The layout is plain text. Each section begins with a line that starts with `###`; no text from
outside can hold that mark (`neutralise`), so a customer or an article cannot open a section. The
last section's head is the invocation: adapters of the activated kind wake up at its tokens. A
training row is tokens(text) + tokens(invocation) + tokens(answer) + end, each tokenised by itself,
so that the invocation's tokens are always found.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

PROMPT_VERSION: Final = "support-1"

MARK: Final = "###"
ARTICLE: Final = "### Article\n"
PAST_QUESTION: Final = "### Past question\n"
PAST_ANSWER: Final = "### Past answer\n"
CUSTOMER: Final = "### Customer\n"
AGENT: Final = "### Agent\n"
INVOCATION: Final = "### Reply\n"
SECTIONS: Final = (ARTICLE, PAST_QUESTION, PAST_ANSWER, CUSTOMER, AGENT, INVOCATION)

LANGUAGES: Final = {"fa": "Persian", "en": "English", "uk": "Ukrainian", "he": "Hebrew"}

Role = Literal["customer", "agent"]
CountTokens = Callable[[str], int]

# Below this many tokens an excerpt says nothing; it is left out instead of being cut to it.
_LEAST_EXCERPT: Final = 12
# No tokenizer in use spends fewer tokens than one for this many characters of running text, so
# longer texts are shortened to it before any counting: a ticket of 100,000 characters costs little.
_CHARS_PER_TOKEN: Final = 16

_MARKS = re.compile(r"#{3,}")
# Control tokens of the model families in use (Llama, Mistral, Gemma, ChatML): written by a
# customer they would otherwise become the token itself.
_CONTROLS = re.compile(
    r"<(?=\|[^|<>\n]{1,40}\|>|/?s>|/?(?:bos|eos|pad|unk|mask)>|<SYS>>|</SYS>>|(?:start|end)_of_turn>)"
    r"|\[(?=/?INST\])",
    re.IGNORECASE,
)
_BLANK_LINES = re.compile(r"\n\s*\n")


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
    """What a prompt is made of: passages and similar best first, turns oldest first."""

    lang: str
    passages: tuple[Passage, ...]
    similar: tuple[PastAnswer, ...]
    turns: tuple[Turn, ...]
    company: str = ""


@dataclass(frozen=True)
class Prompt:
    """The text to read, the invocation that follows it, and what of the input stands in it."""

    text: str
    invocation: str
    passages_used: int
    similar_used: int
    cut: bool
    version: str


class PromptError(ValueError):
    """There is nothing to answer, or the budget has no room for it. No fallback."""


def neutralise(text: str) -> str:
    """Text from outside as plain data: no section mark, no control token, no blank lines."""
    plain = _CONTROLS.sub(lambda found: "‹" if found.group() == "<" else "(", text.strip())
    return _BLANK_LINES.sub("\n", _MARKS.sub("##", plain))


def render(parts: PromptInput, *, count_tokens: CountTokens, budget: PromptBudget) -> Prompt:
    """The prompt for the last message of `parts.turns`, at most `budget.total` tokens.

    The head and the customer's last message always stay; a message that is longer than half of
    the budget keeps its beginning and its end. What is left is given out in this order: best
    passage, best similar answer, the turns before (latest first), the second passage, the second
    similar answer and so on. In the text the best of each kind stands last, nearest the question.

    Raises `PromptError` for no turn, or a budget that cannot hold the head and a question.
    """
    head = _head(parts)
    room = budget.total - count_tokens(head) - count_tokens(INVOCATION)
    question, question_cut = _last_turn(
        parts.turns, room=room, total=budget.total, count=count_tokens
    )
    room -= count_tokens(question)
    chosen = _Chosen(room=room, count=count_tokens)
    for kind, sections in _by_priority(parts, budget=budget, count=count_tokens):
        chosen.add(kind, sections)
    passages, similar, turns = (chosen.of(kind) for kind in ("passage", "similar", "turn"))
    # Each list was filled best (or latest) first.
    body = "".join([head, *reversed(passages), *reversed(similar), *reversed(turns), question])
    return Prompt(
        text=body,
        invocation=INVOCATION,
        passages_used=len(passages),
        similar_used=len(similar),
        cut=question_cut or chosen.refused,
        version=PROMPT_VERSION,
    )


class _Chosen:
    """Sections that found room, by kind; a refused turn ends the turns, to leave no gap."""

    def __init__(self, *, room: int, count: CountTokens) -> None:
        self._room = room
        self._count = count
        self._kept: list[tuple[str, str]] = []
        self._closed: set[str] = set()
        self.refused = False

    def add(self, kind: str, section: str) -> None:
        size = self._count(section)
        if kind in self._closed or size > self._room:
            self._closed.add(kind)
            self.refused = True
            return
        self._room -= size
        self._kept.append((kind, section))

    def of(self, kind: str) -> list[str]:
        return [section for owner, section in self._kept if owner == kind]


def _head(parts: PromptInput) -> str:
    language = LANGUAGES.get(parts.lang, neutralise(parts.lang)[:20])
    team = f" of {neutralise(parts.company)[:80]}" if parts.company else ""
    return f"Reply in {language} for the support team{team}.\n"


def _last_turn(
    turns: Sequence[Turn], *, room: int, total: int, count: CountTokens
) -> tuple[str, bool]:
    if not turns:
        raise PromptError("a prompt needs at least one message to answer")
    heading = _heading(turns[-1])
    limit = min(room, max(total // 2, 1)) - count(heading) - 1
    if limit < 1:
        raise PromptError(f"a budget of {total} tokens has no room for a question")
    whole = neutralise(turns[-1].text)
    text = _both_ends(whole, limit, count)
    return f"{heading}{text}\n", text != whole


def _heading(turn: Turn) -> str:
    return CUSTOMER if turn.role == "customer" else AGENT


def _by_priority(
    parts: PromptInput, *, budget: PromptBudget, count: CountTokens
) -> list[tuple[str, str]]:
    passages = [
        ("passage", section)
        for passage in parts.passages[: budget.passages]
        if (section := _passage(passage, limit=budget.passage_tokens, count=count))
    ]
    similar = [
        ("similar", section)
        for past in parts.similar[: budget.similar]
        if (section := _similar(past, budget=budget, count=count))
    ]
    earlier = [
        ("turn", f"{_heading(turn)}{_both_ends(neutralise(turn.text), limit, count)}\n")
        for limit in [max(budget.total // 4, 1)]
        for turn in reversed(parts.turns[:-1])
    ]
    ordered = passages[:1] + similar[:1] + earlier
    for place in range(1, max(len(passages), len(similar))):
        ordered += passages[place : place + 1] + similar[place : place + 1]
    return ordered


def _passage(passage: Passage, *, limit: int, count: CountTokens) -> str:
    title = " ".join(neutralise(passage.title).split())
    text = _beginning(neutralise(passage.text), limit, count)
    return f"{ARTICLE}{title}\n{text}\n" if text and limit >= _LEAST_EXCERPT else ""


def _similar(past: PastAnswer, *, budget: PromptBudget, count: CountTokens) -> str:
    answer = _beginning(neutralise(past.answer), budget.answer_tokens, count)
    if not answer:
        return ""
    question = _beginning(neutralise(past.question), budget.question_tokens, count)
    asked = f"{PAST_QUESTION}{question}\n" if question else ""
    return f"{asked}{PAST_ANSWER}{answer}\n"


def _beginning(text: str, limit: int, count: CountTokens) -> str:
    """The longest run of whole words from the start of `text` within `limit` tokens."""
    if limit < 1:
        return ""
    short = text[: limit * _CHARS_PER_TOKEN]
    if len(short) == len(text) and count(text) <= limit:
        return text
    ends = [found.end() for found in re.finditer(r"\S+", short)]
    if ends and count(short[: ends[0]]) > limit:
        ends = list(range(ends[0]))  # one unbroken word: cut inside it
    return short[: _largest(ends, lambda end: count(short[:end]) <= limit)] if ends else ""


def _both_ends(text: str, limit: int, count: CountTokens) -> str:
    """Text within `limit` tokens: whole, or about its first two thirds, `…`, and its end."""
    if len(text) <= limit * _CHARS_PER_TOKEN and count(text) <= limit:
        return text
    first = _beginning(text, limit * 2 // 3, count)
    tail = text[max(len(first), len(text) - limit * _CHARS_PER_TOKEN) :]
    starts = [found.start() for found in re.finditer(r"\S+", tail)][::-1]
    if not starts:
        return first
    last = tail[_largest(starts, lambda start: count(f"{first} … {tail[start:]}") <= limit) :]
    both = f"{first} … {last}"
    return both if count(both) <= limit else first


def _largest(ordered: Sequence[int], fits: Callable[[int], bool]) -> int:
    """The last of `ordered` that fits (each longer than the one before), the first if none does."""
    low, high = 0, len(ordered) - 1
    while low < high:
        middle = (low + high + 1) // 2
        if fits(ordered[middle]):
            low = middle
        else:
            high = middle - 1
    return ordered[low]
