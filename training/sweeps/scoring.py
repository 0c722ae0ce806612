"""How good a draft is, as one number: `score`, and its three parts. Pure.

    score = chrF × length × (1 − repetition), from 0 to 100

chrF (Popović 2015, sacrebleu's defaults) counts common pieces of one to six letters, which suits
Persian's endings and half-spaces better than whole words. Alone it rewards no end: a draft that
says the right thing and then goes on, or says it three times, loses little. So a draft below half
or above twice the team's length loses in proportion (`length_factor`), and so does one that
repeats itself more than the team did (`repetition`: the share of four-word runs that stood in the
text before; Welleck et al. 2020).
"""

from dataclasses import dataclass
from statistics import fmean
from typing import Final

from sacrebleu.metrics.chrf import CHRF

NAME: Final = "chrf-length-repetition-1"
"""Changes with the formula: figures of another one are not compared with these."""
RUN: Final = 4


@dataclass(frozen=True)
class Figures:
    """Of one draft, or the means of several."""

    chrf: float
    length_ratio: float
    repetition: float
    score: float


def figures(draft: str, reference: str) -> Figures:
    """Of one draft beside what the team answered."""
    ratio = len(draft) / max(len(reference), 1)
    repeated = max(0.0, repetition(draft) - repetition(reference))
    similar = chrf(draft, reference)
    return Figures(
        chrf=round(similar, 3),
        length_ratio=round(ratio, 3),
        repetition=round(repeated, 3),
        score=round(similar * length_factor(ratio) * (1 - repeated), 3),
    )


def chrf(draft: str, reference: str) -> float:
    """0 to 100 for one draft; an empty one has 0."""
    return float(CHRF().sentence_score(draft, [reference]).score)


def length_factor(ratio: float) -> float:
    """1 from half to twice the length; in proportion below and above."""
    return min(1.0, 2 * ratio, 2 / ratio) if ratio > 0 else 0.0


def repetition(text: str) -> float:
    """The share of four-word runs that stood in the text before, 0 to 1."""
    words = text.split()
    runs = [tuple(words[at : at + RUN]) for at in range(len(words) - RUN + 1)]
    return 1 - len(set(runs)) / len(runs) if runs else 0.0


def means(several: list[Figures]) -> Figures:
    """Raises ValueError where there are none."""
    if not several:
        raise ValueError("no figures to take the mean of")
    return Figures(
        chrf=round(fmean(one.chrf for one in several), 3),
        length_ratio=round(fmean(one.length_ratio for one in several), 3),
        repetition=round(fmean(one.repetition for one in several), 4),
        score=round(fmean(one.score for one in several), 3),
    )
