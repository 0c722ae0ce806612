"""From rows to token ids: the prompts as serving makes them, each time a little different.

Public entries: `TuningBatches`, `of_like_length`, `example`, `TokenCounter`. A row is varied before
it is rendered: the question in other words, the similar answers as a fuller archive would have
given them, or fewer of them. All chance comes from one seeded generator. No torch here.
"""

import math
import random
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from llm.engine.tokens import plain_ids, prompt_ids
from llm.prompts import render
from training.datasets import Row
from training.recipes import Recipe, Rows
from training.wordings import reword

WINDOW: Final = 12


@dataclass(frozen=True)
class Example:
    """`context` is read by the base alone; the adapter is at work from `invocation` on and learns
    `answer`."""

    context: list[int]
    invocation: list[int]
    answer: list[int]

    def __len__(self) -> int:
        return len(self.context) + len(self.invocation) + len(self.answer)


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


class TuningBatches:
    """What a tuning run reads, step by step: `at(step)` gives the same examples whenever asked.

    With `schedule.steps` rows are drawn without end, each reply as often as every other; with
    `schedule.epochs` every row comes once in each, in a new order. Rows of like length go together
    within a window of twelve steps, so that little is padded.
    """

    def __init__(
        self, rows: Sequence[Row], *, recipe: Recipe, tokenizer: Any, company: str
    ) -> None:
        schedule = recipe.schedule
        self._recipe, self._rows, self._company = recipe, rows, company
        self._tokenizer, self._count = tokenizer, TokenCounter(tokenizer)
        self._archive = _Archive(rows)
        self._draw = None if schedule.epochs else _drawing(rows, recipe.rows)
        self._size = schedule.batch * schedule.accumulation
        self.steps = schedule.steps or max(1, math.ceil(schedule.epochs * len(rows) / self._size))
        self._window: tuple[int, list[list[Example]]] = (-1, [])

    def at(self, step: int) -> Sequence[Example]:
        number = step // WINDOW
        if self._window[0] != number:
            self._window = (number, self._made(number))
        return self._window[1][step % WINDOW]

    def _made(self, number: int) -> list[list[Example]]:
        chance = random.Random(f"{self._recipe.seed}:{number}")  # noqa: S311 - reproducible
        first = number * WINDOW
        count = min(WINDOW, self.steps - first) * self._size
        chosen = (
            [self._draw(chance) for _ in range(count)]
            if self._draw
            else _in_epochs(self._rows, first * self._size, count, seed=self._recipe.seed)
        )
        made = [self._example(row, chance) for row in chosen]
        parts = of_like_length(made, self._size, chance)
        return [self._opened(part, chance) for part in parts]

    def _example(self, row: Row, chance: random.Random) -> Example:
        varied = _varied(row, self._recipe.rows, self._archive, chance)
        return example(
            varied,
            tokenizer=self._tokenizer,
            count=self._count,
            recipe=self._recipe,
            company=self._company,
        )

    def _opened(self, part: list[Example], chance: random.Random) -> list[Example]:
        schedule = self._recipe.schedule
        opening = chance.random() < schedule.openings
        longest = schedule.opening_tokens if opening else schedule.max_answer_tokens
        return [replace(one, answer=one.answer[:longest]) for one in part]


def example(
    row: Row, *, tokenizer: Any, count: Callable[[str], int], recipe: Recipe, company: str
) -> Example:
    """One row as it stands."""
    prompt = render(
        row.prompt_input(company=company),
        count_tokens=count,
        budget=recipe.prompt.as_budget(),
        layout=recipe.text.layout,
    )
    ids = prompt_ids(tokenizer, prompt)
    answer = [*plain_ids(tokenizer, row.answer), tokenizer.eos_token_id]
    return Example(context=ids.context, invocation=ids.invocation, answer=answer)


def of_like_length(made: list[Example], size: int, chance: random.Random) -> list[list[Example]]:
    """Steps of `size` examples of like length, in a shuffled order."""
    ordered = sorted(made, key=len)
    parts = [ordered[at : at + size] for at in range(0, len(ordered), size)]
    chance.shuffle(parts)
    return parts


def _in_epochs(rows: Sequence[Row], first: int, count: int, *, seed: int) -> list[Row]:
    """`count` rows from place `first` of an endless list of epochs, each in an order of its own."""
    orders: dict[int, list[int]] = {}
    found = []
    for place in range(first, first + count):
        epoch, at = divmod(place, len(rows))
        if epoch not in orders:
            orders[epoch] = list(range(len(rows)))
            random.Random(f"{seed}:epoch:{epoch}").shuffle(orders[epoch])  # noqa: S311
        found.append(rows[orders[epoch][at]])
    return found


def _drawing(rows: Sequence[Row], settings: Rows) -> Callable[[random.Random], Row]:
    """Every reply is drawn as often as every other, whatever the number of its rows: a desk's
    archive has a hundred times more of its commonest question than of its rarest."""
    pools: dict[str, list[list[Row]]] = {}
    for kind in ("article", "reply", "other"):
        by_reply = defaultdict(list)
        for row in rows:
            if (row.kind if row.kind in ("article", "reply") else "other") == kind:
                by_reply[row.reply].append(row)
        pools[kind] = list(by_reply.values())
    shares = {"article": settings.article_share, "reply": settings.reply_share}
    held = [kind for kind in pools if pools[kind]]
    rest = [kind for kind in held if not shares.get(kind)] or held

    def draw(chance: random.Random) -> Row:
        place, below = chance.random(), 0.0
        for kind, share in shares.items():
            below += share
            if pools[kind] and below - share <= place < below:
                return chance.choice(chance.choice(pools[kind]))
        usual = "other" if "other" in rest else rest[0]
        return chance.choice(chance.choice(pools[usual]))

    return draw


class _Archive:
    """The past tickets by their standard reply."""

    def __init__(self, rows: Sequence[Row]) -> None:
        self._rows: dict[int, list[Row]] = defaultdict(list)
        self._reply_of: dict[str, int] = {}
        for row in rows:
            if row.kind != "article":
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
