"""Plain text files: `read(text, name=…)`. Paragraphs stand between blank lines."""

from pathlib import PurePosixPath

from kb.importing.document import Document, make_document
from kb.importing.escaping import escape, escape_start

MAX_TITLE_LINE = 120


def read(text: str, *, name: str) -> Document:
    """The title is the first line if it looks like one (short, and no sentence), else the file's
    name. Marks that Markdown would read are escaped; "- " and "1. " stay, as lists."""
    lines = text.strip().split("\n")
    first = lines[0].strip()
    title = PurePosixPath(name).stem
    if len(first) <= MAX_TITLE_LINE and not first.endswith((".", "،", ",", "؛", ";", ":")):
        title, lines = first, lines[1:] or [first]
    body = "\n".join(_line(line) for line in lines)
    return make_document(external_id=name, title=title, text=body)


def _line(line: str) -> str:
    line = line.strip()
    start = line.split(" ", 1)[0]
    is_item = start in ("-", "+") or start.rstrip(".)").isdecimal()
    return escape(line) if is_item else escape_start(escape(line))
