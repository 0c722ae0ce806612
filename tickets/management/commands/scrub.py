"""`manage.py scrub [FILE]`: a text a line in, placeholders out."""

import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from runtime.batches import batches
from runtime.commands import JsonCommand, Outcome
from runtime.errors import InputError
from text.privacy import Masked, mask
from tickets.second_opinion.opening import SecondOpinion, required

MAX_LINE_CHARACTERS = 1_000_000
LINES_TOGETHER = 64
"""That a name model reads at once."""


class Unreadable(InputError):
    """The input is not there, no UTF-8, or has a line beyond the limit."""


class Command(JsonCommand):
    help = "Replace personal data in a text a line (a file, or standard input) by placeholders."
    json_lines = True
    needs_database = False

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", nargs="?", type=Path, metavar="FILE")

    def run(self, *, file: Path | None, **options: Any) -> Outcome:
        if file is None:
            sys.stdin.reconfigure(encoding="utf-8", newline="\n")  # type: ignore[union-attr]
            lines, together = _lines(sys.stdin), 1  # whoever writes a line may wait for it
        else:
            lines, together = _lines_of(file), LINES_TOGETHER
        opinion = required(titles=False)
        masked = _masked(lines, opinion, together) if opinion else (mask(line) for line in lines)
        return Outcome(data=(_as_dict(one) for one in masked), lines=(one.text for one in masked))


def _masked(lines: Iterator[str], opinion: SecondOpinion, together: int) -> Iterator[Masked]:
    for batch in batches(lines, together):
        for line, also in zip(batch, opinion.spans(batch), strict=True):
            yield mask(line, also=also)


def _as_dict(masked: Masked) -> dict[str, Any]:
    """Offsets are code points of the line as given."""
    return {
        "text": masked.text,
        "spans": [
            {"start": span.start, "end": span.end, "type": span.type} for span in masked.spans
        ],
    }


def _lines_of(path: Path) -> Iterator[str]:
    try:
        with path.open(encoding="utf-8", newline="\n") as file:
            yield from _lines(file)
    except OSError as error:
        raise Unreadable(f"{path} cannot be read: {error.strerror}") from error


def _lines(file: IO[str]) -> Iterator[str]:
    """Split on the line feed only: other line ends belong to the text and to its offsets."""
    try:
        while line := file.readline(MAX_LINE_CHARACTERS + 1):
            if len(line) > MAX_LINE_CHARACTERS:
                raise Unreadable(f"A line has more than {MAX_LINE_CHARACTERS} characters.")
            yield line.removesuffix("\n")
    except UnicodeDecodeError as error:
        raise Unreadable("The input is not UTF-8.") from error
