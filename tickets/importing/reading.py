"""From files to batches: `import_tickets(paths)`."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from django.utils.translation import gettext as _

from runtime.errors import InputError
from tickets.importing.batching import Importer
from tickets.importing.formats import FORMATS, Format, recognise
from tickets.importing.lines import BadHistoryFile
from tickets.importing.records import FileProblem, LeftOut, PastConversation, ReadingOptions, Record
from tickets.importing.report import TicketImportReport
from tickets.intake import check_lang, check_source

SOURCE: Final = "import"
BATCH: Final = 1000
_TURNS: Final = 6000
_CHARACTERS: Final = 4_000_000
"""A batch holds no more than these, too: conversations can be long."""
_LOOKED_EVERY: Final = 0.5
Progress = Callable[[int, int], None]


class Stopped(Exception):
    """Whoever asked for the import wants no more of it."""


def import_tickets(
    paths: Sequence[Path],
    *,
    source: str = SOURCE,
    options: ReadingOptions | None = None,
    format_: str | None = None,
    dry_run: bool = False,
    progress: Progress = lambda done, total: None,
    stop: Callable[[], bool] = lambda: False,
) -> TicketImportReport:
    """Read all files. Raises BadHistoryFile for one that is of no known format, and BadTicket for a
    source or language that cannot be, before anything is written; what of a file cannot be read is
    in `report.failed`. `progress` gets bytes; `stop` is asked twice a second, and ends the import
    after a whole batch. `dry_run` writes nothing."""
    started = time.monotonic()
    options = options or ReadingOptions()
    check_source(source)
    check_lang(options.lang)
    report = TicketImportReport(guessed_agents=options.guessed)
    files = [(path, _format(path, format_)) for path in paths]
    importer = Importer(
        report,
        source=source,
        lang=options.lang,
        every_turn=options.every_turn,
        dry_run=dry_run,
    )
    records = _records(files, options, progress, report)
    first = True
    try:
        for batch, is_last in _batches(records, report, stop):
            # A few are searched by meaning at once; many are left to the index worker.
            importer.take(batch, embed=first and is_last)
            first = False
    except Stopped:
        report.stopped = True
    report.seconds = round(time.monotonic() - started, 3)
    return report


def _format(path: Path, name: str | None) -> Format:
    if name is not None and name not in FORMATS:
        raise BadHistoryFile(
            _("%(name)s is no format; there are %(formats)s.")
            % {"name": name, "formats": ", ".join(FORMATS)}
        )
    found = recognise(path)  # also where a format is given: the file must be there
    if name is None and found is None:
        raise BadHistoryFile(
            _(
                "%(file)s is of no known format (%(formats)s); a CSV needs a heading that names a"
                " question column. Say which it is with --format."
            )
            % {"file": path, "formats": ", ".join(FORMATS)}
        )
    return FORMATS[name or found or ""]


def _records(
    files: Sequence[tuple[Path, Format]],
    options: ReadingOptions,
    progress: Progress,
    report: TicketImportReport,
) -> Iterator[Record]:
    sizes = [_size(path) for path, _format_of in files]
    total = sum(sizes)
    before = 0
    begun = False
    for number, (path, format_) in enumerate(files):
        done_before = before

        def tell(done: int, done_before: int = done_before, size: int = sizes[number]) -> None:
            progress(done_before + min(done, size), total)

        try:
            for record in format_.read(path, replace(options, progress=tell)):
                begun = True
                yield record
        except InputError as error:
            if not begun:
                raise
            yield FileProblem(str(path), 0, str(error))  # what was read before may be in
        before += sizes[number]
        progress(before, total)


def _size(path: Path) -> int:
    if path.is_dir():
        return sum(file.stat().st_size for file in path.rglob("*") if file.is_file())
    return path.stat().st_size


def _batches(
    records: Iterator[Record], report: TicketImportReport, stop: Callable[[], bool]
) -> Iterator[tuple[list[PastConversation], bool]]:
    """(conversations, whether they are the last). What else the readers say goes into the report.
    Raises Stopped after the batch that was being filled."""
    batch: list[PastConversation] = []
    turns = characters = 0
    looked = time.monotonic()
    for record in records:
        if isinstance(record, FileProblem):
            report.fail(record)
        elif isinstance(record, LeftOut):
            report.leave_out(record)
        else:
            if len(batch) >= BATCH or turns >= _TURNS or characters >= _CHARACTERS:
                yield batch, False
                batch, turns, characters = [], 0, 0
            batch.append(record)
            turns += len(record.turns)
            characters += sum(len(turn.text) for turn in record.turns)
        if time.monotonic() - looked > _LOOKED_EVERY:
            looked = time.monotonic()
            if stop():
                if batch:
                    yield batch, False
                raise Stopped
    if batch:
        yield batch, True
