"""Lines of a file of any size and encoding: `read_lines(path, progress=…)`.

A file with a mark is read in its encoding; without one every line is UTF-8 or windows-1256 by
itself, because programs append to what others wrote. A line that is neither is given as a problem,
and the others go on. Nothing longer than MAX_LINE_CHARACTERS is ever held.
"""

import codecs
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Final

from django.utils.translation import gettext as _

from runtime.errors import InputError
from text.decoding import decode_line, encoding_of_mark

MAX_LINE_CHARACTERS: Final = 2_000_000
SNIFFED: Final = 65_536
_NOT_TEXT = "\ufffd"


class BadHistoryFile(InputError):
    """A file cannot be read at all."""


@dataclass(frozen=True, slots=True)
class Line:
    """`text` with its line end; None where it cannot be read, and `error` says why."""

    number: int
    text: str | None = field(repr=False)
    error: str = ""


def read_lines(
    path: Path, *, progress: Callable[[int], None] = lambda read_bytes: None
) -> Iterator[Line]:
    """`progress` gets how many bytes are read, now and then."""
    with path.open("rb") as file:
        yield from lines_of(file, progress=progress)


def lines_of(
    file: IO[bytes], *, progress: Callable[[int], None] = lambda read_bytes: None
) -> Iterator[Line]:
    """Of an open file, which must be able to go back to its start (an entry of an archive, say)."""
    encoding = encoding_of_mark(file.read(4))
    file.seek(0)
    if encoding is None or encoding == "utf-8-sig":
        yield from _each_by_itself(file, progress)
    else:
        yield from _of_one_encoding(file, encoding, progress)


def read_start(path: Path) -> bytes:
    """Enough to see what the file is. Raises BadHistoryFile."""
    try:
        with path.open("rb") as file:
            return file.read(SNIFFED)
    except OSError as error:
        raise BadHistoryFile(
            _("%(file)s cannot be read: %(why)s") % {"file": path, "why": error.strerror}
        ) from error


def _each_by_itself(file: IO[bytes], progress: Callable[[int], None]) -> Iterator[Line]:
    done = 0
    for number, raw in enumerate(_pieces(file), 1):
        if raw is None:
            yield Line(number, None, _("The line is too long."))
            continue
        done += len(raw)
        if number % 1000 == 0:
            progress(done)
        text = decode_line(raw.removeprefix(codecs.BOM_UTF8) if number == 1 else raw)
        if text is None:
            yield Line(number, None, _("The line is neither UTF-8 nor windows-1256."))
        elif "\0" in text:
            yield Line(number, None, _("The line is no text."))
        else:
            yield Line(number, text)
    progress(file.tell())


def _pieces(file: IO[bytes]) -> Iterator[bytes | None]:
    """Lines, None for one that is too long (and is not kept in memory)."""
    while raw := file.readline(MAX_LINE_CHARACTERS):
        if raw.endswith(b"\n") or len(raw) < MAX_LINE_CHARACTERS:
            yield raw
            continue
        while (rest := file.readline(MAX_LINE_CHARACTERS)) and not rest.endswith(b"\n"):
            pass
        yield None


def _of_one_encoding(
    file: IO[bytes], encoding: str, progress: Callable[[int], None]
) -> Iterator[Line]:
    """UTF-16 and UTF-32. What is cut off or broken shows as U+FFFD in its line."""
    reader = codecs.getreader(encoding)(file, "replace")
    number = 0
    while text := reader.readline(MAX_LINE_CHARACTERS):
        number += 1
        if len(text) >= MAX_LINE_CHARACTERS and not text.endswith("\n"):
            while (rest := reader.readline(MAX_LINE_CHARACTERS)) and not rest.endswith("\n"):
                pass
            yield Line(number, None, _("The line is too long."))
        elif _NOT_TEXT in text:
            yield Line(number, None, _("The line is no valid text in its encoding."))
        else:
            yield Line(number, text)
        if number % 1000 == 0:
            progress(file.tell())
    progress(file.tell())
