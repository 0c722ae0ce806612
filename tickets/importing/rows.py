"""Files with past tickets: JSONL (an object a line) and CSV (with a heading).

Fields: external_id, question, answer, created_at, lang; question is needed, others may be missing.
`read_past_tickets` yields rows and problems in the files' order and reads a file piece by piece.
"""

import codecs
import csv
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import IO, Any, Final

from django.conf import settings
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.translation import gettext as _

from runtime.errors import InputError
from tickets.importing.records import FileProblem
from tickets.intake import MAX_EXTERNAL_ID, aware, clean

FIELDS: Final = ("external_id", "question", "answer", "created_at", "lang")
MAX_LINE_CHARACTERS: Final = 2_000_000
_LANG = re.compile(r"[a-z]{2,3}(?:-[A-Za-z0-9]{2,8})?")
_SNIFFED = 8192


@dataclass(frozen=True)
class PastTicket:
    """A row as read and checked; `external_id` and `lang` may be empty."""

    external_id: str
    question: str = field(repr=False)
    answer: str = field(repr=False)
    created_at: datetime | None
    lang: str


class BadHistoryFile(InputError):
    """A file cannot be read at all."""


class _BadRow(ValueError):
    """A row cannot be used; the message says why, without its contents."""


def read_past_tickets(paths: Sequence[Path]) -> Iterator[PastTicket | FileProblem]:
    """All paths are looked at before the first row is read, so that a mistyped name imports
    nothing. Raises BadHistoryFile."""
    checked = [(path, _format(path)) for path in paths]
    for path, format_ in checked:
        yield from _read(path, format_)


def _format(path: Path) -> str:
    """By what is in the file; the name decides only for a CSV with a single column."""
    try:
        with path.open("rb") as file:
            start = file.read(_SNIFFED)
    except OSError as error:
        raise BadHistoryFile(
            _("%(file)s cannot be read: %(why)s") % {"file": path, "why": error.strerror}
        ) from error
    try:
        # Incremental, because the piece that was read may end inside a letter.
        text = codecs.getincrementaldecoder("utf-8-sig")().decode(start).lstrip()
    except UnicodeDecodeError as error:
        raise BadHistoryFile(_("%s is no text file in UTF-8.") % path) from error
    if "\0" in text:
        raise BadHistoryFile(_("%s is no text file in UTF-8.") % path)
    if not text:
        raise BadHistoryFile(_("%s is empty.") % path)
    if text[0] == "{":
        return "jsonl"
    heading = next(csv.reader([text.splitlines()[0]], delimiter=_delimiter(text)), [])
    if "question" in [cell.strip().lower() for cell in heading]:
        return "csv"
    raise BadHistoryFile(
        _("%s is neither JSONL nor a CSV with a heading that names a question column.") % path
    )


def _read(path: Path, format_: str) -> Iterator[PastTicket | FileProblem]:
    reader = {"jsonl": _jsonl_rows, "csv": _csv_rows}[format_]
    try:
        with path.open(encoding="utf-8-sig", errors="strict", newline="") as file:
            for line, row in reader(file):
                try:
                    if isinstance(row, str):
                        raise _BadRow(row)
                    yield _past_ticket(row)
                except _BadRow as error:
                    yield FileProblem(str(path), line, str(error))
    except UnicodeDecodeError:
        yield FileProblem(str(path), 0, _("From some place on the file is not UTF-8."))


def _jsonl_rows(file: IO[str]) -> Iterator[tuple[int, dict[str, Any] | str]]:
    """(line, object), or (line, what is wrong with it)."""
    for number, line in enumerate(_lines(file), 1):
        if line is None:
            yield number, _("The line is too long.")
        elif line.strip():
            try:
                row = json.loads(line)
            except (ValueError, RecursionError):
                yield number, _("The line is no JSON.")
                continue
            yield number, row if isinstance(row, dict) else _("The line is no JSON object.")


def _lines(file: IO[str]) -> Iterator[str | None]:
    """Lines, None for one that is too long (and is not kept in memory)."""
    while line := file.readline(MAX_LINE_CHARACTERS):
        if line.endswith("\n") or len(line) < MAX_LINE_CHARACTERS:
            yield line
            continue
        while (rest := file.readline(MAX_LINE_CHARACTERS)) and not rest.endswith("\n"):
            pass
        yield None


def _csv_rows(file: IO[str]) -> Iterator[tuple[int, dict[str, Any] | str]]:
    start = file.read(_SNIFFED)
    file.seek(0)
    csv.field_size_limit(MAX_LINE_CHARACTERS)
    reader = csv.reader(file, delimiter=_delimiter(start), strict=True)
    heading = [cell.strip().lower() for cell in next(reader)]
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            yield line, _("The row's quotes or columns are broken.")
            continue
        if len(cells) > len(heading):
            yield line, _("The row has more columns than the heading.")
        elif any(cells):
            yield line, dict(zip(heading, cells, strict=False))


def _delimiter(text: str) -> str:
    heading = text.splitlines()[0]
    return max(",;\t", key=heading.count)


def _past_ticket(row: dict[str, Any]) -> PastTicket:
    values = {name: _text(row, name) for name in FIELDS}
    if not values["question"]:
        raise _BadRow(_("The question is missing."))
    limit = settings.MAX_TICKET_CHARACTERS
    if max(len(values["question"]), len(values["answer"])) > limit:
        raise _BadRow(_("Question or answer has more than %d characters.") % limit)
    if len(values["external_id"]) > MAX_EXTERNAL_ID:
        raise _BadRow(_("The external id has more than %d characters.") % MAX_EXTERNAL_ID)
    if values["lang"] and not _LANG.fullmatch(values["lang"]):
        raise _BadRow(_("The language must be a code such as fa or en."))
    return PastTicket(
        external_id=values["external_id"],
        question=values["question"],
        answer=values["answer"],
        created_at=_moment(values["created_at"]),
        lang=values["lang"],
    )


def _text(row: dict[str, Any], name: str) -> str:
    value = row.get(name)
    if value is None:
        return ""
    if isinstance(value, int) and name == "external_id":
        value = str(value)
    if not isinstance(value, str):
        raise _BadRow(_("The field %s is no text.") % name)
    return clean(value)


def _moment(value: str) -> datetime | None:
    if not value:
        return None
    try:
        moment = parse_datetime(value)
        day = None if moment else parse_date(value)
    except ValueError:  # well formed, but no date
        moment, day = None, None
    if moment is None and day is not None:
        moment = datetime(day.year, day.month, day.day)
    if moment is None:
        raise _BadRow(_("created_at is no date (2026-05-31 or 2026-05-31T10:00:00+03:30)."))
    return aware(moment)
