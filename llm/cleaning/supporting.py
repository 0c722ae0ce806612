"""How much of an answer its sources say, and how far answers are from each other.

Both compare stems of words without those that carry no subject (`text.persian.terms`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Final

from text.persian import terms
from text.privacy.placeholders import without_placeholders

_LEAST_TERMS: Final = 3
_COURTESY: Final = frozenset(
    terms(
        "hello hi dear thanks thank please regards best kind day welcome glad happy sorry"
        " سلام وقت وقتتان بخیر خوش خسته نباشید ممنون متشکر سپاس لطفا لطفاً عزیز گرامی درود احترام"
        " روز پیام پیامتان وقتتون"
        " вітаю вітаємо дякуємо дякую добрий день будь ласка шановний"
        " שלום תודה בבקשה היי יום טוב"
    )
)


@dataclass(frozen=True)
class SourceText:
    """What one source says, under the number that the desk shows."""

    number: int
    text: str
    url: str = ""


def support(text: str, sources: Sequence[SourceText]) -> float:
    """The share of the answer's content words that stand in the sources: 1.0 for one that says
    next to nothing, as a greeting does."""
    said = content(text)
    if len(said) < _LEAST_TERMS:
        return 1.0
    known = {term for one in sources for term in terms(one.text)}
    return sum(term in known for term in said) / len(said)


def disagree(texts: Sequence[str]) -> float:
    """0.0 where all say the same, 1.0 where no two share a word: one less the mean over all pairs
    of the share of words that both have."""
    told = [content(text) for text in texts if text.strip()]
    pairs = list(combinations(told, 2))
    if not pairs:
        return 0.0
    return 1.0 - sum(len(a & b) / max(len(a | b), 1) for a, b in pairs) / len(pairs)


def content(text: str) -> set[str]:
    return set(terms(without_placeholders(text))) - _COURTESY
