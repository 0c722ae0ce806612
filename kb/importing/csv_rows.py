"""CSV files, an article or a question with its answer a row: `rows(text)`.

The first line names the columns, in any of the ways of `kb.importing.fields`. Cells are text and
nothing else: what a spreadsheet would take for a formula is not computed.
"""

import csv
import io
from collections.abc import Iterator

from django.conf import settings
from django.utils.translation import gettext as _

from kb.importing.document import UnreadableCollection
from kb.importing.fields import fields_of

_DELIMITERS = ",;\t|"
MAX_ROWS = 200_000


def looks_like(head: str) -> bool:
    """Only where a title and a text have columns, and more lines follow."""
    first, newline, rest = head.lstrip("\ufeff\n").partition("\n")
    names = fields_of(_cells(first, _delimiter(first)))
    return bool(newline and rest.strip()) and "title" in names and "text" in names


def rows(text: str) -> Iterator[tuple[int, dict[str, str]]]:
    """Each row's number in the file and its fields; rows without any text are passed over."""
    text = text.lstrip("\ufeff\n")
    delimiter = ""
    if text[:4].lower() == "sep=":  # Excel's own word for its delimiter
        first, _newline, text = text.partition("\n")
        delimiter = first[4:5]
    delimiter = delimiter or _delimiter(text.partition("\n")[0])
    csv.field_size_limit(max(csv.field_size_limit(), settings.MAX_ARTICLE_CHARACTERS * 4))
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        header = next(reader, [])
        columns = _columns(header)
        for number, cells in enumerate(reader, start=2):
            if number > MAX_ROWS:
                raise UnreadableCollection(
                    _("A CSV file has %(most)s rows at most.") % {"most": f"{MAX_ROWS:,}"}
                )
            row = {field: cells[at].strip() for field, at in columns.items() if at < len(cells)}
            if any(row.values()):
                yield number, row
    except csv.Error as error:
        raise UnreadableCollection(
            _("Line %(line)s is not CSV: %(reason)s.")
            % {"line": reader.line_num, "reason": str(error)[:100]}
        ) from error


def _columns(header: list[str]) -> dict[str, int]:
    names = fields_of(header)
    if "text" not in names and "html" not in names:
        raise UnreadableCollection(
            _(
                "The first line names no column with the text: call the columns title and text, "
                "or question and answer."
            )
        )
    return {field: header.index(name) for field, name in names.items()}


def _delimiter(line: str) -> str:
    """The one by which the first line falls into the most names that are known."""
    return max(_DELIMITERS, key=lambda mark: (len(fields_of(_cells(line, mark))), line.count(mark)))


def _cells(line: str, delimiter: str) -> list[str]:
    try:
        return next(csv.reader([line], delimiter=delimiter), [])
    except csv.Error:
        return []
