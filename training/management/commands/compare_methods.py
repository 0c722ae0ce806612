"""`manage.py compare_methods`: one table for several recipes on the same data."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management import CommandError

from runtime.commands import JsonCommand, Outcome
from runtime.errors import InputError
from training.comparing.chart import chart_of
from training.comparing.running import DEFAULT_ROWS, compare
from training.comparing.table import csv_of, lines_of
from training.methods.results import Stopped
from training.recipes import load_recipe


class CannotWrite(InputError):
    """A file that was asked for cannot be written."""


class Command(JsonCommand):
    help = (
        "Train recipes on the same data and set them side by side: technique, time, hardware, share"
        " of the data, memory, test loss before and after. Once stopped, the same command goes on."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("recipes", nargs="+", metavar="RECIPE", help="Names, or TOML files.")
        parser.add_argument(
            "--data", default="", help="An imported data set, or a file; the desk's own if missing."
        )
        parser.add_argument(
            "--rows",
            type=int,
            default=DEFAULT_ROWS,
            metavar="N",
            help=f"Test rows at most; default {DEFAULT_ROWS}.",
        )
        parser.add_argument(
            "--no-drafts",
            dest="drafts",
            action="store_false",
            help="Measure the loss alone: no answers are written, so no chrF.",
        )
        parser.add_argument("--again", action="store_true", help="Train also what is known.")
        parser.add_argument("--csv", type=Path, metavar="OUT", help="The table for a spreadsheet.")
        parser.add_argument("--chart", type=Path, metavar="OUT", help="An SVG of it.")

    def run(
        self,
        *,
        recipes: list[str],
        data: str,
        rows: int,
        drafts: bool,
        again: bool,
        csv: Path | None,
        chart: Path | None,
        **options: Any,
    ) -> Outcome:
        for asked in (csv, chart):
            if asked is not None:
                _check_writable(asked)
        chosen = [load_recipe(name) for name in recipes]
        try:
            table = compare(
                chosen, data=data, rows=rows, drafts=drafts, again=again, report=self.progress
            )
        except Stopped as error:
            raise CommandError(
                "Stopped; what was finished is kept: the same command goes on from there.",
                returncode=130,
            ) from error
        for path, text in ((csv, csv_of), (chart, chart_of)):
            if path is not None:
                _write(path, text(table))
        return Outcome(table.as_data(), lines_of(table))


def _check_writable(path: Path) -> None:
    """Before hours of training, not after them."""
    if path.is_dir() or not path.resolve().parent.is_dir():
        raise CannotWrite(f"{path} cannot be written: name a file in a folder that is there.")


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise CannotWrite(f"{path} cannot be written: {error.strerror}.") from error
