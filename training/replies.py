"""Standard replies: which past answers are wordings of one and the same.

Public entries: `group` (a number per answer), `nearest` (which of several texts is most alike).
Teams answer from standard replies and change a phrase here and there; texts that share most of
their three-letter pieces are taken for the same reply. Pure.
"""

from collections.abc import Sequence
from typing import Final

from training.nearby import Nearby, counted

SAME: Final = 0.55
"""Share of common pieces from which on two answers are the same reply. Answers of one standard
reply in the sample company stand above 0.7, of different ones below 0.35."""


def pieces(text: str) -> frozenset[str]:
    """Three-letter pieces of the text's words."""
    return frozenset(
        f" {word} "[start : start + 3] for word in text.split() for start in range(len(word))
    )


def likeness(first: frozenset[str], second: frozenset[str]) -> float:
    """Jaccard: common pieces over all; 0 for two empty texts."""
    union = len(first | second)
    return len(first & second) / union if union else 0.0


def group(answers: Sequence[str]) -> list[int]:
    """For each answer the number of its reply; replies are numbered as they first appear, and the
    first answer of a reply is what later ones are held against."""
    distinct = {answer: pieces(answer) for answer in answers}
    leaders = Nearby(least=SAME, frequency=counted(distinct.values()))
    numbers: dict[str, int] = {}
    for answer, own in distinct.items():
        found = leaders.best(own)
        numbers[answer] = leaders.add(own) if found is None else found
    return [numbers[answer] for answer in answers]


def nearest(text: str, candidates: Sequence[frozenset[str]]) -> int:
    """The place of the candidate that holds most of the text's pieces; the first of equals."""
    own = pieces(text)
    return max(range(len(candidates)), key=lambda place: (len(own & candidates[place]), -place))
