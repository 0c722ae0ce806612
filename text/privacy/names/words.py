"""A text as words, numbers and signs, with their places: what the tagger and the address reader
read. The text is a detection form, so places are the text's own.
"""

import re
from typing import Final, NamedTuple

MARKS: Final = "\u064b-\u0652\u0670\u0640\u200c"
_LETTERS = r"[^\W\d_]+"
_TOKEN: Final = re.compile(
    rf"{_LETTERS}(?:[{MARKS}'’ʼ\"״׳]+{_LETTERS})*[{MARKS}]*|\d+|\n|[^\w\s]|_"
)
_UNSEEN: Final = re.compile(f"[{MARKS}]+")


class Word(NamedTuple):
    """One word, number or sign; `plain` is without marks and ZWNJ."""

    start: int
    end: int
    text: str


def split(form: str) -> list[Word]:
    return [Word(found.start(), found.end(), found.group()) for found in _TOKEN.finditer(form)]


def plain(text: str) -> str:
    """Without the marks and the ZWNJ that some write and some do not."""
    return _UNSEEN.sub("", text)


def listed(words: str) -> frozenset[str]:
    """Words with white space between them, as a set."""
    return frozenset(words.split())
