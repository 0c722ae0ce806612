"""`manage.py train_name_tagger`: the tagger of `text.privacy.names` and its lists, made again."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from runtime.commands import JsonCommand, Outcome
from text.privacy.names.lexicon import DATA
from training.name_tagging.making import LEAN, make


class Command(JsonCommand):
    help = "Train the tagger of person names on labelled sentences, and write its word list."
    needs_database = False

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "sentences", type=Path, help='JSON lines: "text", "spans" (start, end, label), "split".'
        )
        parser.add_argument(
            "--first-names", type=Path, required=True, help="JSON lines: name, share."
        )
        parser.add_argument(
            "--packages",
            type=Path,
            required=True,
            help="A folder with hazm, shekar, faker and persian_names unpacked.",
        )
        parser.add_argument("--output", type=Path, default=DATA, help="Where the two files go.")
        parser.add_argument("--epochs", type=int, default=None)
        parser.add_argument(
            "--lean", type=float, default=LEAN, help="Higher finds more and errs more."
        )

    def run(
        self,
        *,
        sentences: Path,
        first_names: Path,
        packages: Path,
        output: Path,
        epochs: int | None,
        lean: float,
        **options: Any,
    ) -> Outcome:
        scores = make(
            sentences,
            first_names=first_names,
            packages=packages,
            output=output,
            epochs=epochs,
            lean=lean,
            report=self.progress,
        )
        lines = [f"{name}: {score}" for name, score in scores.items()]
        return Outcome({name: str(score) for name, score in scores.items()}, lines)
