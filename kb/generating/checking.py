"""Does a pair stand on its passage? `check(pairs, …)`. No Django in here.

A model may invent, repeat itself, change the language, or do what a passage tells it. So nothing is
taken on trust: the words of an answer must be the passage's, its numbers and addresses too; the
question must be one, in the right language, about the passage, and new. What is turned down is
counted by reason. Not seen is an answer that turns the passage's words around ("is not possible").
"""

import math
import re
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import chain, pairwise

from text.asking import is_question
from text.language import detect
from text.persian import canonical, search_form
from text.stems import STOP_WORDS, stem

MIN_SUPPORT = 0.7
"""Share of an answer's words that its passage must hold: see docs/experiments.md."""
MIN_RUNS = 0.25
"""Share of its neighbouring words that must follow each other in the passage, a word between them
allowed: an answer that is put together from words of all corners says something else."""
NEAR = 2
MIN_ABOUT = 0.2  # share of the question's words that passage or answer hold
MAX_ALIKE = 0.8
"""Dice coefficient of letter trigrams from which two questions are one."""
QUESTION_LETTERS = (8, 300)
ANSWER_LETTERS = (10, 2000)
_KNOWN_SCRIPTS = ("fa", "en", "uk", "he")

_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)*")
_NUMBER = re.compile(r"\d+(?:[.:/]\d+)*")
_THOUSANDS = re.compile(r"(?<=\d)[,٬](?=\d{3}(?!\d))")
_LIST_MARK = re.compile(r"(?m)^\s*\d{1,2}[.)]\s+")
_ADDRESS = re.compile(
    r"(?:[a-z][a-z+.-]*://|www\.)\S+|[^\s@]+@[^\s@]+\.[a-z]{2,}"
    r"|(?<![\w.])(?:[a-z0-9][a-z0-9-]*\.)+[a-z]{2,}(?:/\S*)?",
    re.I,
)
_ADDRESS_END = ".,;:!?؟،؛)]}>»\"'”’"
_ABOUT_THE_TEXT = re.compile(
    r"\b(?:the|this|above|given|provided) (?:passage|text|excerpt|article above)\b"
    r"|(?:این|در|طبق|بر ?اساس|مطابق) (?:متن|پاراگراف|قطعه)\b|متن (?:بالا|فوق)"
    r"|(?:цьому|цей|у|з) (?:уривку|уривок|тексті|тексту)\b|(?:בקטע|בטקסט|הקטע הזה)",
    re.I,
)
_TO_A_MODEL = re.compile(
    r"(?:ignore|disregard|forget)\b.{0,40}\b(?:instruction|prompt|rule)s?|system prompt"
    r"|\bas an ai\b|language model|دستور\w*.{0,30}(?:نادیده|فراموش)|(?:نادیده|فراموش).{0,30}دستور"
    r"|ігноруй\w*.{0,40}інструкці|התעלם.{0,40}הוראות",
    re.I | re.S,
)


@dataclass
class Checked:
    pairs: list[tuple[str, str]] = field(default_factory=list)
    rejected: Counter[str] = field(default_factory=Counter)


class Grounds:
    """A passage as answers are held against it; made once for all of them."""

    def __init__(self, text: str) -> None:
        words = _stems(text)
        self.stems = set(words)
        self.starts = {word[:length] for word in words for length in range(4, len(word) + 1)}
        self.numbers = _numbers(text)
        self.addresses = canonical(text).lower()
        ahead = (zip(words, words[place:], strict=False) for place in range(1, NEAR + 1))
        self.near = set(chain.from_iterable(ahead))

    def support(self, text: str) -> float:
        """Share of the content words that the passage holds, endings apart; 0 without any."""
        words = [stem(word) for word in _words(text) if word not in STOP_WORDS]
        return sum(map(self._holds, words)) / len(words) if words else 0.0

    def runs(self, text: str) -> float:
        words = _stems(text)
        pairs = list(pairwise(words))
        return sum(pair in self.near for pair in pairs) / len(pairs) if pairs else 1.0

    def has_figures(self, text: str) -> bool:
        """Every number and address of the text stands in the passage."""
        found = (match.group().rstrip(_ADDRESS_END) for match in _ADDRESS.finditer(canonical(text)))
        return _numbers(text) <= self.numbers and all(
            address.lower() in self.addresses for address in found
        )

    def _holds(self, word: str) -> bool:
        return word in self.stems or (
            len(word) >= 5 and word[: max(4, math.ceil(0.75 * len(word)))] in self.starts
        )


def check(
    pairs: Iterable[tuple[str, str]],
    *,
    lang: str,
    title: str,
    text: str,
    known: Collection[str] = (),
    most: int | None = None,
) -> Checked:
    """`known`: questions that the article has. `most`: how many pairs were asked for."""
    grounds = Grounds(f"{title}\n{text}")
    language = lang.partition("-")[0] if lang.partition("-")[0] in _KNOWN_SCRIPTS else detect(text)
    checked = Checked()
    seen = [_trigrams(question) for question in known]
    for question, answer in pairs:
        question, answer = " ".join(question.split()), answer.strip()
        reason = _fault(question, answer, grounds, language, seen)
        if not reason and most is not None and len(checked.pairs) >= most:
            reason = "too_many"
        if reason:
            checked.rejected[reason] += 1
            continue
        seen.append(_trigrams(question))
        checked.pairs.append((question, answer))
    return checked


def _fault(
    question: str, answer: str, grounds: Grounds, language: str, seen: Sequence[Counter[str]]
) -> str:
    if not _within(question, QUESTION_LETTERS) or not _within(answer, ANSWER_LETTERS):
        return "length"
    if not is_question(question):
        return "no_question"
    if detect(question) != language or detect(answer) != language:
        return "language"
    if _TO_A_MODEL.search(question) or _TO_A_MODEL.search(answer):
        return "instruction"
    if _ABOUT_THE_TEXT.search(question) or _ABOUT_THE_TEXT.search(answer):
        return "about_the_text"
    if not grounds.has_figures(answer):
        return "invented_figure"
    if grounds.support(answer) < MIN_SUPPORT or grounds.runs(answer) < MIN_RUNS:
        return "not_grounded"
    if Grounds(answer).support(question) < MIN_ABOUT and grounds.support(question) < MIN_ABOUT:
        return "unrelated"
    trigrams = _trigrams(question)
    if any(_alike(trigrams, other) >= MAX_ALIKE for other in seen):
        return "duplicate"
    return ""


def _within(text: str, letters: tuple[int, int]) -> bool:
    return letters[0] <= len(text) <= letters[1]


def _words(text: str) -> list[str]:
    return _WORD.findall(search_form(text))


def _stems(text: str) -> list[str]:
    return [stem(word) for word in _words(text)]


def _numbers(text: str) -> set[str]:
    plain = _THOUSANDS.sub("", canonical(_LIST_MARK.sub("", text)))
    return set(_NUMBER.findall(plain))


def _trigrams(question: str) -> Counter[str]:
    """Of the letters alone: two spellings, and a mark more or less, are the same question."""
    letters = "  " + " ".join(_words(question)) + " "
    return Counter(letters[at : at + 3] for at in range(len(letters) - 2))


def _alike(first: Counter[str], second: Counter[str]) -> float:
    total = first.total() + second.total()
    return 2 * (first & second).total() / total if total else 0.0
