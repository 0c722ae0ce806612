"""Texts within a number of tokens, with few calls to the tokenizer."""

import re
from collections.abc import Callable, Sequence
from typing import Final

from llm.prompts.parts import CountTokens

# No tokenizer in use spends fewer tokens than one for this many characters of running text, so
# longer texts are shortened to it before any counting: a ticket of 100,000 characters costs little.
_CHARS_PER_TOKEN: Final = 16


def beginning(text: str, limit: int, count: CountTokens) -> str:
    """The longest run of whole words from the start of `text` within `limit` tokens."""
    if limit < 1:
        return ""
    short = text[: limit * _CHARS_PER_TOKEN]
    if len(short) == len(text) and count(text) <= limit:
        return text
    ends = [found.end() for found in re.finditer(r"\S+", short)]
    if ends and count(short[: ends[0]]) > limit:
        ends = list(range(ends[0]))  # one unbroken word: cut inside it
    return short[: _largest(ends, lambda end: count(short[:end]) <= limit)] if ends else ""


def both_ends(text: str, limit: int, count: CountTokens) -> str:
    """Text within `limit` tokens: whole, or about its first two thirds, `…`, and its end."""
    if len(text) <= limit * _CHARS_PER_TOKEN and count(text) <= limit:
        return text
    first = beginning(text, limit * 2 // 3, count)
    tail = text[max(len(first), len(text) - limit * _CHARS_PER_TOKEN) :]
    starts = [found.start() for found in re.finditer(r"\S+", tail)][::-1]
    if not starts:
        return first
    last = tail[_largest(starts, lambda start: count(f"{first} … {tail[start:]}") <= limit) :]
    both = f"{first} … {last}"
    return both if count(both) <= limit else first


def _largest(ordered: Sequence[int], fits: Callable[[int], bool]) -> int:
    """The last of `ordered` that fits (each longer than the one before), the first if none does."""
    low, high = 0, len(ordered) - 1
    while low < high:
        middle = (low + high + 1) // 2
        if fits(ordered[middle]):
            low = middle
        else:
            high = middle - 1
    return ordered[low]
