"""From candidates to spans: the heaviest first, what overlaps it falls out."""

import re
from bisect import bisect_left

from text.privacy.detectors import DETECTORS
from text.privacy.reading import Reading
from text.privacy.spans import Candidate, Span

# A text without an at-sign or seven digits holds nothing that any detector finds.
_WORTH_READING = re.compile(r"[@＠]|[(\[]\s?at\s?[)\]]|\d(?:\D{0,5}\d){6}", re.IGNORECASE)


def find(text: str) -> list[Span]:
    """Personal data in `text`, in order, never overlapping. Offsets are the text's own."""
    if not _WORTH_READING.search(text):
        return []
    reading = Reading.of(text)
    proposed = [candidate for detector in DETECTORS for candidate in detector(reading)]
    return [
        Span(candidate.start, candidate.end, candidate.type)
        for candidate in _heaviest(proposed)
        if candidate.type is not None
    ]


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
