"""Objects of a JSON file, one at a time: `read_objects(path, …)`.

JSONL, an object a line; or one document, `[{…}, …]` or `{"tickets": [{…}, …]}`, of any size: its
objects are cut out of the text as it comes, so that only one is ever held.
"""

import codecs
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

from django.utils.translation import gettext as _

from text.decoding import WINDOWS_1256, encoding_of_mark, looks_like_windows_1256
from tickets.importing.lines import read_lines
from tickets.importing.records import FileProblem

MAX_OBJECT_CHARACTERS: Final = 16_000_000
_STEP: Final = 256 * 1024
_BEFORE = r'(?:\s*"[^"]{0,100}"\s*:\s*(?:"[^"]{0,500}"|[\w.+-]{1,40})\s*,){0,20}'
_LIST_BEGINS = re.compile(rf'\ufeff?\s*(?:\{{{_BEFORE}\s*"(?:tickets|results|requests)"\s*:\s*)?\[')
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|["{}\]]', re.DOTALL)
Objects = Iterator[tuple[int, dict[str, Any]] | FileProblem]


def is_document(start: str) -> bool:
    """One JSON document, not an object a line."""
    return _LIST_BEGINS.match(start) is not None


def read_objects(path: Path, *, document: bool, progress: Callable[[int], None]) -> Objects:
    """(line, object), or what is wrong with it."""
    return (_of_document if document else _of_lines)(path, progress)


def _of_lines(path: Path, progress: Callable[[int], None]) -> Objects:
    source = str(path)
    for line in read_lines(path, progress=progress):
        if line.text is None:
            yield FileProblem(source, line.number, line.error)
        elif line.text.strip():
            row = _parsed(line.text)
            if isinstance(row, dict):
                yield line.number, row
            elif row is None:
                yield FileProblem(source, line.number, _("The line is no JSON."))
            else:
                yield FileProblem(source, line.number, _("The line is no JSON object."))


def _of_document(path: Path, progress: Callable[[int], None]) -> Objects:
    source = str(path)
    pieces = _pieces(path, progress)
    waiting = next(pieces, "")
    begins = _LIST_BEGINS.match(waiting)
    done = begins.end() if begins else 0
    line = 1 + waiting.count("\n", 0, done)
    while True:
        for start, end in _whole_objects(waiting, done):
            if start == end:  # the list ends; what follows are users, groups and the like
                return
            line += waiting.count("\n", done, start)
            row = _parsed(waiting[start:end])
            if "\ufffd" in waiting[start:end]:
                yield FileProblem(source, line, _("The object is no valid text."))
            elif isinstance(row, dict):
                yield line, row
            else:
                yield FileProblem(source, line, _("The object is no JSON."))
            line += waiting.count("\n", start, end)
            done = end
        waiting, done = waiting[done:], 0
        if len(waiting) > MAX_OBJECT_CHARACTERS:
            yield FileProblem(source, line, _("From here on the file is no list of objects."))
            return
        # A longer piece each time, or a great object would be looked through again and again.
        more = list(_some(pieces, len(waiting)))
        if not more:
            break
        waiting += "".join(more)
    if "{" in waiting:
        line += waiting.count("\n", 0, waiting.index("{"))
        yield FileProblem(source, line, _("The file ends within an object."))


def _some(pieces: Iterator[str], size: int) -> Iterator[str]:
    taken = 0
    for piece in pieces:
        yield piece
        taken += len(piece)
        if taken >= size:
            return


def _whole_objects(text: str, position: int) -> Iterator[tuple[int, int]]:
    """Where the outermost objects of a list stand; at last the empty span where the list ends."""
    depth = start = 0
    for token in _TOKEN.finditer(text, position):
        mark = token.group()
        if mark == "{":
            if depth == 0:
                start = token.start()
            depth += 1
        elif mark == "}" and depth:
            depth -= 1
            if depth == 0:
                yield start, token.end()
        elif mark == "]" and not depth:
            yield token.end(), token.end()
        elif mark == '"':
            return  # a string that does not end in what was read so far


def _pieces(path: Path, progress: Callable[[int], None]) -> Iterator[str]:
    with path.open("rb") as file:
        encoding = _encoding(file.read(_STEP))
        file.seek(0)
        decoder = codecs.getincrementaldecoder(encoding)(errors="replace")
        while raw := file.read(_STEP):
            progress(file.tell())
            yield decoder.decode(raw)
        yield decoder.decode(b"", final=True)


def _encoding(start: bytes) -> str:
    marked = encoding_of_mark(start)
    if marked is not None:
        return marked
    try:
        codecs.getincrementaldecoder("utf-8")().decode(start)
    except UnicodeDecodeError:
        return WINDOWS_1256 if looks_like_windows_1256(start) else "utf-8"
    return "utf-8"


def _parsed(text: str) -> Any:
    """None where it is no JSON."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
