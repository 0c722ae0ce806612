"""`manage.py finetune`: learn from the desk's own tickets; made for cron."""

from typing import Any

from runtime.commands import Outcome
from training.finetuning import Tuned, finetune
from training.recipe_command import RecipeCommand
from training.recipes import Recipe


class Command(RecipeCommand):
    help = "Train a new version on the desk's past tickets and register it as a candidate."

    default_recipe = "sample-tuned-a"

    def learn(self, recipe: Recipe) -> Outcome:
        tuned = finetune(recipe, report=self.progress)
        return _learned(tuned) if tuned else _nothing()


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
