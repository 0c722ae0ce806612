"""People's names and postal addresses: what no checksum tells.

Public entry: `candidates(reading)`, registered among the detectors of names. Persian names come
from a small tagger of our own (`tagger`), a list of words and first names (`lexicon`) and the words
around (`introduced`); the other languages' from the words around alone (`context`); addresses from
their keywords (`address`). Data files and their licences: `data/`.
"""

import re
from collections.abc import Iterator

from text.privacy.names import address, person
from text.privacy.names.words import split
from text.privacy.reading import Reading
from text.privacy.spans import Candidate

_PERSIAN = re.compile(r"[آ-ی]{2}")


def candidates(reading: Reading) -> Iterator[Candidate]:
    form = reading.form
    words = split(form) if _PERSIAN.search(form) else []
    yield from address.candidates(form, words)
    yield from person.candidates(form, words)
