"""Every method with a recipe and material so small that a run takes a second: for the tests of all
methods, and for the processes of their own that some of these run in."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from llm.manifest import write_manifest
from llm.prompts import PROMPT_VERSION
from tests.training.tiny import ADAPTER, CORPUS, PROMPT, ROWS, SHAPE, base_recipe
from training.datasets import Preference
from training.methods.results import Material, Work, method_of
from training.recipes import Recipe, recipe_from

METHODS = (
    "pretrain",
    "continued",
    "lora",
    "qlora",
    "alora",
    "ptuning",
    "embeddings",
    "dpo",
    "contrastive",
)
LEARNED, HELD = ROWS[:8], ROWS[8:]
"""The same two answers on both sides, asked in other words."""
PREFERENCES = [
    Preference(row=row, chosen=row.answer, rejected=other.answer, gap=2)
    for row, other in zip(ROWS, ROWS[1:] + ROWS[:1], strict=True)
]
RATES = {"ptuning": 3e-3, "embeddings": 5e-3, "continued": 3e-3, "pretrain": 5e-3, "dpo": 1e-2}


@dataclass(frozen=True)
class TinyPair:
    """As `training.pairs.Pair`, which needs Django."""

    anchor: str
    article: int
    text: str
    wrong: str = ""


PAIRS = [
    TinyPair(f"{letter} {letter}{other}", number, f"{other} {letter} x", f"x {other}")
    for number, (letter, other) in enumerate(zip("abcdefghijkl", "mnopqrstuvwx", strict=True))
]


def recipe_for(method: str, **changes: Any) -> Recipe:
    """With dropout where the method has it: chance is part of what must come again."""
    table: dict[str, Any] = {
        "name": f"tiny-{method}",
        "method": method,
        "seed": 5,
        "prompt": PROMPT,
        "text": {"max_tokens": 256},
        "weights": {"compute": "float32"},
        "schedule": {"steps": 9, "batch": 4, "learning_rate": RATES.get(method, 1e-2)},
    }
    if method == "pretrain":
        table["shape"] = SHAPE
    elif method != "contrastive":
        table["base"] = "tiny-base"
    if method in ("lora", "qlora", "alora", "dpo"):
        table["adapter"] = ADAPTER | {"dropout": 0.2}
    if method == "ptuning":
        table["virtual"] = {"tokens": 20, "hidden": 128}
    if method == "dpo":
        table["preference"] = {"beta": 0.1}
    schedule = table["schedule"] | changes.pop("schedule", {})
    return recipe_from(table | {"schedule": schedule} | changes)


def material_for(method: str) -> Material:
    if method == "pretrain":
        return Material(corpus=CORPUS)
    if method == "continued":
        return Material(corpus=CORPUS, rows=LEARNED, validation=HELD)
    if method == "dpo":
        return Material(preferences=PREFERENCES, validation=HELD)
    if method == "contrastive":
        return Material(pairs=PAIRS)
    return Material(rows=LEARNED, validation=HELD)


def build_base(folder: Path, *, steps: int = 30, **changes: Any) -> Path:
    """A base in `folder`/base."""
    schedule = {"steps": steps, "batch": 4, "learning_rate": 5e-3}
    recipe = base_recipe(schedule=schedule, weights={"compute": "float32"}, **changes)
    into = folder / "base"
    into.mkdir(parents=True)
    method_of(recipe).train(
        Material(corpus=CORPUS), Work(recipe=recipe, folder=folder / "base-run", into=into)
    )
    describe(into, name="tiny-base", method="pretrain", base=None)
    return into


def describe(folder: Path, *, name: str, method: str, base: Any) -> Any:
    fields = {"name": name, "method": method, "base": base, "generation": {}}
    return write_manifest(folder, {**fields, "prompt_version": PROMPT_VERSION})


def work_for(method: str, folder: Path, base: Path, **changes: Any) -> Work:
    """A run in `folder`, which may have begun already."""
    into = folder / "into"
    into.mkdir(parents=True, exist_ok=True)
    recipe = changes.pop("recipe", None) or recipe_for(method)
    return Work(recipe=recipe, folder=folder, into=into, base=base, **changes)
