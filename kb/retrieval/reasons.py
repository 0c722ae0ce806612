"""Why a passage was found: `Why`, with `lines()` for people and `as_json()` for programs.

Figures come with the result. Which words matched is read from the index only when somebody asks,
once for all results of a search: drafts and evaluations never do.
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from kb.retrieval.candidates import Scope
from kb.retrieval.fusion import Parts
from kb.retrieval.lexical import matches
from runtime.templatetags.desk_text import digits

MAX_SHOWN = 8
_IN = {
    "title": gettext_noop("In the title: %(words)s"),
    "headings": gettext_noop("In the headings: %(words)s"),
    "url": gettext_noop("In the address: %(words)s"),
    "text": gettext_noop("In the text: %(words)s"),
}


@dataclass
class Matches:
    """The query's words in the passages of one search."""

    query: str
    where: Scope
    ids: Collection[int]

    @cached_property
    def found(self) -> dict[int, dict[str, list[str]]]:
        return matches(self.query, self.where, self.ids)


@dataclass(frozen=True)
class Why:
    """`covered`: how much of the query the passage says, from 0 to 1. `cosine`: None where there
    was no vector. `question`: the known question that led here, and how near it is. `parts`: what
    each kind of evidence gave to the score."""

    chunk_id: int
    covered: float = 0.0
    cosine: float | None = None
    question: str = ""
    question_score: float = 0.0
    parts: Parts = field(default_factory=Parts)
    likely: float = 0.0
    """That the best passage of this search answers (`kb.retrieval.calibration`)."""
    matches: Matches | None = field(default=None, repr=False, compare=False)

    @property
    def words(self) -> dict[str, list[str]]:
        """The query's words by the field that they stand in."""
        return self.matches.found.get(self.chunk_id, {}) if self.matches else {}

    @property
    def shares(self) -> dict[str, float]:
        """Of the score, from 0 to 1: words, title, meaning, question; only those that count."""
        parts = self.parts
        each = {name: getattr(parts, name) for name in ("words", "title", "meaning", "question")}
        whole = parts.total
        return {name: round(part / whole, 3) for name, part in each.items() if part > 0}

    def lines(self) -> list[str]:
        """Short reasons in the reader's language, the most telling first."""
        found = []
        if self.question:
            found.append(_("Known question: %(question)s") % {"question": self.question})
        for name, words in self.words.items():
            found.append(_(_IN[name]) % {"words": ", ".join(dict.fromkeys(words[:MAX_SHOWN]))})
        if self.cosine is not None:
            cosine = digits(Decimal(f"{self.cosine:.2f}"))
            found.append(_("Meaning: %(cosine)s") % {"cosine": cosine})
        if not found and self.covered:
            found.append(_("Parts of words alike"))
        return found

    def as_json(self) -> dict[str, Any]:
        return {
            "words": self.words,
            "covered": round(self.covered, 4),
            "cosine": None if self.cosine is None else round(self.cosine, 4),
            "question": self.question,
            "question_score": round(self.question_score, 4),
            "shares": self.shares,
        }
