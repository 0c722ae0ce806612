"""Measure search on questions whose article is known."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from kb.evaluation import evaluate, read_queries
from runtime.commands import JsonCommand, Outcome


class Command(JsonCommand):
    help = "Measure every search mode on lines of {question, external_id}."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("queries", metavar="QUERIES.jsonl")
        parser.add_argument("--k", type=int, default=10, help="Cut of recall, mrr and ndcg (10).")

    def run(self, **options: Any) -> Outcome:
        measured = evaluate(
            read_queries(Path(options["queries"])),
            k=options["k"],
            progress=lambda done, total: self.progress(f"{done} of {total} searches"),
        )
        lines = [
            f"{mode:9} " + "  ".join(f"{name} {value:g}" for name, value in row.items())
            for mode, row in measured.items()
        ]
        return Outcome(measured, lines)
