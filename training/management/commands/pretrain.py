"""`manage.py pretrain`: a small base of one's own from the desk's articles."""

from argparse import ArgumentParser
from typing import Any

from runtime.commands import JsonCommand, Outcome
from training.management.commands.finetune import dry
from training.pretraining import pretrain_base
from training.recipes import load_recipe

DEFAULT = "sample-base"


class Command(JsonCommand):
    help = "Train a small base from scratch on the desk's articles and register it."

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
        made = pretrain_base(chosen, report=self.progress)
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
