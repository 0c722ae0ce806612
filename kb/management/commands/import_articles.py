"""Bring help-centre articles in, or up to date, from files and folders."""

from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from kb.importing import import_sources
from runtime.commands import JsonCommand, Outcome

MAX_LINES_OF_FAILED = 20


class Command(JsonCommand):
    help = "Import articles (HTML, Markdown, text, JSONL) from files and folders."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("sources", nargs="+", metavar="SOURCE", help="File or folder.")
        parser.add_argument("--lang", default="", help="Language of the articles, e.g. fa.")
        parser.add_argument("--dry-run", action="store_true", help="Change nothing; only count.")

    def run(self, **options: Any) -> Outcome:
        report = import_sources(
            options["sources"],
            lang=options["lang"],
            dry_run=options["dry_run"],
            progress=lambda done, total: self.progress(f"{done} of {total} files"),
        )
        lines = [
            f"{report.created} created, {report.updated} updated, {report.unchanged} unchanged, "
            f"{report.removed} removed; {report.chunks} passages written in {report.seconds:.1f} s."
        ]
        failed = report.failed[:MAX_LINES_OF_FAILED]
        lines += [f"Failed: {entry['source']}: {entry['error']}" for entry in failed]
        if len(report.failed) > len(failed):
            lines.append(f"… and {len(report.failed) - len(failed)} more.")
        return Outcome(asdict(report), lines, partly=bool(report.failed))
