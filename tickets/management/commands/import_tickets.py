"""`manage.py import_tickets FILE…`"""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from runtime.commands import JsonCommand, Outcome
from tickets.importing import SOURCE, import_tickets


class Command(JsonCommand):
    help = "Import answered tickets from JSONL or CSV."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
        parser.add_argument("--source", default=SOURCE, help="Ids are unique within a source.")

    def run(self, *, files: list[Path], source: str, **options: Any) -> Outcome:
        report = import_tickets(
            files, source=source, progress=lambda done: self.progress(f"{done} tickets …")
        )
        found = ", ".join(f"{type_} {count}" for type_, count in report.placeholders.items())
        return Outcome(
            report.as_dict(),
            [
                f"{report.created} tickets imported in {report.seconds:.1f} s;"
                f" {report.duplicates} were there, {report.unanswered} have no answer.",
                f"Masked: {found or 'nothing'}.",
                *(f"{one['source']}:{one['line']}: {one['error']}" for one in report.failed),
            ],
            partly=bool(report.failed),
        )
