"""Questions with answers for every passage, from an OpenAI-compatible server."""

import signal
import threading
from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings

from kb.generating import Options, Report, estimate, generate
from kb.generating.export import check_writable, write_csv
from kb.generating.server import configured
from kb.importing.document import language_tag
from runtime.commands import JsonCommand, Outcome
from runtime.errors import InputError

STOPPED = {
    "asked": "Stopped; what was finished is kept, and the next run goes on from there.",
    "failures": "Stopped: the server failed for too many passages in a row.",
    "budget": "The budget of tokens is used up.",
}


class Command(JsonCommand):
    help = "Have a model write questions with answers for each passage, checked against it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--per-chunk", type=_within(1, 30), default=7, metavar="N", help="Questions a passage."
        )
        parser.add_argument("--csv", type=Path, metavar="OUT", help="context, question, answer.")
        parser.add_argument("--parallel", type=_within(1, 64), default=4, metavar="N")
        parser.add_argument(
            "--max-tokens", type=_within(1, 10**12), default=0, metavar="N", help="Budget."
        )
        parser.add_argument(
            "--limit", type=_within(1, 10**9), default=0, metavar="N", help="Passages in this run."
        )
        parser.add_argument("--article", action="append", default=[], metavar="EXTERNAL_ID")
        parser.add_argument("--lang", default="", help="Only passages of this language, e.g. fa.")
        parser.add_argument(
            "--timeout", type=_within(1, 3600), default=120, metavar="SECONDS", help="A request's."
        )
        parser.add_argument(
            "--dry-run", action="store_true", help="Send nothing; count passages and tokens."
        )

    def run(self, **options: Any) -> Outcome:
        if options["lang"] and not language_tag(options["lang"]):
            raise InputError("--lang must be a language such as fa or en.")
        chosen = Options(
            per_chunk=options["per_chunk"],
            parallel=options["parallel"],
            limit=options["limit"],
            max_tokens=options["max_tokens"],
            articles=tuple(options["article"]),
            lang=language_tag(options["lang"]),
            timeout=float(options["timeout"]),
        )
        if options["dry_run"]:
            return _estimated(chosen)
        server = configured()
        out: Path | None = options["csv"]
        if out is not None:
            check_writable(out)
        with _stopping() as stop:
            report = generate(server, chosen, stop=stop, progress=self._show)
        if report.stopped in STOPPED:
            self.stderr.write(STOPPED[report.stopped])
        rows = write_csv(out, chosen, internal=server.internal) if out is not None else None
        return _outcome(report, out, rows)

    def _show(self, report: Report, total: int) -> None:
        self.progress(
            f"{report.asked} of {total} passages, {report.created} questions, "
            f"{report.rejected} turned down, {report.failed} failed, {report.tokens:,} tokens"
        )


def _within(low: int, high: int) -> Callable[[str], int]:
    def number(text: str) -> int:
        if not text.isdecimal() or not low <= int(text) <= high:
            raise ArgumentTypeError(f"give a whole number from {low} to {high}")
        return int(text)

    return number


@contextmanager
def _stopping() -> Iterator[threading.Event]:
    """The first Ctrl-C ends the run in good order, the second at once."""
    stop = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield stop
        return
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def ask(number: int, frame: Any) -> None:
        stop.set()
        signal.signal(number, before[signal.Signals(number)] or signal.SIG_DFL)

    for number in before:
        signal.signal(number, ask)
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler or signal.SIG_DFL)


def _estimated(options: Options) -> Outcome:
    report, tokens = estimate(options, model=settings.QUESTIONS_MODEL)
    data = _data(report) | {"estimated_tokens": tokens, "dry_run": True}
    line = f"{report.left} passages would be sent, about {tokens:,} tokens; nothing was sent."
    return Outcome(data, [line])


def _outcome(report: Report, out: Path | None, rows: int | None) -> Outcome:
    lines = [
        f"{report.chunks} passages asked about, {report.created} questions created, "
        f"{report.rejected} turned down, {report.failed} passages failed, "
        f"{report.tokens:,} tokens; {report.left} passages left."
    ]
    if report.reasons:
        lines.append("Turned down: " + _counted(report.reasons) + ".")
    if report.errors:
        lines.append("Failed: " + _counted(report.errors) + ".")
    if rows is not None:
        lines.append(f"{rows} rows in {out}.")
    partly = bool(report.failed) or report.stopped in ("asked", "failures")
    data = _data(report) | ({"rows": rows} if rows is not None else {})
    return Outcome(data, lines, partly=partly)


def _data(report: Report) -> dict[str, Any]:
    return {
        "chunks": report.chunks,
        "created": report.created,
        "rejected": report.rejected,
        "failed": report.failed,
        "tokens": report.tokens,
        "done_before": report.done_before,
        "left": report.left,
        "removed": report.removed,
        "stopped": report.stopped,
        "reasons": dict(report.reasons),
        "errors": dict(report.errors),
    }


def _counted(counts: Any) -> str:
    return ", ".join(f"{name} {count}" for name, count in counts.most_common())
