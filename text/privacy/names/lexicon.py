"""What is known of Persian words: how common they are, and which are first names.

Public entry: `known(word)`: a `Known`, by the word without marks and ZWNJ. The list stands in
`data/lexicon.txt.gz` (its sources and licences beside it) and is read once, when first asked.
"""

import gzip
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

DATA: Final = Path(__file__).parent / "data"


class Known(NamedTuple):
    """`sort`: n noun, m noun and adjective, a adjective, p plural, o other noun, x other,
    0 without a sort, - not in the dictionary. `common`: decimal digits of its count in a large
    corpus, - where it was not counted. `first`: 0 no first name, 1 to 4 rare to frequent."""

    sort: str
    common: str
    first: int
    last: bool
    place: bool


UNKNOWN: Final = Known("-", "-", 0, False, False)


def known(word: str) -> Known:
    code = _codes().get(word)
    return UNKNOWN if code is None else _decoded(code)


def has(word: str) -> bool:
    return word in _codes()


def first_names(*, at_least: int) -> list[str]:
    """Those of this frequency (1 to 4), in alphabetical order."""
    return [word for word, code in sorted(_codes().items()) if int(code[2]) >= at_least]


@cache
def _decoded(code: str) -> Known:
    return Known(code[0], code[1], int(code[2]), "l" in code[3:], "p" in code[3:])


@cache
def _codes() -> dict[str, str]:
    shared: dict[str, str] = {}
    with gzip.open(DATA / "lexicon.txt.gz", "rt", encoding="utf-8") as lines:
        codes = {}
        for line in lines:
            word, code = line.rstrip("\n").split("\t")
            codes[word] = shared.setdefault(code, code)
        return codes
