"""Where somebody lives: a street and its number, written together.

Public entry: `candidates`. One part alone ("in our street", "unit 3") is talk; an address has at
least two strong parts side by side, or one behind a word that announces it ("آدرس من: …"). A part
is a keyword with its name or number; parts are joined over commas and a few words, never over the
end of a sentence. What other detectors own (postal codes, telephones) is left to them: a long
number ends the address.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from text.privacy.names import address_words as words_
from text.privacy.names.address_forms import FORMS
from text.privacy.names.address_parts import KEYWORDS, Part, parts
from text.privacy.names.words import Word
from text.privacy.spans import ADDRESS, Candidate

WEIGHT: Final = 56
_REACH = 60
_BETWEEN = 24
"""So many letters of a place's name may stand between two parts ("بلوک ۲ پرند واحد ۵")."""
_NUMBERED_LANE = re.compile(r"[،, ]{1,3}[^\W\d]+(?:[ \u200c][^\W\d]+){0,2}[ ]\d{1,3}[،, ]{1,3}")
"""A lane called by the street's name and a number ("…، وکیل آباد ۶۴، پلاک ۷")."""
_ENDS = re.compile(r"[.!?؟](?=\s)|\n\s*\n")
_LONG_NUMBER = re.compile(
    r"\d{7,}|\d{5}-\d{5}|0\d{2,3}[ -]?\d{3}[ -]?\d{2}[ -]?\d{2}|0\d\d[ -]\d{8}"
)
_SIGNS = " \t\n\u200c،,-–:؛.|/()«»\"'"
_LONGEST = 240


def candidates(form: str, words: Sequence[Word]) -> Iterator[Candidate]:
    """`words`: those of a text with Persian in it, none of another."""
    if not KEYWORDS.isdisjoint([word.text for word in words]):
        yield from _persian(form, words)
    for letters, trigger, whole in FORMS:
        if letters.search(form) and trigger.search(form):
            for found in whole.finditer(form):
                start, end = found.span("value" if "value" in whole.groupindex else 0)
                yield from _cut(form, start, end, "shape")


def _persian(form: str, words: Sequence[Word]) -> Iterator[Candidate]:
    chain: list[Part] = []
    for part in parts(words):
        if chain and not _side_by_side(form[chain[-1].end : part.start]):
            yield from _address(form, chain)
            chain = []
        chain.append(part)
    if chain:
        yield from _address(form, chain)


def _side_by_side(gap: str) -> bool:
    if _NUMBERED_LANE.fullmatch(gap):
        return True
    if _ENDS.search(gap) or re.search(r"\d", gap) or len(gap) > _BETWEEN:
        return False
    return not any(word in words_.STOP for word in re.findall(r"\w+", gap) if word != "و")


def _address(form: str, chain: list[Part]) -> Iterator[Candidate]:
    streets = len({part.start for part in chain if part.street})
    numbers = sum(part.numbered for part in chain)
    start = chain[0].start
    lead = form[max(0, start - _REACH) : start]
    told = list(words_.ANNOUNCED.finditer(lead))
    announced = bool(told) and not _ENDS.search(lead[told[-1].end() :])
    strong = (streets and numbers) or streets > 1 or (announced and streets + numbers > 0)
    if not strong:
        return
    if announced:
        start -= len(lead) - told[-1].end()
    elif place := words_.LEADING_PLACE.search(lead):
        start -= len(lead) - place.start()
    yield from _cut(form, start, chain[-1].end, "keyword")


def _cut(form: str, start: int, end: int, reason: str) -> Iterator[Candidate]:
    """Without the signs at its ends, and only up to a long number, which is something else."""
    end = min(end, start + _LONGEST)
    if number := _LONG_NUMBER.search(form, start, end):
        end = number.start()
    text = form[start:end]
    start += len(text) - len(text.lstrip(_SIGNS))
    end -= len(text) - len(text.rstrip(_SIGNS))
    if end - start >= 6:
        yield Candidate(start, end, ADDRESS, WEIGHT, (reason,))
