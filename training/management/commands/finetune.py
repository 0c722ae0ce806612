"""`manage.py finetune`: learn from the desk's own tickets; made for cron."""

from argparse import ArgumentParser
from typing import Any

from runtime.commands import JsonCommand, Outcome
from training.finetuning import Tuned, finetune
from training.recipes import Recipe, RecipeError, load_recipe

DEFAULT = "sample-tuned-a"


class Command(JsonCommand):
    help = "Train a new version on the desk's past tickets and register it as a candidate."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--recipe", default=DEFAULT, help="A recipe's name, or a TOML file.")
        parser.add_argument(
            "--dry-run", action="store_true", help="Count parameters and memory; train nothing."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        self.needs_database = not options["dry_run"]
        super().handle(*args, **options)

    def run(self, *, recipe: str, dry_run: bool, **options: Any) -> Outcome:
        chosen = load_recipe(recipe)
        if dry_run:
            return dry(chosen)
        tuned = finetune(chosen, report=self.progress)
        return _learned(tuned) if tuned else _nothing()


def dry(recipe: Recipe) -> Outcome:
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


def _learned(tuned: Tuned) -> Outcome:
    fit = tuned.fit
    data: dict[str, Any] = {
        "run": tuned.run.pk,
        "version": tuned.version.name,
        "trainable_parameters": fit.trainable_parameters,
        "total_parameters": fit.total_parameters,
        "trainable_pct": round(100 * fit.trainable_parameters / fit.total_parameters, 4),
        "memory_gib": round(fit.peak_memory_bytes / 2**30, 2),
        "metrics": tuned.metrics,
        "promoted": False,
    }
    held = tuned.metrics.get("holdout")
    lines = [f"{tuned.version.name} is a candidate ({fit.seconds:.0f} s, loss {fit.loss})."]
    if held:
        lines.append(
            f"chrF on {held['rows']} tickets kept out: {held['chrf']}, base {held['base_chrf']},"
            f" difference {held['difference']} ({held['low']} to {held['high']})."
        )
    return Outcome(data, lines)


def _nothing() -> Outcome:
    data: dict[str, Any] = {
        "run": None,
        "trainable_parameters": 0,
        "total_parameters": 0,
        "trainable_pct": 0.0,
        "memory_gib": 0.0,
        "metrics": {},
        "promoted": False,
    }
    return Outcome(data, ["There is nothing new to learn from."])
