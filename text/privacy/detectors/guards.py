"""What looks like personal data and is none: dates, addresses on the net, versions, UUIDs."""

import re
from collections.abc import Iterator

from text.privacy.reading import Reading
from text.privacy.spans import Candidate

WEIGHT = 68
"""Above what is only likely, below what a checksum or a clear shape says."""

_GUARDS = re.compile(
    r"(?<!\d)(?:1[34]\d\d|19\d\d|20\d\d)([-/.])\d{1,2}\1\d{1,2}(?!\d)"  # 1403/05/12, 2024-05-12
    r"|(?<!\d)\d{1,2}([-/.])\d{1,2}\2(?:1[34]\d\d|19\d\d|20\d\d)(?!\d)"  # 12/05/2024
    r"|(?<![\d.])(?!0\d)(?:\d{1,3}\.){3}\d{1,3}(?![\d.]?\d)"  # IPv4
    r"|(?<![\d.])(?!0\d)\d{1,5}(?:\.\d{1,5}){2,3}(?!\d)(?!\.\d)"  # versions
)
_UUID = re.compile(r"\b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b")
_UUIDS_MIDDLE = re.compile(r"-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-")
_EITHER_SIDE = 40


def candidates(reading: Reading) -> Iterator[Candidate]:
    """Only where numbers are."""
    form, small = reading.form, reading.small
    done = 0
    runs = reading.runs
    named = bool(runs) and _UUIDS_MIDDLE.search(small) is not None
    for run in runs:
        part = form[run.start : run.end]
        if part.count(".") > 1 or part.count("/") > 1 or part.count("-") > 1:
            for found in _GUARDS.finditer(form, run.start, min(len(form), run.end + 2)):
                yield Candidate(found.start(), found.end(), None, WEIGHT)
        if named:
            begin, end = max(done, run.start - _EITHER_SIDE), run.end + _EITHER_SIDE
            for found in _UUID.finditer(small, begin, end):
                done = found.end()
                yield Candidate(found.start(), found.end(), None, 96)
