"""How well names are found: spans that meet a labelled one, exact spans, and words.

Public entry: `measure(rows, tagger)`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from text.privacy.names.tagger import Tagger, names_of
from training.name_tagging.rows import BEGIN, INSIDE, Row


@dataclass(frozen=True)
class Score:
    recall: float
    precision: float

    @property
    def f1(self) -> float:
        both = self.recall + self.precision
        return 2 * self.recall * self.precision / both if both else 0.0

    def __str__(self) -> str:
        return f"R {self.recall:.3f} P {self.precision:.3f} F {self.f1:.3f}"


def measure(rows: Sequence[Row], tagger: Tagger) -> dict[str, Score]:
    """Of rows with their text and labelled spans."""
    labelled = found = exact = met = right = 0
    words = words_found = words_right = 0
    for row in rows:
        labels = tagger.tag(row.words)
        spans = [(row.places[first][0], row.places[last][1]) for first, last in names_of(labels)]
        labelled += len(row.persons)
        found += len(spans)
        exact += len(set(spans) & set(row.persons))
        met += sum(_meets(one, spans) for one in row.persons)
        right += sum(_meets(one, row.persons) for one in spans)
        for gold, label in zip(row.labels, labels, strict=True):
            words += gold in (BEGIN, INSIDE)
            words_found += label in (BEGIN, INSIDE)
            words_right += gold in (BEGIN, INSIDE) and label in (BEGIN, INSIDE)
    return {
        "overlapping": Score(met / max(labelled, 1), right / max(found, 1)),
        "exact": Score(exact / max(labelled, 1), exact / max(found, 1)),
        "words": Score(words_right / max(words, 1), words_right / max(words_found, 1)),
    }


def _meets(one: tuple[int, int], others: Sequence[tuple[int, int]]) -> bool:
    return any(one[0] < end and start < one[1] for start, end in others)
