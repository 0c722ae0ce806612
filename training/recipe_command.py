"""What the commands that train share: a recipe by name or file, and a dry run without a desk.

Public entries: `RecipeCommand` (a command names its default recipe and what `learn` does with one)
and `dry_run`, what a recipe would train, counted on the meta device: no data, no weights.
"""

import time
from argparse import ArgumentParser
from typing import Any

from runtime.commands import JsonCommand, Outcome
from training.recipes import Recipe, RecipeError, load_recipe


class RecipeCommand(JsonCommand):
    default_recipe: str

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--recipe", default=self.default_recipe, help="A recipe's name, or a TOML file."
        )
        parser.add_argument(
            "--dry-run", action="store_true", help="Count parameters and memory; train nothing."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        self.needs_database = not options["dry_run"]
        super().handle(*args, **options)

    def run(self, *, recipe: str, dry_run: bool, **options: Any) -> Outcome:
        chosen = load_recipe(recipe)
        return counted(chosen) if dry_run else self.learn(chosen)

    def learn(self, recipe: Recipe) -> Outcome:
        raise NotImplementedError  # every command has its own


def counted(recipe: Recipe) -> Outcome:
    """A dry run. Raises `RecipeError` for a recipe without a shape."""
    if recipe.shape is None:
        raise RecipeError(
            f"The recipe {recipe.name} carries no shape to count: add the table shape, or leave"
            " out --dry-run."
        )
    begun = time.monotonic()
    from training.methods.estimates import here
    from training.methods.shape import count

    found = count(recipe)
    machine = here(recipe, found)
    data: dict[str, Any] = {
        "run": None,
        "trainable_parameters": found.trainable_parameters,
        "total_parameters": found.total_parameters,
        "trainable_pct": found.trainable_pct,
        "memory_gib": found.memory_gib,
        "metrics": {},
        "promoted": False,
        "here": {**vars(machine), "fits": machine.fits},
        "seconds": round(time.monotonic() - begun, 2),
    }
    amount = (
        f"{recipe.schedule.steps:,} steps"
        if recipe.schedule.steps
        else f"{recipe.schedule.epochs:g} epochs of {machine.rows:,} rows"
    )
    return Outcome(
        data,
        [
            f"{recipe.name}: {found.trainable_parameters:,} of {found.total_parameters:,}"
            f" parameters ({found.trainable_pct}%), about {found.memory_gib} GiB on a GPU.",
            f"On this machine ({machine.device}): about {machine.memory_gib} of"
            f" {machine.memory_of_device_gib} GiB"
            + ("" if machine.fits else ", which is too much")
            + f"; {amount} of full length take about {_hours(machine.hours)}.",
        ],
    )


def _hours(hours: float) -> str:
    if hours < 1:
        return f"{max(1, round(hours * 60))} minutes"
    return f"{hours:,.1f} hours" if hours < 48 else f"{hours / 24:,.0f} days"
