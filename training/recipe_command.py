"""What the commands that train share: a recipe by name or file, and a dry run without a desk.

Public entry: `RecipeCommand`; a command names its default recipe and what `learn` does with one.
"""

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
        return _dry(chosen) if dry_run else self.learn(chosen)

    def learn(self, recipe: Recipe) -> Outcome:
        raise NotImplementedError  # every command has its own


def _dry(recipe: Recipe) -> Outcome:
    """What the recipe would train, counted on the meta device: no data, no weights."""
    if recipe.shape is None:
        raise RecipeError(f"The recipe {recipe.name} carries no shape to count.")
    from training.methods.shape import count

    counted = count(recipe)
    data: dict[str, Any] = {
        "run": None,
        "trainable_parameters": counted.trainable_parameters,
        "total_parameters": counted.total_parameters,
        "trainable_pct": counted.trainable_pct,
        "memory_gib": counted.memory_gib,
        "metrics": {},
        "promoted": False,
    }
    return Outcome(
        data,
        [
            f"{recipe.name}: {counted.trainable_parameters:,} of {counted.total_parameters:,}"
            f" parameters ({counted.trainable_pct}%), about {counted.memory_gib} GiB."
        ],
    )
