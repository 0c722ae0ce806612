"""The rows of each step of a tuning run, each time a little different.

Public entries: `TuningBatches`, `validation_examples`, `Packed`. Whatever a row is, it
fits into `text.max_tokens`: a long one loses the beginning of its context, and one whose answer
does not fit is left out and counted. All chance comes from the recipe's seed and the step's number.
No torch here.
"""

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from llm.engine.tokens import opening_ids, plain_ids
from llm.prompts import layout_of
from runtime.errors import InputError
from training.datasets import Row
from training.methods.examples import (
    WINDOW,
    Example,
    TokenCounter,
    answer_ids,
    example,
    of_like_length,
)
from training.methods.packing import packed_by_length
from training.methods.varying import Archive, drawing, in_epochs, order_of, varied
from training.recipes import Recipe

TOO_LONG: Final = "too_long"
EMPTY: Final = "empty"


class NothingFits(InputError):
    """No row is left to learn from."""


@dataclass(frozen=True)
class Packed:
    """Examples that share a line of `text.max_tokens`; none of them sees another."""

    examples: tuple[Example, ...]

    def __len__(self) -> int:
        return sum(map(len, self.examples))


class TuningBatches:
    """What a tuning run reads, step by step: `at(step)` gives the same examples whenever asked.

    With `schedule.steps` rows are drawn without end, each reply as often as every other; with
    `schedule.epochs` every row comes once in each, in a new order. Rows of like length go together
    within a window of twelve steps, so that little is padded. With `text.packing` a step's rows are
    lines of several rows. `left_out`: the rows that do not fit, by reason.

    Raises `NothingFits`.
    """

    def __init__(
        self,
        rows: Sequence[Row],
        *,
        recipe: Recipe,
        tokenizer: Any,
        company: str,
        room: int | None = None,
    ) -> None:
        """`room`: the most that the base reads, where that is less than `text.max_tokens`."""
        schedule = recipe.schedule
        self._recipe, self._company = recipe, company
        self._tokenizer, self._count = tokenizer, TokenCounter(tokenizer)
        self._room = min(recipe.text.max_tokens, room or recipe.text.max_tokens)
        self._rows, self.left_out = self._fitting(rows)
        self._archive = Archive(self._rows)
        self._draw = None if schedule.epochs else drawing(self._rows, recipe.rows)
        self._size = schedule.batch * schedule.accumulation
        self._lines: list[list[int]] = []
        if recipe.text.packing and schedule.epochs:
            self._lines = self._planned()
        places = len(self._lines) or schedule.epochs * len(self._rows)
        self.steps = schedule.steps or max(1, math.ceil(places / self._size))
        self._window: tuple[int, list[list[Any]]] = (-1, [])

    def at(self, step: int) -> Sequence[Any]:
        number = step // WINDOW
        if self._window[0] != number:
            self._window = (number, self._made(number))
        return self._window[1][step % WINDOW]

    def _fitting(self, rows: Sequence[Row]) -> tuple[list[Row], dict[str, int]]:
        kept = []
        left_out: dict[str, int] = {}
        for row in rows:
            why = self._why_not(row)
            if why:
                left_out[why] = left_out.get(why, 0) + 1
            else:
                kept.append(row)
        if not kept:
            raise NothingFits(_nothing_left(rows, left_out, self._room))
        return kept, left_out

    def _why_not(self, row: Row) -> str:
        if not row.answer.strip() or not (row.question.strip() or row.turns):
            return EMPTY
        around = len(self._count_marks())
        written = layout_of(self._recipe.text.layout).written(row.answer)
        if len(written.encode()) + around + 1 <= self._room:  # no token is under a byte
            return ""
        answer = len(answer_ids(row, tokenizer=self._tokenizer, recipe=self._recipe))
        learned = min(answer, self._recipe.schedule.max_answer_tokens)
        return TOO_LONG if learned + around > self._room else ""

    def _count_marks(self) -> list[int]:
        opening = opening_ids(self._tokenizer) if self._recipe.text.begin else []
        invocation = layout_of(self._recipe.text.layout).invocation
        return [*opening, *plain_ids(self._tokenizer, invocation), 0]

    def _made(self, number: int) -> list[list[Any]]:
        chance = random.Random(f"{self._recipe.seed}:{number}")  # noqa: S311 - reproducible
        steps = min(WINDOW, self.steps - number * WINDOW)
        first, count = number * WINDOW * self._size, steps * self._size
        if self._recipe.text.packing:
            lines = self._packed(first, count, chance)
            return [lines[at : at + self._size] for at in range(0, len(lines), self._size)]
        chosen = (
            [self._draw(chance) for _ in range(count)]
            if self._draw
            else in_epochs(self._rows, first, count, seed=self._recipe.seed)
        )
        made = [self._example(row, chance) for row in chosen]
        parts = of_like_length(made, self._size, chance)
        return [self._opened(part, chance) for part in parts]

    def _packed(self, first: int, count: int, chance: random.Random) -> list[Packed]:
        if self._draw is None:
            # The last step is filled up from the beginning.
            places = [place % len(self._lines) for place in range(first, first + count)]
            rows = [[self._rows[one] for one in self._lines[place]] for place in places]
            lines = [[self._example(row, chance) for row in line] for line in rows]
        else:
            lines = self._drawn(count, chance)
        opened = [self._opened(line, chance) for line in lines]
        return [Packed(_fitted(line, self._room)) for line in opened]

    def _drawn(self, count: int, chance: random.Random) -> list[list[Example]]:
        """`count` lines of rows that are drawn until the next does not fit."""
        assert self._draw is not None
        lines: list[list[Example]] = []
        waiting = self._example(self._draw(chance), chance)
        while len(lines) < count:
            line, used = [waiting], len(waiting)
            while True:
                waiting = self._example(self._draw(chance), chance)
                if used + len(waiting) > self._room:
                    break
                line.append(waiting)
                used += len(waiting)
            lines.append(line)
        return lines

    def _planned(self) -> list[list[int]]:
        """Which rows share a line, epoch after epoch, by the rows' lengths as they stand."""
        chance = random.Random(0)  # noqa: S311 - not used: nothing is varied
        sizes = [len(self._opened([self._plain(row)], chance)[0]) for row in self._rows]
        lines: list[list[int]] = []
        for epoch in range(math.ceil(self._recipe.schedule.epochs)):
            order = order_of(len(self._rows), epoch, seed=self._recipe.seed)
            share = min(1.0, self._recipe.schedule.epochs - epoch)
            order = order[: math.ceil(share * len(order))]
            made = packed_by_length([sizes[one] for one in order], self._room)
            epoch_lines = [[order[place] for place in line] for line in made]
            random.Random(f"{self._recipe.seed}:lines:{epoch}").shuffle(epoch_lines)  # noqa: S311
            lines += epoch_lines
        return lines

    def _plain(self, row: Row) -> Example:
        return example(
            row,
            tokenizer=self._tokenizer,
            count=self._count,
            recipe=self._recipe,
            company=self._company,
            room=self._room,
        )

    def _example(self, row: Row, chance: random.Random) -> Example:
        return self._plain(varied(row, self._recipe.rows, self._archive, chance))

    def _opened(self, part: list[Example], chance: random.Random) -> list[Example]:
        schedule = self._recipe.schedule
        opening = chance.random() < schedule.openings
        longest = schedule.opening_tokens if opening else schedule.max_answer_tokens
        return [replace(one, answer=one.answer[:longest]) for one in part]


def validation_examples(
    rows: Sequence[Row],
    *,
    recipe: Recipe,
    tokenizer: Any,
    company: str,
    room: int | None = None,
) -> list[Example]:
    """The rows as they stand, for the loss that is watched; those that do not fit are not in it."""
    try:
        held = TuningBatches(rows, recipe=recipe, tokenizer=tokenizer, company=company, room=room)
    except NothingFits:
        return []
    longest = recipe.schedule.max_answer_tokens
    made = [held._plain(row) for row in held._rows]
    return sorted((replace(one, answer=one.answer[:longest]) for one in made), key=len)


def _fitted(line: list[Example], room: int) -> tuple[Example, ...]:
    """Rows in other words can be a little longer than planned: the longest context gives way, and
    where that is not enough the last row."""
    while (over := sum(map(len, line)) - room) > 0:
        longest = max(range(len(line)), key=lambda place: len(line[place].context))
        context = line[longest].context
        if over >= len(context) and len(line) > 1:
            line = line[:-1]
            continue
        line = [
            replace(one, context=context[over:]) if place == longest else one
            for place, one in enumerate(line)
        ]
    return tuple(line)


def _nothing_left(rows: Sequence[Row], left_out: dict[str, int], room: int) -> str:
    if left_out.get(TOO_LONG):
        return (
            f"None of the {len(rows)} rows fits: {left_out[TOO_LONG]} have an answer of more than "
            f"{room} tokens; raise text.max_tokens or lower schedule.max_answer_tokens in the "
            "recipe."
        )
    return "There are no rows to learn from; check rows.sources in the recipe and the data set."
