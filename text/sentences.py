"""Sentences of a Persian, English, Ukrainian or Hebrew text: `sentences(text)`."""

import re

# A mark ends a sentence only before white space ("2.4", "example.com" go on), with the quotes
# and brackets that close behind it.
_END = re.compile(r"(?<=[.!?؟؛…])([»”\"')\]]*)\s+")


def sentences(text: str) -> list[str]:
    """In order, stripped, none empty; joined they hold everything but the white space between."""
    found = []
    for line in text.splitlines():
        start = 0
        for match in _END.finditer(line):
            found.append(line[start : match.end(1)].strip())
            start = match.end()
        found.append(line[start:].strip())
    return [sentence for sentence in found if sentence]
