"""`manage.py ratings_report`: the two tables of ratings."""

import csv
from argparse import ArgumentParser
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

from django.utils.dateparse import parse_date

from runtime.commands import JsonCommand, Outcome
from runtime.errors import InputError
from tickets.reports import (
    CSV_HEADER,
    ModelRatings,
    csv_rows,
    rating_table,
    read_counts,
    start_of_day,
)


class BadDate(InputError):
    """--since is no date."""


class Command(JsonCommand):
    help = "Ratings by model, 1 to 5, and negative (1, 2) against positive (3, 4, 5)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--since", metavar="YYYY-MM-DD", help="Rated on this day or later.")
        parser.add_argument("--csv", action="store_true", help="Print CSV.")
        parser.add_argument(
            "--counts",
            type=Path,
            metavar="FILE",
            help="Read model,1,2,3,4,5 from a CSV instead of the database.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        self.needs_database = options["counts"] is None
        super().handle(*args, **options)

    def run(self, *, since: str | None, csv: bool, counts: Path | None, **options: Any) -> Outcome:
        if counts is not None and since:
            raise InputError("--since does not go with --counts: a table of counts has no dates.")
        if counts is not None:
            models = read_counts(counts)
        else:
            models = rating_table(since=start_of_day(_day(since)) if since else None)
        data = {"models": [asdict(model) for model in models]}
        return Outcome(data, _csv_lines(models) if csv else _table_lines(models))


def _day(text: str) -> date:
    try:
        day = parse_date(text)
    except ValueError:
        day = None
    if day is None:
        raise BadDate("--since must be a date such as 2026-05-31.")
    return day


def _csv_lines(models: Sequence[ModelRatings]) -> list[str]:
    written: list[str] = []

    class Lines:
        def write(self, line: str) -> int:
            written.append(line.rstrip("\r\n"))
            return len(line)

    writer = csv.writer(Lines())
    writer.writerow(CSV_HEADER)
    writer.writerows(csv_rows(models))
    return written


def _table_lines(models: Sequence[ModelRatings]) -> list[str]:
    if not models:
        return ["Nothing has been rated."]
    width = max(len("model"), *(len(one.model) for one in models))
    lines = [f"{'model':<{width}} " + " ".join(f"{stars:>6}" for stars in range(1, 6))]
    lines += [
        f"{one.model:<{width}} " + " ".join(f"{count:>6}" for count in one.counts) for one in models
    ]
    lines += ["", f"{'model':<{width}} negative positive  95% interval of positive"]
    return lines + [f"{one.model:<{width}} {_shares(one)}" for one in models]


def _shares(one: ModelRatings) -> str:
    if not one.total:
        return "no ratings"
    return f"{one.negative_pct:>7.1f}% {one.positive_pct:>7.1f}%  {one.low:.1f}% to {one.high:.1f}%"
