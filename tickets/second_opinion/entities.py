"""From what a model says of tokens to stretches of a text: `entities(text, …)`. Pure.

A long text is read in windows that overlap; of a token that two have read, the one counts in which
it stands further from an edge. A word is what its first token says: models are trained so, and what
they say of a word's other tokens may mean nothing. Words joined by ZWNJ are one word.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from tickets.second_opinion.labels import Labels

_PIECE = r"[\w\u0300-\u036f\u0591-\u05c7\u064b-\u0652\u0670]+"
_WORD = re.compile(rf"{_PIECE}(?:[\u200c\u200d'’\u05f3\u05f4\-]+{_PIECE})*")
_CLOSE = re.compile(r"[^\S\n]{0,3}|\.[^\S\n]?|[\u200c\u200d\s]{1,3}")


@dataclass(frozen=True)
class Window:
    """Tokens `first`, `first` + 1, … of a text: where they stand in it (start, end), and for each
    label how likely it is. `opens`, `closes`: the text begins or ends with it."""

    first: int
    places: NDArray[np.int64] = field(repr=False)
    scores: NDArray[np.float32] = field(repr=False)
    opens: bool = True
    closes: bool = True


@dataclass(frozen=True)
class Entity:
    start: int
    end: int
    type: str
    score: float


@dataclass(frozen=True)
class _Word:
    start: int
    end: int
    type: str
    score: float
    name: str
    begins: bool


def entities(text: str, windows: Sequence[Window], labels: Labels) -> list[Entity]:
    """In order, never overlapping. The score is the mean of the words'."""
    found: list[Entity] = []
    run: list[_Word] = []
    for word in _words(text, windows, labels):
        if run and not _goes_on(run[-1], word, text):
            found.append(_entity(run))
            run = []
        run.append(word)
    if run:
        found.append(_entity(run))
    return found


def _entity(run: Sequence[_Word]) -> Entity:
    score = sum(word.score for word in run) / len(run)
    return Entity(run[0].start, run[-1].end, run[0].type, score)


def _goes_on(before: _Word, word: _Word, text: str) -> bool:
    if before.type != word.type or (word.begins and word.name == before.name):
        return False
    between = text[before.end : word.start]
    return "\n" not in between and _CLOSE.fullmatch(between) is not None


def _words(text: str, windows: Sequence[Window], labels: Labels) -> Iterator[_Word]:
    """Those that the model takes for a part of something that matters."""
    types = sorted({type_ for type_ in labels.types if type_})
    columns = {type_: [n for n, one in enumerate(labels.types) if one == type_] for type_ in types}
    tokens = _tokens(windows)
    token = next(tokens, None)
    for match in _WORD.finditer(text):
        while token is not None and token[1] <= match.start():
            token = next(tokens, None)
        if token is None:
            return
        start, _end, scores = token
        if start >= match.end():  # the model's tokenizer has left this word out
            continue
        by_type = {type_: float(scores[columns[type_]].sum()) for type_ in types}
        best = max(types, key=by_type.__getitem__)
        if by_type[best] <= 0.5:
            continue
        label = max(columns[best], key=scores.__getitem__)
        yield _Word(
            match.start(),
            match.end(),
            best,
            by_type[best],
            labels.names[label],
            labels.begins[label],
        )


def _tokens(windows: Iterable[Window]) -> Iterator[tuple[int, int, NDArray[np.float32]]]:
    """Each token of the text once, in order, without those that stand for nothing in it."""
    best: dict[int, tuple[int, int, int, NDArray[np.float32]]] = {}
    for window in windows:
        count = len(window.places)
        for place in range(count):
            before = count if window.opens else place
            after = count if window.closes else count - 1 - place
            margin = min(before, after)
            number = window.first + place
            if number not in best or margin > best[number][0]:
                start, end = (int(one) for one in window.places[place])
                best[number] = (margin, start, end, window.scores[place])
    for number in sorted(best):
        _margin, start, end, scores = best[number]
        if start < end:
            yield start, end, scores
