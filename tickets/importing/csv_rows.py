"""CSV with a heading: `read(path, options)`.

A quote that is never closed swallows the rest of a file. So a row is a line, or as many lines as
its open quote asks for, and only if what comes out is whole; otherwise that line alone is listed as
broken and reading goes on with the next.
"""

import csv
from collections import deque
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Final

from django.utils.translation import gettext as _

from tickets.importing.lines import MAX_LINE_CHARACTERS, Line, read_lines
from tickets.importing.records import FileProblem, ReadingOptions, Record
from tickets.importing.rows import field_names, past_conversation

MAX_LINES_A_ROW: Final = 2000
_DELIMITERS = ",;\t|"


def looks_like(start: str) -> bool:
    lines = start.lstrip("\ufeff\r\n \t").splitlines()
    if not lines:
        return False
    heading = _cells([lines[0]], delimiter_of(lines[0])) or []
    return "question" in field_names(heading)


def delimiter_of(heading: str) -> str:
    return max(_DELIMITERS, key=heading.count)


def read(path: Path, options: ReadingOptions) -> Iterator[Record]:
    lines = _Lookahead(read_lines(path, progress=options.progress))
    while (first := lines.take()) is not None and not (first.text or "").strip():
        pass
    if first is None or first.text is None:
        return
    delimiter = delimiter_of(first.text)
    heading = _cells([first.text], delimiter) or []
    names = field_names(heading)
    source = str(path)
    csv.field_size_limit(MAX_LINE_CHARACTERS)
    while (line := lines.take()) is not None:
        if line.text is None:
            yield FileProblem(source, line.number, line.error)
            continue
        cells = _row(line.text, lines, delimiter)
        if cells is None:
            yield FileProblem(source, line.number, _("The row's quotes or columns are broken."))
        elif len(cells) > len(heading) and any(cells[len(heading) :]):
            yield FileProblem(source, line.number, _("The row has more columns than the heading."))
        elif any(cells):
            row = dict(zip(heading, cells, strict=False))
            yield from past_conversation(row, source=source, line=line.number, names=names)


def _row(text: str, lines: "_Lookahead", delimiter: str) -> list[str] | None:
    """The cells of the row that begins with this line; None, and no further line taken, where its
    quotes close nowhere that makes sense."""
    if '"' not in text:
        return text.rstrip("\r\n").split(delimiter) if text.strip() else []
    if text.count('"') % 2 == 0:
        return _cells([text], delimiter)
    size = len(text)
    parts = [text]
    for count, line in enumerate(lines.ahead(MAX_LINES_A_ROW), 1):
        size += len(line.text or "")
        if line.text is None or size > MAX_LINE_CHARACTERS:
            return None
        parts.append(line.text)
        if line.text.count('"') % 2:
            cells = _cells(parts, delimiter)
            if cells is not None:
                lines.drop(count)
            return cells
    return None


def _cells(parts: Iterable[str], delimiter: str) -> list[str] | None:
    try:
        rows = list(csv.reader(parts, delimiter=delimiter, strict=True))
    except csv.Error:
        return None
    return rows[0] if len(rows) == 1 else None if rows else []


class _Lookahead:
    """Lines, some of them seen before they are taken."""

    def __init__(self, lines: Iterator[Line]) -> None:
        self._lines = lines
        self._seen: deque[Line] = deque()

    def take(self) -> Line | None:
        return self._seen.popleft() if self._seen else next(self._lines, None)

    def ahead(self, most: int) -> Iterator[Line]:
        yield from islice(list(self._seen), most)
        while len(self._seen) < most and (line := next(self._lines, None)) is not None:
            self._seen.append(line)
            yield line

    def drop(self, count: int) -> None:
        for _number in range(count):
            self._seen.popleft()
