"""Labelled sentences for the tagger: tweets with spans, ticket lines of our own, clean answers.

Public entries: `read`, `swapped` (the same sentences with other names in them, so that the tagger
learns the places of names and not only the names), `of_lines`, `clean`.
"""

import json
import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from text.persian import detection_form
from text.privacy.names.words import Word, split
from training.name_tagging.ticket_lines import Line

OTHER, BEGIN, INSIDE, PLACE, GROUP, THING = range(6)
LABELS: Final = 6
_LABEL_OF: Final = {
    "PERSON": BEGIN,
    "LOC": PLACE,
    "ORG": GROUP,
    "POG": GROUP,
    "NAT": THING,
    "EVE": THING,
}
_OTHER_TRIES = 6


@dataclass(frozen=True)
class Row:
    words: list[str]
    labels: list[int]
    places: list[tuple[int, int]] = field(default_factory=list, repr=False)
    persons: list[tuple[int, int]] = field(default_factory=list, repr=False)
    """In the text, as labelled."""
    text: str = field(default="", repr=False)


def read(path: Path, split_name: str) -> list[Row]:
    """JSON lines {"text", "spans": [{"start", "end", "label"}], "split"}."""
    with path.open(encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    return [_row(row) for row in rows if row["split"] == split_name]


def _row(row: Mapping[str, Any]) -> Row:
    words = split(detection_form(row["text"]))
    labels = [OTHER] * len(words)
    for span in row["spans"]:
        label = _LABEL_OF[span["label"]]
        inside = [n for n, word in enumerate(words) if _meets(word, span["start"], span["end"])]
        for number, place in enumerate(inside):
            labels[place] = INSIDE if label == BEGIN and number else label
    persons = [(s["start"], s["end"]) for s in row["spans"] if s["label"] == "PERSON"]
    places = [(word.start, word.end) for word in words]
    return Row([word.text for word in words], labels, places, persons, row["text"])


def _meets(word: Word, start: int, end: int) -> bool:
    return word.start < end and word.end > start


def of_lines(lines: Iterable[Line]) -> list[Row]:
    rows = []
    for line, persons in lines:
        labels = []
        for place, person in enumerate(persons):
            inside = person and place > 0 and persons[place - 1]
            labels.append(INSIDE if inside else BEGIN if person else OTHER)
        rows.append(Row(line, labels))
    return rows


def clean(texts: Iterable[str]) -> list[Row]:
    """Texts that name nobody."""
    split_texts = ([word.text for word in split(detection_form(text))] for text in texts)
    return [Row(words, [OTHER] * len(words)) for words in split_texts if words]


def swapped(
    rows: Sequence[Row], *, firsts: Sequence[str], lasts: Sequence[str], seed: int
) -> list[Row]:
    """A copy of each row with a name in it, most names replaced by another of as many words."""
    rng = random.Random(seed)  # noqa: S311 - a training set
    known: dict[int, list[list[str]]] = {}
    for row in rows:
        for label, mention in _mentions(row):
            if label != OTHER:
                known.setdefault(label, []).append(mention)
    made = []
    for row in rows:
        if not {BEGIN, PLACE, GROUP} & set(row.labels):
            continue
        words: list[str] = []
        labels: list[int] = []
        for label, mention in _mentions(row):
            chosen = mention
            if label != OTHER and rng.random() < (0.7 if label == BEGIN else 0.3):
                if label == BEGIN and rng.random() < 0.3:
                    chosen = _invented(rng, firsts, lasts, len(mention))
                else:
                    tries = (rng.choice(known[label]) for _ in range(_OTHER_TRIES))
                    chosen = next((one for one in tries if len(one) == len(mention)), mention)
            words += chosen
            rest = INSIDE if label == BEGIN else label
            labels += [label] + [rest] * (len(chosen) - 1)
        made.append(Row(words, labels))
    return made


def _mentions(row: Row) -> Iterator[tuple[int, list[str]]]:
    """(label, words): each run of one label, names whole."""
    place = 0
    while place < len(row.words):
        label = row.labels[place]
        rest = INSIDE if label == BEGIN else label
        end = place + 1
        while end < len(row.words) and label != OTHER and row.labels[end] == rest:
            end += 1
        yield label, row.words[place:end]
        place = end


def _invented(
    rng: random.Random, firsts: Sequence[str], lasts: Sequence[str], count: int
) -> list[str]:
    if count == 1:
        return [rng.choice(firsts if rng.random() < 0.6 else lasts)]
    return [rng.choice(firsts), *(rng.choice(lasts) for _ in range(count - 1))]
