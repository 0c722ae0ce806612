"""From candidates to spans: the heaviest first, what overlaps it falls out."""

import re
from bisect import bisect_left
from typing import Final

from text.privacy.detectors import DETECTORS
from text.privacy.reading import Reading
from text.privacy.spans import Candidate, Span

# A text without these and without seven digits holds nothing that any detector finds. Substrings
# first: they are quicker than one expression.
_TRIGGERS: Final = re.findall(
    r"\S+",
    "@ ＠ %40 &#64; = :// dot دات pass pwd ramz رمز پسو واژه عبور otp code kod کد "
    "cvv cvc سی exp valid انقضا парол код логін סיסמ קוד user insta telegram "
    "karbari کاربری یوزر آیدی token توکن key کلید secret bearer sk- sk_ rk_ github_ ghp_ gho_ "
    "ghu_ ghs_ ghr_ glpat akia asia aiza xox sg. hf_ npm_ eyj ip آی pin پین ",
)
_NUMBER_OR_AT = re.compile(r"\d(?:\D{0,5}\d){6}|[(\[{]\s?at\s?[)\]}]", re.IGNORECASE)


def _worth_reading(text: str) -> bool:
    small = text.lower().replace("ك", "ک").replace("ي", "ی").replace("ى", "ی")
    return any(trigger in small for trigger in _TRIGGERS) or bool(_NUMBER_OR_AT.search(text))


def find(text: str) -> list[Span]:
    """Personal data in `text`, in order, never overlapping. Offsets are the text's own."""
    if not _worth_reading(text):
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
