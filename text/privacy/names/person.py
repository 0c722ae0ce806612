"""People's names: what the tagger finds, what the words around tell, without what is public.

Public entry: `candidates`. A name is masked whole; "آقای" and "Mr" stay.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from text.privacy.names import context, hebrew, latin, tagger, ukrainian
from text.privacy.names.introduced import introduced
from text.privacy.names.lexicon import known
from text.privacy.names.trade import is_trade
from text.privacy.names.words import Word, listed, plain
from text.privacy.spans import PERSON, Candidate

WEIGHT: Final = 52
_FREQUENT: Final = 3
_BESIDE: Final = listed(
    "سلام درود با ممنون مرسی تشکر آقای اقای خانم خانوم آقا دکتر مهندس جناب سرکار جان جون عزیز گرامی"
    " هستم است من شهید امام استاد حاج"
)
"""What the tagger sometimes takes along."""
_CAPITAL = re.compile(r"[A-Z\u00c0-\u00de][a-z]")
_HEBREW = "\u05d0"
_OTHER_LETTERS = re.compile(r"[\u0400-\u04ff\u05d0-\u05ea]")
"""The first tells which of the two scripts the text is in."""
_PERSIAN_LETTER = re.compile(r"[\u0620-\u064a\u0671-\u06d3]")

Proposal = tuple[int, int, str]
"""Start, end, reason."""


def candidates(form: str, words: Sequence[Word]) -> Iterator[Candidate]:
    """`words`: those of a text with Persian in it, none of another."""
    proposed = [(start, end, "context") for start, end in context.told(form)]
    if _CAPITAL.search(form):
        proposed += [(start, end, "gazetteer") for start, end in latin.listed_names(form)]
    if other := _OTHER_LETTERS.search(form):
        named = hebrew.named if other[0] >= _HEBREW else ukrainian.named
        proposed += [(start, end, "gazetteer") for start, end in named(form)]
    if words:
        proposed += _persian(words)
    for start, end, reasons in _joined(form, sorted(proposed)):
        weight = WEIGHT + 2 * ("context" in reasons)
        yield Candidate(start, end, PERSON, weight, tuple(sorted(reasons)))


def _persian(words: Sequence[Word]) -> Iterator[Proposal]:
    for first, last in introduced(words):
        yield words[first].start, words[last].end, "context"
    for first, last in tagger.persons(words):
        while first < last and words[first].text in _BESIDE:
            first += 1
        while first < last and words[last].text in _BESIDE:
            last -= 1
        if _could_be(words, first, last):
            yield words[first].start, words[last].end, "tagger"


def _joined(form: str, proposed: Sequence[Proposal]) -> Iterator[tuple[int, int, set[str]]]:
    """What overlaps is one name, and so is a last name right behind a first name."""
    start = end = -1
    reasons: set[str] = set()
    for left, right, reason in proposed:
        if left < end or (left == end + 1 and form[end] == " " and _goes_on(form[left:right])):
            end = max(end, right)
            reasons.add(reason)
            continue
        if reasons:
            yield start, end, reasons
        start, end, reasons = left, right, {reason}
    if reasons:
        yield start, end, reasons


def _goes_on(name: str) -> bool:
    return known(plain(name.split()[0])).first < _FREQUENT


def _could_be(words: Sequence[Word], first: int, last: int) -> bool:
    """Persian letters, more than one of them, and not only words of the trade."""
    name = [word.text for word in words[first : last + 1]]
    if not all(_PERSIAN_LETTER.match(word) for word in name) or sum(map(len, name)) < 2:
        return False
    return not all(is_trade(plain(word)) for word in name)
