"""From a row to token ids: the prompt as serving makes it, and the answer.

Public entries: `example`, `TokenCounter`, `of_like_length`. The rows of each step come from
`training.methods.batches`. No torch here.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from llm.engine.tokens import opening_ids, plain_ids, prompt_ids
from llm.prompts import PromptError, layout_of, render
from training.datasets import Row
from training.recipes import Recipe, RecipeError

WINDOW: Final = 12
"""Steps whose rows are made together, so that rows of like length share one."""


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


def example(
    row: Row,
    *,
    tokenizer: Any,
    count: Callable[[str], int],
    recipe: Recipe,
    company: str,
    room: int | None = None,
) -> Example:
    """One row as it stands, in `room` (else `text.max_tokens`) if its answer allows."""
    try:
        prompt = render(
            row.prompt_input(company=company),
            count_tokens=count,
            budget=recipe.prompt.as_budget(),
            layout=recipe.text.layout,
        )
    except PromptError as error:
        raise RecipeError(f"Recipe {recipe.name}: {error}; raise prompt.budget.") from error
    ids = prompt_ids(tokenizer, prompt)
    opening = opening_ids(tokenizer)
    text = ids.context[len(opening) :]
    opening = opening if recipe.text.begin else []
    answer = answer_ids(row, tokenizer=tokenizer, recipe=recipe)
    learned = min(len(answer), recipe.schedule.max_answer_tokens)
    left = (room or recipe.text.max_tokens) - len(opening) - len(ids.invocation) - learned
    return Example(
        context=[*opening, *text[max(len(text) - max(left, 0), 0) :]],
        invocation=ids.invocation,
        answer=answer,
    )


def answer_ids(row: Row, *, tokenizer: Any, recipe: Recipe) -> list[int]:
    """The answer as the layout writes it, behind it the end token."""
    ids = plain_ids(tokenizer, layout_of(recipe.text.layout).written(row.answer))
    end = tokenizer.eos_token_id
    return [*ids, end] if recipe.text.end and end is not None else ids


def of_like_length(made: list[Example], size: int, chance: random.Random) -> list[list[Example]]:
    """Steps of `size` examples of like length, in a shuffled order."""
    ordered = sorted(made, key=len)
    parts = [ordered[at : at + size] for at in range(0, len(ordered), size)]
    chance.shuffle(parts)
    return parts
