"""Placeholders in an answer: those of this ticket in their own spelling, no others."""

from collections.abc import Collection

from llm.cleaning.spacing import HOLE, close
from text.privacy.placeholders import pieces


def keep_known(text: str, known: Collection[str]) -> tuple[str, int]:
    """(the text with known placeholders only, how many others there were). Read as tolerantly as
    `restore` reads, so that what is left out here cannot be filled there."""
    parts = pieces(text)
    others = 0
    written = []
    for part in parts:
        if isinstance(part, str):
            written.append(part)
        elif part.name in known:
            written.append(part.name)
        else:
            others += 1
            written.append(HOLE)
    return close("".join(written)), others
