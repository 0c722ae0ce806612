"""The checks before training: what the rows are like, and what of them a run will use.

Public entries: `Checks` (as data for the snapshot, as lines for people), `lengths`, `looked_at`.
Lengths are those of the whole text as the method reads it: with the tokenizer exactly, without one
a third of the characters. A row that is longer than the recipe's limit loses the beginning of its
context; one whose answer does not fit is left out, and both are said before the run, since a
trainer that only cuts drops the second kind without a word.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from llm.prompts import PromptError, render
from training.datasets.nearness import duplicates
from training.datasets.rows import Row
from training.recipes import Recipe, RecipeError

CHARACTERS: Final = 3
"""To a token, where there is no tokenizer to ask."""


@dataclass(frozen=True)
class Lengths:
    """In tokens of whole rows. `cut`: rows that lose a part of their context; `shortened`: whose
    answer loses its end (schedule.max_answer_tokens); `dropped`: whose answer does not fit at all;
    `exact`: counted with the base's own tokenizer."""

    rows: int = 0
    median: int = 0
    p95: int = 0
    longest: int = 0
    limit: int = 0
    cut: int = 0
    shortened: int = 0
    dropped: int = 0
    exact: bool = False


@dataclass(frozen=True)
class Checks:
    """`left_out`: rows by the reason why they are not learned from. `leaks`: rows of training that
    the holdout or the validation rows would be known from: 0, or nothing is trained. `masked`:
    values that the last privacy scan still found, by type, without the canaries."""

    lengths: Lengths = field(default_factory=Lengths)
    same: int = 0
    nearly_same: int = 0
    left_out: Mapping[str, int] = field(default_factory=dict)
    leaks: int = 0
    languages: Mapping[str, int] = field(default_factory=dict)
    kinds: Mapping[str, int] = field(default_factory=dict)
    scanned: int = 0
    masked: Mapping[str, int] = field(default_factory=dict)
    canaries: int = 0

    def as_data(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> "Checks":
        known = {name: data[name] for name in cls.__dataclass_fields__ if name in data}
        return cls(**{**known, "lengths": Lengths(**data.get("lengths", {}))})

    def lines(self) -> list[str]:
        """What a person reads."""
        size = self.lengths
        by = "" if size.exact else ", by their characters"
        return [
            f"Rows: {_counts(self.kinds)}; languages: {_counts(self.languages)}",
            f"Tokens a row{by}: median {size.median}, 95% up to {size.p95}, longest {size.longest}",
            f"Limit {size.limit}: {size.cut} rows lose context, {size.dropped} are left out;"
            f" {size.shortened} answers are shortened",
            f"Duplicates: {self.same} the same, {self.nearly_same} nearly the same",
            f"Left out for the holdout: {_counts(self.left_out)}; leaks: {self.leaks}",
            f"Privacy: {self.scanned} texts read, masked: {_counts(self.masked)};"
            f" canaries masked: {self.canaries}",
        ]


def _counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in sorted(counts.items())) or "none"


def looked_at(rows: Sequence[Row]) -> dict[str, Any]:
    """The checks that need nothing but the rows."""
    same, nearly = duplicates([row.question for row in rows])
    return {
        "same": same,
        "nearly_same": nearly,
        "languages": dict(Counter(row.lang for row in rows)),
        "kinds": dict(Counter(row.kind for row in rows)),
    }


def lengths(rows: Sequence[Row], *, recipe: Recipe, company: str, tokenizer: Any) -> Lengths:
    """Of the rows as the recipe's layout writes them."""
    limit = min(recipe.text.max_tokens, (recipe.shape and recipe.shape.context) or _NO_LIMIT)
    longest_answer = recipe.schedule.max_answer_tokens
    measure = _exact(recipe, company, tokenizer) if tokenizer else _roughly(recipe, company)
    sizes, counts = [], Counter[str]()
    for row in rows:
        measured = measure(row)
        if measured is None:
            counts["dropped"] += 1
            continue
        context, invocation, answer = measured
        learned = invocation + min(answer, longest_answer)
        sizes.append(context + learned)
        counts["shortened"] += answer > longest_answer
        counts["dropped"] += learned > limit
        counts["cut"] += learned <= limit < context + learned
    ordered = sorted(sizes) or [0]
    return Lengths(
        rows=len(rows),
        median=ordered[len(ordered) // 2],
        p95=ordered[int(0.95 * (len(ordered) - 1))],
        longest=ordered[-1],
        limit=limit,
        exact=tokenizer is not None,
        **counts,
    )


Measure = Callable[[Row], tuple[int, int, int] | None]
"""Tokens of context, invocation and answer; None where the prompt's budget holds no question."""
_NO_LIMIT: Final = 2**31


def _exact(recipe: Recipe, company: str, tokenizer: Any) -> Measure:
    # Late: the methods import the rows of this package.
    from training.methods.examples import TokenCounter, example

    count = TokenCounter(tokenizer)

    def measure(row: Row) -> tuple[int, int, int] | None:
        try:
            made = example(
                row,
                tokenizer=tokenizer,
                count=count,
                recipe=recipe,
                company=company,
                room=_NO_LIMIT,
            )
        except RecipeError:
            return None
        return len(made.context), len(made.invocation), len(made.answer)

    return measure


def _roughly(recipe: Recipe, company: str) -> Measure:
    def measure(row: Row) -> tuple[int, int, int] | None:
        try:
            prompt = render(
                row.prompt_input(company=company),
                count_tokens=about,
                budget=recipe.prompt.as_budget(),
                layout=recipe.text.layout,
            )
        except PromptError:
            return None
        return about(prompt.text), about(prompt.invocation), about(row.answer) + 1

    return measure


def about(text: str) -> int:
    return -(-len(text) // CHARACTERS)
