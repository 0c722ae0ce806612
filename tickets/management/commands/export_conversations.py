from argparse import ArgumentParser
from datetime import date
from pathlib import Path
from typing import Any

from django.core.management import CommandError
from django.utils.dateparse import parse_date

from runtime.commands import JsonCommand, Outcome
from runtime.errors import InputError
from tickets.exporting import FORMS, export_conversations
from tickets.reports import start_of_day


class Command(JsonCommand):
    help = "Answered conversations, with placeholders, as training texts; oldest first."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "destination",
            nargs="?",
            type=Path,
            metavar="FILE|DIR",
            help="Where to; without it, to standard output.",
        )
        parser.add_argument("--form", choices=sorted(FORMS), default="chat", help="chat: JSONL.")
        parser.add_argument("--since", metavar="YYYY-MM-DD", help="Begun on this day or later.")
        parser.add_argument("--limit", type=int, metavar="N", help="The N oldest of them.")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["as_json"] and options["destination"] is None:
            raise CommandError("--json prints the report: name a FILE for the rest.", returncode=2)
        super().handle(*args, **options)

    def run(
        self,
        *,
        destination: Path | None,
        form: str,
        since: str | None,
        limit: int | None,
        **options: Any,
    ) -> Outcome:
        if limit is not None and limit < 1:
            raise InputError("--limit must be 1 or more.")
        start = start_of_day(_day(since)) if since else None
        report = export_conversations(
            self.stdout if destination is None else destination,
            form=form,
            since=start,
            limit=limit,
            progress=self._progress,
        )
        if destination is None:
            return Outcome(report.as_dict())
        lines = [f"{report.conversations} conversations, {report.turns} turns."]
        return Outcome(report.as_dict(), lines)

    def _progress(self, done: int) -> None:
        if done % 1000 == 0:
            self.progress(f"{done} conversations")


def _day(text: str) -> date:
    try:
        day = parse_date(text)
    except ValueError:
        day = None
    if day is None:
        raise InputError("--since must be a date such as 2026-05-31.")
    return day
