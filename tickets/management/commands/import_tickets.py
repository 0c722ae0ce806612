"""`manage.py import_tickets FILE…`"""

import signal
from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from types import FrameType
from typing import Any

from runtime.commands import JsonCommand, Outcome
from tickets.importing import SOURCE, ReadingOptions, TicketImportReport, import_tickets
from tickets.importing.formats import FORMATS
from tickets.second_opinion.along import reading_along

MAX_SHOWN = 50


class Command(JsonCommand):
    help = "Import answered tickets: " + ", ".join(FORMATS) + "."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
        parser.add_argument("--source", default=SOURCE, help="Ids are unique within a source.")
        parser.add_argument(
            "--format", choices=list(FORMATS), dest="format_", help="Do not guess the format."
        )
        parser.add_argument(
            "--agent",
            action="append",
            default=[],
            dest="agents",
            metavar="NAME",
            help="Who answers: a name, an address or a domain; may be given several times.",
        )
        parser.add_argument(
            "--silence-minutes",
            type=_minutes,
            default=60,
            metavar="N",
            help="A chat's conversation ends when nobody writes for so long.",
        )
        parser.add_argument(
            "--every-turn",
            action="store_true",
            help="Learn from every answer, short ones and greetings too: a chat of friends.",
        )
        parser.add_argument("--lang", default="", help="Of conversations that do not say.")
        parser.add_argument("--dry-run", action="store_true", help="Only report; write nothing.")

    def run(
        self,
        *,
        files: list[Path],
        source: str,
        format_: str | None,
        agents: list[str],
        silence_minutes: int,
        lang: str,
        every_turn: bool,
        dry_run: bool,
        **options: Any,
    ) -> Outcome:
        reading = ReadingOptions(
            agents=tuple(agents),
            silence=timedelta(minutes=silence_minutes),
            lang=lang,
            every_turn=every_turn,
        )
        with reading_along(), _until_interrupted() as stop:
            report = import_tickets(
                files,
                source=source,
                options=reading,
                format_=format_,
                dry_run=dry_run,
                progress=self._show,
                stop=stop,
            )
        return Outcome(
            report.as_dict(),
            _lines(report, dry_run=dry_run),
            partly=bool(report.failed) or report.stopped,
        )

    def _show(self, done: int, total: int) -> None:
        share = done / total if total else 1.0
        self.progress(f"{share:.0%} of {total / 1024**2:,.1f} MB …")


def _minutes(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 60 * 24 * 30:
        raise ArgumentTypeError("must be a number of minutes, 1 to 43200")
    return int(text)


@contextmanager
def _until_interrupted() -> Iterator[Callable[[], bool]]:
    """The first Ctrl-C ends the import after a whole batch, a second one at once."""
    asked = False

    def ask(number: int, frame: FrameType | None) -> None:
        nonlocal asked
        asked = True
        signal.signal(signal.SIGINT, before)

    try:
        before = signal.signal(signal.SIGINT, ask)
    except ValueError:  # not in the main thread: nobody can press anything
        yield lambda: False
        return
    try:
        yield lambda: asked
    finally:
        signal.signal(signal.SIGINT, before)


def _lines(report: TicketImportReport, *, dry_run: bool) -> Iterator[str]:
    yield (
        f"{report.created} tickets {'would be ' if dry_run else ''}imported in"
        f" {report.seconds:.1f} s; {report.duplicates} were there,"
        f" {report.unanswered} have no answer."
    )
    yield f"Masked: {_counts(report.placeholders) or 'nothing'}."
    if report.extended:
        yield f"{report.extended} of those have grown: what is new was added."
    if report.folded:
        yield f"{report.folded} say what others say and are not learned again."
    if report.left_out:
        yield f"Left out: {_counts(report.left_out)}."
    if report.guessed_agents:
        yield f"Taken for the company's side: {', '.join(report.guessed_agents)} (see --agent)."
    if report.stopped:
        yield "Stopped; start it again to go on."
    for one in report.failed[:MAX_SHOWN]:
        yield f"{one['source']}:{one['line']}: {one['error']}"
    more = len(report.failed) - MAX_SHOWN + report.failed_more
    if more > 0:
        yield f"… and {more} more (--json lists them)."


def _counts(counts: dict[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in sorted(counts.items()))
