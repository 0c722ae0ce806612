"""The parts of Persian addresses: a keyword and its name or number."""

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from text.privacy.names.address_words import BESIDE, NUMBERS, ORDINALS, SIDES, STOP, STREETS
from text.privacy.names.words import Word, plain

KEYWORDS: Final = (STREETS | NUMBERS | {"بن", "بن\u200cبست"}) - {"در", "درب", "ورودی", "فاز"}
"""What a text with an address has at least one of."""
_MOST_WORDS = 4
_SHORT = frozenset({"خ", "پ"})  # letters that stand for a word only with a dot or a number


class Part(NamedTuple):
    start: int
    end: int
    street: bool
    numbered: bool


def parts(words: Sequence[Word]) -> Iterator[Part]:
    """In order; a part begins at its keyword and ends with its name or number."""
    place = 0
    while place < len(words):
        part, after = _part(words, place)
        if part is not None:
            yield part
        place = max(after, place + 1)


def _part(words: Sequence[Word], place: int) -> tuple[Part | None, int]:
    keyword = plain(words[place].text)
    start = words[place].start
    after = place + 1
    if keyword == "بن" and after < len(words) and words[after].text == "بست":
        keyword, after = "بنبست", after + 1
    if keyword in ("چهار", "سه") and after < len(words) and words[after].text == "راه":
        keyword, after = keyword + "راه", after + 1
    dotted = after < len(words) and words[after].text in ".:"
    if dotted:
        after += 1
    if keyword in NUMBERS:
        number = _number(words, after)
        return (Part(start, words[number - 1].end, False, True), number) if number else (None, 0)
    numbered = after < len(words) and words[after].text.isdigit()
    if keyword in STREETS and (keyword not in _SHORT or dotted or numbered):
        end = _name(words, after)
        return (Part(start, words[end - 1].end, True, False), end) if end > after else (None, 0)
    if keyword in BESIDE and not dotted:
        end = _name(words, after)
        if end > after:
            return Part(start, words[end - 1].end, False, False), end
    return None, 0


def _number(words: Sequence[Word], place: int) -> int:
    """Behind the number ("12", "12/1", "سوم", "الف"), 0 where there is none."""
    if place >= len(words):
        return 0
    text = words[place].text
    if text.isdigit() and len(text) <= 5:
        slash = place + 2 < len(words) and words[place + 1].text in "/-"
        return place + 3 if slash and words[place + 2].text.isdigit() else place + 1
    return place + 1 if text in ORDINALS or text == "الف" else 0


def _name(words: Sequence[Word], place: int) -> int:
    """Behind the words of a name; a number of up to three digits belongs to it ("کوچه ۱۲")."""
    end = place
    while end < len(words) and end - place < _MOST_WORDS:
        text = words[end].text
        bare = plain(text)
        if bare in STOP or bare in BESIDE or bare in NUMBERS or (bare in STREETS and end > place):
            break
        if text.isdigit():
            if len(text) > 3:
                return end
            side = end + 1 < len(words) and words[end + 1].text in SIDES
            return end + 1 + side
        if not text[0].isalpha():
            break
        end += 1
    return end
