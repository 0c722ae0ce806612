"""`manage.py pretrain`: a base of one's own from the desk's articles, or a base that reads on."""

from argparse import ArgumentParser
from typing import Any, Final

from runtime.commands import Outcome
from runtime.errors import InputError
from training.methods.results import Stopped
from training.pretraining import pretrain_base
from training.recipe_command import RecipeCommand
from training.recipes import Recipe

MOST_MINUTES: Final = 60 * 24 * 30


class Command(RecipeCommand):
    help = (
        "Train a base on the desk's articles, from scratch or (method continued) going on with"
        " another, and register it."
    )

    default_recipe = "sample-base"

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--name", default="", help="Of the new version.")
        parser.add_argument("--data", default="", help="An imported data set instead of the desk.")
        parser.add_argument(
            "--max-minutes", type=float, default=0, help="Stop after so long, with a checkpoint."
        )
        parser.add_argument(
            "--resume", action="store_true", help="Go on with the last run that was stopped."
        )

    def run(self, *, recipe: str, dry_run: bool, **options: Any) -> Outcome:
        # Not the other way round: "nan" is less than nothing and greater than nothing.
        if not 0 <= options["max_minutes"] <= MOST_MINUTES:
            raise InputError(f"--max-minutes: a number from 0 to {MOST_MINUTES}.")
        self._options = options
        return super().run(recipe=recipe, dry_run=dry_run, **options)

    def learn(self, recipe: Recipe) -> Outcome:
        given = {name: self._options[name] for name in ("name", "data", "max_minutes", "resume")}
        try:
            made = pretrain_base(recipe, report=self.progress, **given)
        except Stopped as stopped:
            why = "Its time is up" if stopped.why == "time" else "It was stopped"
            line = f"{why} after step {stopped.step}; `pretrain --resume` goes on."
            return Outcome({"run": None, "stopped": stopped.why}, [line], partly=True)
        if made is None:
            return Outcome(
                {"run": None, "metrics": {}}, ["There are no articles to learn from; import some."]
            )
        data = {
            "run": made.run.pk,
            "version": made.version.name,
            "total_parameters": made.fit.total_parameters,
            "seconds": made.fit.seconds,
            "metrics": made.metrics,
        }
        return Outcome(
            data,
            [f"{made.version.name} is registered ({made.fit.seconds:.0f} s, {made.metrics})."],
        )
