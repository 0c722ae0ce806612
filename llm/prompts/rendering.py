"""From what was found to the prompt: `render`, and `messages` for chat servers."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from llm.prompts.cutting import beginning, both_ends
from llm.prompts.layout import NUMBER, Around, Layout
from llm.prompts.layouts import PROMPT_VERSION, layout_of
from llm.prompts.parts import (
    CountTokens,
    Kind,
    Passage,
    PastAnswer,
    Prompt,
    PromptBudget,
    PromptError,
    PromptInput,
    Turn,
)
from llm.prompts.rewording import for_rewording

# Below this many tokens an excerpt says nothing; it is left out instead of being cut to it.
_LEAST_EXCERPT: Final = 12


@dataclass(frozen=True)
class _Section:
    """`heads` and `bodies` with `NUMBER` in the heads where the layout has one."""

    kind: Literal["passage", "similar", "turn"]
    heads: tuple[str, ...]
    bodies: tuple[str, ...]
    place: int = 0

    def text(self, number: int) -> str:
        pairs = zip(self.heads, self.bodies, strict=True)
        return "".join(head.replace(NUMBER, str(number)) + body for head, body in pairs)


def render(
    parts: PromptInput,
    *,
    count_tokens: CountTokens,
    budget: PromptBudget,
    layout: str = PROMPT_VERSION,
) -> Prompt:
    """The prompt for the last message of `parts.turns`, at most `budget.total` tokens.

    The head and the customer's last message always stay; a message that is longer than half of
    the budget keeps its beginning and its end. What is left is given out in this order: best
    passage, best similar answer, the turns before (latest first), the second passage, the second
    similar answer and so on. In the text the best of each kind stands last, nearest the question;
    numbers go from the best passage on, then through the similar answers.

    Raises `PromptError` for no turn, or a budget that cannot hold the head and a question, and
    `UnknownLayout`.
    """
    its = for_rewording(layout_of(layout)) if parts.rewording else layout_of(layout)
    head = its.head(parts)
    room = budget.total - count_tokens(head) - count_tokens(its.invocation)
    share = 1 if parts.rewording else 2  # a draft that is reworded is all that there is to read
    question, question_cut = _last_turn(
        parts.turns, room=room, total=budget.total, share=share, count=count_tokens, layout=its
    )
    room -= count_tokens(question)
    if its.shows_sources and (parts.passages or parts.similar):
        room -= sum(count_tokens(mark) for mark in its.sources if mark)
    widest = min(len(parts.passages), budget.passages) + min(len(parts.similar), budget.similar)
    chosen = _Chosen(room=room, count=count_tokens, widest=widest)
    for section in _by_priority(parts, budget=budget, count=count_tokens, layout=its):
        chosen.add(section)
    passages, similar = chosen.of("passage"), chosen.of("similar")
    numbered = [(one, number) for number, one in enumerate([*passages, *similar], start=1)]
    # Each list was filled best (or latest) first.
    sources = numbered[: len(passages)][::-1] + numbered[len(passages) :][::-1]
    body = [section.text(number) for section, number in sources]
    body = [its.sources.before, *body, its.sources.behind] if body else []
    body += [turn.text(0) for turn in reversed(chosen.of("turn"))]
    return Prompt(
        text="".join([head, *body, question]),
        invocation=its.invocation,
        passages_used=len(passages),
        similar_used=len(similar),
        cut=question_cut or chosen.refused,
        version=its.name,
        numbers=_numbers(passages, similar) if its.numbered else (),
        head=head,
    )


def messages(prompt: Prompt) -> list[dict[str, str]]:
    """For a chat server: what is ours is the system's message, what is data the user's."""
    return [
        {"role": "system", "content": prompt.head.strip()},
        {"role": "user", "content": prompt.text[len(prompt.head) :].strip()},
    ]


def _numbers(
    passages: Sequence[_Section], similar: Sequence[_Section]
) -> tuple[tuple[Kind, int], ...]:
    of_passages: list[tuple[Kind, int]] = [("passage", one.place) for one in passages]
    return (*of_passages, *(("similar", one.place) for one in similar))


class _Chosen:
    """Sections that found room, by kind; a refused one ends its kind, to leave no gap."""

    def __init__(self, *, room: int, count: CountTokens, widest: int) -> None:
        self._room = room
        self._count = count
        self._widest = widest
        self._kept: list[_Section] = []
        self._closed: set[str] = set()
        self.refused = False

    def add(self, section: _Section) -> None:
        size = self._count(section.text(self._widest))
        if section.kind in self._closed or size > self._room:
            self._closed.add(section.kind)
            self.refused = True
            return
        self._room -= size
        self._kept.append(section)

    def of(self, kind: str) -> list[_Section]:
        return [section for section in self._kept if section.kind == kind]


def _last_turn(
    turns: Sequence[Turn], *, room: int, total: int, share: int, count: CountTokens, layout: Layout
) -> tuple[str, bool]:
    if not turns:
        raise PromptError("a prompt needs at least one message to answer")
    around = _around(turns[-1], layout)
    closing = 1 if around.behind == "\n" else count(around.behind)
    limit = min(room, max(total // share, 1)) - count(around.before) - closing
    if limit < 1:
        raise PromptError(f"a budget of {total} tokens has no room for a question")
    whole = layout.outside(turns[-1].text)
    text = both_ends(whole, limit, count)
    return f"{around.before}{text}{around.behind}", text != whole


def _around(turn: Turn, layout: Layout) -> Around:
    return layout.customer if turn.role == "customer" else layout.agent


def _by_priority(
    parts: PromptInput, *, budget: PromptBudget, count: CountTokens, layout: Layout
) -> list[_Section]:
    shown = layout.shows_sources
    passages = [
        section
        for place, passage in enumerate(parts.passages[: budget.passages if shown else 0])
        if (section := _passage(passage, place, budget=budget, count=count, layout=layout))
    ]
    similar = [
        section
        for place, past in enumerate(parts.similar[: budget.similar if shown else 0])
        if (section := _similar(past, place, budget=budget, count=count, layout=layout))
    ]
    limit = max(budget.total // 4, 1)
    earlier = [
        _Section("turn", (around.before,), (f"{both_ends(text, limit, count)}{around.behind}",))
        for turn in reversed(parts.turns[:-1])
        for text, around in [(layout.outside(turn.text), _around(turn, layout))]
    ]
    ordered = passages[:1] + similar[:1] + earlier
    for place in range(1, max(len(passages), len(similar))):
        ordered += passages[place : place + 1] + similar[place : place + 1]
    return ordered


def _passage(
    passage: Passage, place: int, *, budget: PromptBudget, count: CountTokens, layout: Layout
) -> _Section | None:
    limit = budget.passage_tokens
    title = " ".join(layout.elsewhere(passage.title).split())
    text = beginning(layout.elsewhere(passage.text), limit, count)
    if not text or limit < _LEAST_EXCERPT:
        return None
    return _Section("passage", (layout.article,), (f"{title}\n{text}\n",), place)


def _similar(
    past: PastAnswer, place: int, *, budget: PromptBudget, count: CountTokens, layout: Layout
) -> _Section | None:
    answer = beginning(layout.elsewhere(past.answer), budget.answer_tokens, count)
    if not answer:
        return None
    question = beginning(layout.elsewhere(past.question), budget.question_tokens, count)
    asked = ((layout.past_question, f"{question}\n"),) if question else ()
    heads, bodies = zip(*asked, (layout.past_answer, f"{answer}\n"), strict=True)
    return _Section("similar", heads, bodies, place)
