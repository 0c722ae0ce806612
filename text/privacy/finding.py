"""From candidates to spans: the heaviest first, what overlaps it falls out."""

from bisect import bisect_left
from collections.abc import Sequence
from typing import Final

from text.privacy.detectors import DETECTORS, NAME_DETECTORS
from text.privacy.patterns import Pattern
from text.privacy.patterns import candidates as of_patterns
from text.privacy.reading import Reading
from text.privacy.spans import Candidate, Finding, Span

_NEEDS: Final = {
    "has_digit": ("has_digit",),
    "has_number": ("has_number", "has_named_number"),
    "has_word": ("has_word", "has_name", "has_long", "has_link"),
}
"""What a text must have for another thing to be in it."""
_BY_NEED: Final = {
    most: [(needed, [detector for its, detector in DETECTORS if its == needed]) for needed in needs]
    for most, needs in _NEEDS.items()
}


def find(text: str, *, patterns: Sequence[Pattern] = (), names: bool = True) -> list[Span]:
    """Personal data in `text`, in order, never overlapping. Offsets are the text's own. `patterns`
    are a company's own; `names=False` leaves people's names and addresses out."""
    return [
        Span(one.start, one.end, one.type)
        for one in _candidates(text, patterns, names)
        if one.type is not None
    ]


def explain(text: str, *, patterns: Sequence[Pattern] = (), names: bool = True) -> list[Finding]:
    """What `find` finds, with the weight and the reasons of each."""
    return [
        Finding(one.start, one.end, one.type, one.weight, one.reasons)
        for one in _candidates(text, patterns, names)
        if one.type is not None
    ]


def _candidates(text: str, patterns: Sequence[Pattern], names: bool) -> list[Candidate]:
    reading = Reading.of(text)
    proposed: list[Candidate] = []
    for most, needs in _BY_NEED.items():
        if getattr(reading, most):
            for needed, detectors in needs:
                if needed == most or getattr(reading, needed):
                    for detector in detectors:
                        proposed += detector(reading)
    if patterns:
        proposed += of_patterns(reading, patterns)
    if names:
        for detector in NAME_DETECTORS:
            proposed += detector(reading)
    return _heaviest(proposed) if len(proposed) > 1 else proposed


def _heaviest(proposed: list[Candidate]) -> list[Candidate]:
    """In order of place. Ties: the longer, then the earlier."""
    starts: list[int] = []
    kept: list[Candidate] = []
    for candidate in sorted(
        proposed, key=lambda one: (-one.weight, one.start - one.end, one.start, one.type or "")
    ):
        place = bisect_left(starts, candidate.start)
        free_before = place == 0 or kept[place - 1].end <= candidate.start
        free_after = place == len(kept) or candidate.end <= kept[place].start
        if free_before and free_after:
            starts.insert(place, candidate.start)
            kept.insert(place, candidate)
    return kept
