"""Citations: `[1]` in an answer is a number of the prompt's, and we say which source that is.

They are taken out of the text, which goes to a customer who has no list of sources; the desk
shows beside the draft what was cited.
"""

import re
from collections.abc import Collection
from typing import Final

_NUMBERS: Final = r"\d{1,3}(?:\s*(?:[,،;–-]|and|و|та|і)\s*\d{1,3}){0,9}"
_NAMED: Final = (
    r"(?:(?:articles?|sources?|past answers?|مقاله(?:‌ی)?|منبع|منابع|статт\w{1,2}|джерело|מאמר|מקור)"
    r"\s*(?:no\.?|#|№)?\s*)?"
)
_MARK: Final = rf"[\[【［]\^?{_NAMED}({_NUMBERS})[\]】］]"
_CITED: Final = re.compile(
    rf"[ \t]*[(（]\s*(?:see\s+|ن\.ک\.?\s*)?{_MARK}\s*[)）]"
    rf"|[ \t]*(?<!\w){_MARK}"
    rf"|[ \t]*(?<=\w){_MARK}(?=[\s.,،;؛:!?؟)]|\Z)",
    re.IGNORECASE,
)
_NUMBER: Final = re.compile(r"\d+")


def without_citations(text: str, *, known: Collection[int]) -> tuple[str, tuple[int, ...], int]:
    """(the text without them, the numbers that are known, in order and once, how many are not)."""
    cited: dict[int, None] = {}
    unknown = 0

    def note(found: re.Match[str]) -> str:
        nonlocal unknown
        for digits in _NUMBER.findall(found[1] or found[2] or found[3]):
            number = int(digits)  # of every script
            if number in known:
                cited[number] = None
            else:
                unknown += 1
        return ""

    before = None
    while before != text:  # [1][2]: the second stands behind the first
        before = text
        text = _CITED.sub(note, text)
    return text, tuple(cited), unknown
