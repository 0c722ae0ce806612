"""A model that has lost its way says the same again and again: `without_repetition`."""

import re
from typing import Final

from text.sentences import sentences

_LETTERS: Final = re.compile(r"(\S)\1{11,}")
_WORD: Final = re.compile(r"\S+")
_LONGEST: Final = 30  # words that are said again at once
_LEAST_WORDS: Final = 4
_TIMES: Final = 3


def without_repetition(text: str) -> tuple[str, int]:
    """(the text with each run said once, how many runs and repeated sentences there were)."""
    text, letters = _LETTERS.subn(lambda found: found[1] * 3, text)
    text, runs = _without_runs(text)
    text, again = _without_same_sentences(text)
    return text, letters + runs + again


def _without_runs(text: str) -> tuple[str, int]:
    """`a b a b a b` is `a b`: three times or more, of short ones more often."""
    found = list(_WORD.finditer(text))
    words = [one.group().strip(".,،;؛!?؟…").casefold() or one.group() for one in found]
    place, runs = 0, 0
    kept: list[str] = []
    done = 0
    while place < len(words):
        period, end = _run_at(words, place)
        if not period:
            place += 1
            continue
        stop = found[place + period - 1].end()
        kept.append(text[done:stop])
        done = found[end - 1].end()
        place, runs = end, runs + 1
    return "".join([*kept, text[done:]]), runs


def _run_at(words: list[str], place: int) -> tuple[int, int]:
    """(length of what is repeated, where the run ends), the shortest first; (0, 0) for none."""
    for period in range(1, min(_LONGEST, (len(words) - place) // _TIMES) + 1):
        if words[place] != words[place + period]:
            continue
        end = place + period
        while end < len(words) and words[end] == words[end - period]:
            end += 1
        if end - place >= period * (_TIMES + 1 if period < 3 else _TIMES):
            return period, end
    return 0, 0


def _without_same_sentences(text: str) -> tuple[str, int]:
    """A sentence of some words stands once."""
    seen: set[str] = set()
    again = 0
    lines = []
    for line in text.split("\n"):
        kept, dropped = [], 0
        for sentence in sentences(line):
            said = " ".join(sentence.split()).casefold().rstrip(".!?؟…")
            if len(said.split()) >= _LEAST_WORDS and said in seen:
                dropped += 1
                continue
            seen.add(said)
            kept.append(sentence)
        again += dropped
        if kept or not dropped:
            lines.append(" ".join(kept) if dropped else line)
    return "\n".join(lines), again
