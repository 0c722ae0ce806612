"""What two texts share, by the stems of their words: `used_pieces(passage, draft)`, the sentences
of a source that a draft draws on, and `similarity(one, other)` of two questions. Pure.

Words without a subject (stop words) count for nothing, so that a sentence of them is never "used".
"""

import math
from dataclasses import dataclass

from text.persian import terms
from text.sentences import sentences

LEAST_SHARE = 0.5
"""Of a sentence's words that the draft must have."""
LEAST_WORDS = 2
"""A heading of one word stands in every draft about its subject."""


@dataclass(frozen=True)
class TextPiece:
    text: str
    used: bool


def used_pieces(passage: str, draft: str) -> list[TextPiece]:
    """The passage in pieces, joined they are the passage; `used` are the sentences that say what
    the draft says. Neighbours of a kind are one piece."""
    said = set(terms(draft))
    pieces: list[TextPiece] = []
    done = 0
    for sentence in sentences(passage):
        start = passage.index(sentence, done)
        _add(pieces, TextPiece(passage[done:start], used=False))
        done = start + len(sentence)
        _add(pieces, TextPiece(sentence, used=_is_used(sentence, said)))
    _add(pieces, TextPiece(passage[done:], used=False))
    return pieces


def similarity(one: str, other: str) -> float:
    """Words in common over the geometric mean of their numbers: 0 none, 1 the same words."""
    first, second = set(terms(one)), set(terms(other))
    if not first or not second:
        return 0.0
    return len(first & second) / math.sqrt(len(first) * len(second))


def _is_used(sentence: str, said: set[str]) -> bool:
    words = set(terms(sentence))
    shared = len(words & said)
    return shared >= LEAST_WORDS and shared / len(words) >= LEAST_SHARE


def _add(pieces: list[TextPiece], piece: TextPiece) -> None:
    if not piece.text:
        return
    if pieces and (pieces[-1].used == piece.used or not piece.text.strip()):
        last = pieces.pop()
        piece = TextPiece(last.text + piece.text, used=last.used)
    pieces.append(piece)
