"""JSONL and JSON of our own shape: `read(path, options)`; see `rows` for the fields."""

from collections.abc import Iterator
from pathlib import Path

from text.decoding import decode_line, encoding_of_mark
from tickets.importing.json_objects import is_document, read_objects
from tickets.importing.lines import read_start
from tickets.importing.records import FileProblem, ReadingOptions, Record
from tickets.importing.rows import past_conversation


def looks_like(start: str) -> bool:
    return start.lstrip("\ufeff \t\r\n")[:1] in ("{", "[")


def start_of(path: Path) -> str:
    """The first characters of a file in any encoding; "" where it is no text."""
    raw = read_start(path)
    encoding = encoding_of_mark(raw)
    if encoding is not None:
        return raw.decode(encoding, "ignore")
    if b"\0" in raw:
        return ""
    lines = raw.splitlines(keepends=True)
    if len(lines) > 1:
        lines.pop()  # it may end within a letter
        return "".join(decode_line(line) or "" for line in lines)
    return decode_line(raw) or raw.decode("utf-8", "ignore")


def read(path: Path, options: ReadingOptions) -> Iterator[Record]:
    document = is_document(start_of(path))
    for found in read_objects(path, document=document, progress=options.progress):
        if isinstance(found, FileProblem):
            yield found
        else:
            line, row = found
            yield from past_conversation(row, source=str(path), line=line)
