"""What is measured of one draft beside the reply that the team sent: `measure`. Pure.

The deciding one is `score` (`training.sweeps.scoring`); the others say what kind of better or worse
it is. All are of the text as the model wrote it: what cleaning would take out counts against it.
"""

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Final

from rapidfuzz.distance import LCSseq

from llm.cleaning.supporting import content
from text.language import detect
from text.persian import terms, words
from training.sweeps.scoring import figures

NAMES: Final = (
    "score",
    "chrf",
    "rouge_l",
    "groundedness",
    "length_ratio",
    "right_language",
    "refusal",
    "repetition",
    "loss",
    "seconds",
)
"""What two versions can be compared on."""

_REFUSALS: Final = re.compile(
    r"colleague (?:of (?:mine|ours) )?will (?:look|check|get back|contact|answer|reply)"
    r"|\bI(?:'m| am) (?:sorry, but I|not able to|unable to)\b"
    r"|\bI (?:cannot|can['’]t) (?:help|answer)"
    r"|\bas an AI\b|\bwe will ask\b"
    r"|همکار(?:ان|انمان|ی|م)?(?: \S+){0,3} (?:بررسی|پیگیری|پاسخ|جواب)"
    r"|نمی.?توان(?:م|یم) (?:پاسخ|کمک|جواب)|(?:پاسخ|جواب)(?:ش|ی)? را نمی.?دان"
    r"|колег\w*(?: \S+){0,3} (?:перевір|розгля|відпові|зв.яж)\w*"
    r"|не (?:можу|можемо) (?:допомогти|відповісти)"
    r"|(?:עמית|נציג)(?: \S+){0,3} (?:יבדוק|יטפל|יחזור|יענה)"
    r"|(?:לא|איני|איננו) (?:יכול|יכולה|יכולים) (?:לעזור|לענות)",
    re.IGNORECASE,
)
"""Set phrases of four languages, and what a layout tells a model to say where it knows nothing."""


@dataclass(frozen=True)
class Measures:
    """`score`, `chrf` and `rouge_l` from 0 to 100; `length_ratio` 1.0 for the team's length; the
    others from 0 to 1, the last two 0 or 1. `groundedness`: None where search found nothing."""

    score: float
    chrf: float
    rouge_l: float
    groundedness: float | None
    length_ratio: float
    repetition: float
    right_language: float
    refusal: float

    def as_data(self) -> dict[str, float]:
        return {name: value for name, value in asdict(self).items() if value is not None}


def measure(draft: str, reference: str, *, sources: Sequence[str], lang: str) -> Measures:
    """`lang`: the row's, for a reply without a letter to judge by."""
    found = figures(draft, reference)
    wanted = detect(reference, default=lang)
    return Measures(
        score=found.score,
        chrf=found.chrf,
        rouge_l=round(rouge_l(draft, reference), 3),
        groundedness=round(groundedness(draft, sources), 4) if sources else None,
        length_ratio=found.length_ratio,
        repetition=found.repetition,
        right_language=float(bool(draft.strip()) and detect(draft, default=wanted) == wanted),
        refusal=float(refuses(draft) and not refuses(reference)),
    )


def rouge_l(draft: str, reference: str) -> float:
    """The F1 of the longest common subsequence of words (Lin 2004), from 0 to 100."""
    said, wanted = words(draft), words(reference)
    if not said or not wanted:
        return 0.0
    return 200.0 * float(LCSseq.similarity(said, wanted)) / (len(said) + len(wanted))


def groundedness(draft: str, sources: Sequence[str]) -> float:
    """The share of the draft's content words (stems, without courtesy) that its sources have; 1.0
    for one that only greets, 0.0 for an empty one."""
    said = content(draft)
    if not said:
        return float(bool(draft.strip()))
    known = {term for one in sources for term in terms(one)}
    return sum(term in known for term in said) / len(said)


def refuses(text: str) -> bool:
    """Whether it puts the customer off instead of answering."""
    return _REFUSALS.search(text) is not None
