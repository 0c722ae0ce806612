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
    r"|(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?![\d.]?\d)"  # IPv4
    r"|(?<![\d.])v?\d{1,5}(?:\.\d{1,5}){2,3}(?!\d)(?!\.\d)"  # versions
    r"|\b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b",  # UUIDs
    re.IGNORECASE,
)


def candidates(reading: Reading) -> Iterator[Candidate]:
    for found in _GUARDS.finditer(reading.form):
        weight = 96 if len(found.group()) == 36 else WEIGHT
        yield Candidate(found.start(), found.end(), None, weight)
