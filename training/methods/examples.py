"""From rows to token ids: the prompts as serving makes them, each time a little different.

Public entries: `tuning_examples`, `by_length`, `TokenCounter`. A row is varied before it is
rendered: the question in other words, the similar answers as a fuller archive would have given
them, or fewer of them. All chance comes from one seeded generator. No torch here.
"""

import itertools
import random
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from llm.engine.tokens import plain_ids, prompt_ids
from llm.prompts import PromptBudget, render
from training.datasets import Row
from training.recipes import Recipe, Rows
from training.wordings import reword

_WINDOW: Final = 12


@dataclass(frozen=True)
class Example:
    """`context` is read by the base alone; the adapter is at work from `invocation` on and learns
    `answer`."""

    context: list[int]
    invocation: list[int]
    answer: list[int]


class TokenCounter:
    """`count_tokens` for `render`, remembering what it counted: passages come again and again."""

    def __init__(self, tokenizer: Any) -> None:
        self._tokenizer = tokenizer
        self._known: dict[str, int] = {}

    def __call__(self, text: str) -> int:
        known = self._known.get(text)
        if known is None:
            if len(self._known) > 500_000:
                self._known.clear()
            known = self._known[text] = len(plain_ids(self._tokenizer, text))
        return known


def tuning_examples(
    rows: Sequence[Row], *, recipe: Recipe, tokenizer: Any, company: str
) -> Iterator[Example]:
    """Endless examples in an order that the recipe's seed decides."""
    chance = random.Random(recipe.seed)  # noqa: S311 - reproducible, not secret
    draw = _drawing(rows, share=recipe.rows.article_share)
    archive = _Archive(rows)
    count, budget = TokenCounter(tokenizer), recipe.prompt.as_budget()
    while True:
        varied = _varied(draw(chance), recipe.rows, archive, chance)
        yield example(varied, tokenizer=tokenizer, count=count, budget=budget, company=company)


def example(
    row: Row, *, tokenizer: Any, count: Callable[[str], int], budget: PromptBudget, company: str
) -> Example:
    """One row as it stands."""
    prompt = render(row.prompt_input(company=company), count_tokens=count, budget=budget)
    ids = prompt_ids(tokenizer, prompt)
    answer = [*plain_ids(tokenizer, row.answer), tokenizer.eos_token_id]
    return Example(context=ids.context, invocation=ids.invocation, answer=answer)


def by_length(examples: Iterator[Example], *, size: int, seed: int) -> Iterator[list[Example]]:
    """Batches of `size` examples of like length, so that little is padded: sorted within a window
    of twelve batches, which then come in a shuffled order."""
    chance = random.Random(seed)  # noqa: S311 - reproducible, not secret
    while True:
        window = list(itertools.islice(examples, size * _WINDOW))
        window.sort(key=lambda one: len(one.context) + len(one.answer))
        parts = [window[at : at + size] for at in range(0, len(window), size)]
        chance.shuffle(parts)
        yield from parts


def _drawing(rows: Sequence[Row], *, share: float) -> Callable[[random.Random], Row]:
    """Every reply is drawn as often as every other, whatever the number of its rows: a desk's
    archive has a hundred times more of its commonest question than of its rarest."""
    pools: dict[str, list[list[Row]]] = {}
    for kind in ("ticket", "article"):
        by_reply = defaultdict(list)
        for row in rows:
            if row.kind == kind:
                by_reply[row.reply].append(row)
        pools[kind] = list(by_reply.values())

    def draw(chance: random.Random) -> Row:
        kind = "article" if pools["article"] and chance.random() < share else "ticket"
        return chance.choice(chance.choice(pools[kind]))

    return draw


class _Archive:
    """The past tickets by their standard reply."""

    def __init__(self, rows: Sequence[Row]) -> None:
        self._rows: dict[int, list[Row]] = defaultdict(list)
        self._reply_of: dict[str, int] = {}
        for row in rows:
            if row.kind == "ticket":
                self._rows[row.reply].append(row)
                self._reply_of.setdefault(row.answer, row.reply)

    def another(self, row: Row, *, answer: str, chance: random.Random) -> tuple[str, str] | None:
        """Question and answer of any ticket with the reply that `answer` is a wording of, but not
        `row` itself."""
        reply = self._reply_of.get(answer)
        if reply is None:
            return None
        others = [one for one in self._rows[reply] if one.key != row.key]
        if not others:
            return None
        other = chance.choice(others)
        return other.question, other.answer


def _varied(row: Row, settings: Rows, archive: _Archive, chance: random.Random) -> Row:
    similar = list(row.similar)
    for place, pair in enumerate(similar):
        # What a prompt shows must be recognised by its reply, not remembered by its wording.
        if chance.random() < settings.retold:
            similar[place] = archive.another(row, answer=pair[1], chance=chance) or pair
    if chance.random() < settings.likely_reply:
        likely = archive.another(row, answer=row.answer, chance=chance)
        similar = [likely, *similar][: max(len(similar), 1)] if likely else similar
    passages = list(row.passages)
    if chance.random() < settings.poor_context:
        similar = similar[: chance.randrange(len(similar) + 1)]
        passages = passages[: chance.randrange(len(passages) + 1)]
    return replace(
        row,
        question=reword(row.question, settings.wording, chance=chance),
        similar=tuple(similar),
        passages=tuple(passages),
    )
