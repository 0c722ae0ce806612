"""What an embedder is tuned on: the desk's own pairs of a question and the passage that answers it.

Public entry: `pairs_now(texts)`. Known questions with an article (of its FAQ, generated, from past
tickets with the reply that was sent) lead to the passage of it that shares most words; titles and
headings lead to the text below them. Every pair brings a passage that looks alike and is wrong,
found by words. Whole articles are kept out, by the hash of their names, to measure on.
"""

import hashlib
import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from kb.chunking import Cut
from kb.models import Article, Question
from kb.passages import cut_article
from text.persian import search_form, terms

HOLDOUT: Final = 0.2
MAX_PAIRS: Final = 20_000
MAX_PASSAGES: Final = 20_000
TITLES_PER_ARTICLE: Final = 3
LEAST_WORDS: Final = 2
"""A heading of one word ("Notes") asks nothing."""
ALIKE: Final = 0.9
"""A passage that fits by words nearly as well as the right one may be right itself: no negative."""
_K1, _B = 1.2, 0.75

PassageText = Callable[[str, str], str]
"""Title lines and text, as the embedder gets them."""


@dataclass(frozen=True)
class Passage:
    """`whole`: as it is embedded. `bare`: without the title and headings that a pair asks with."""

    article: int
    whole: str
    bare: str
    titles: frozenset[str]
    words: Counter[str]


@dataclass(frozen=True)
class Pair:
    """`asked`: by a person in words of their own; else `anchor` is a title, and the text is bare.
    `wrong`: a passage that looks alike, "" where there is none."""

    anchor: str
    article: int
    text: str
    asked: bool
    wrong: str = ""


@dataclass(frozen=True)
class Pairs:
    """Learned from and kept out; `passages` are those that a search is measured on."""

    learned: list[Pair]
    kept_out: list[Pair]
    passages: list[Passage] = field(default_factory=list)


def pairs_now(cut: Cut, passage_text: PassageText) -> Pairs:
    """All pairs that the published articles and the known questions give, in a fixed order."""
    articles = list(
        Article.objects.filter(state=Article.State.PUBLISHED)
        .select_related("source")
        .order_by("source__location", "external_id")
    )
    passages: list[Passage] = []
    for article in articles:
        passages += _passages(article, cut, passage_text)
        if len(passages) >= MAX_PASSAGES:
            break
    index = ByWords(passages)
    held = {article.pk for article in articles if _place(article) < HOLDOUT}
    unique = {(pair.anchor, pair.text): pair for pair in _all_pairs(passages, index)}
    pairs = list(unique.values())[:MAX_PAIRS]
    return Pairs(
        [pair for pair in pairs if pair.article not in held],
        [pair for pair in pairs if pair.article in held],
        passages,
    )


def _passages(article: Article, cut: Cut, passage_text: PassageText) -> Iterator[Passage]:
    for item, made in cut_article(article, cut):
        yield Passage(
            article.pk,
            passage_text(made.title, made.text),
            passage_text("", item.body),
            frozenset(search_form(line) for line in [article.title, *item.heading_path]),
            Counter(terms(f"{made.title}\n{made.text}")),
        )


def _place(article: Article) -> float:
    """From 0 to 1, the same however the desk grows."""
    name = f"{article.source.location}\x00{article.external_id}"
    return int(hashlib.sha256(name.encode()).hexdigest()[:8], 16) / 2**32


def _all_pairs(passages: Sequence[Passage], index: "ByWords") -> Iterator[Pair]:
    """Questions before titles: where one is the other's text, it counts as a title."""
    of_article: dict[int, list[int]] = defaultdict(list)
    for number, passage in enumerate(passages):
        of_article[passage.article].append(number)
    questions = Question.objects.filter(article__in=of_article).order_by("kind", "external_id")
    for question in questions.iterator():
        assert question.article_id is not None
        scores = index.scores(f"{question.text}\n{question.answer}")
        own = of_article[question.article_id]
        best = max(own, key=lambda number: (scores[number], -number))
        if search_form(question.text) not in passages[best].titles:
            yield _pair(question.text, passages, best, index, asked=True)
    for numbers in of_article.values():
        yield from _by_titles(numbers, passages, index)


def _by_titles(
    numbers: Sequence[int], passages: Sequence[Passage], index: "ByWords"
) -> Iterator[Pair]:
    title = ""
    for rank, number in enumerate(numbers):
        lines = passages[number].whole.removesuffix(passages[number].bare).split("\n")
        lines = [line for line in lines if len(line.split()) >= LEAST_WORDS]
        title = title or (lines[0] if lines else "")
        if not passages[number].bare:
            continue
        if title and rank < TITLES_PER_ARTICLE:
            yield _pair(title, passages, number, index, asked=False)
        if lines and lines[-1] != title:
            yield _pair(lines[-1], passages, number, index, asked=False)


def _pair(
    anchor: str, passages: Sequence[Passage], number: int, index: "ByWords", *, asked: bool
) -> Pair:
    right = passages[number]
    wrong = index.alike(anchor, number)
    text = right.whole if asked else right.bare
    other = "" if wrong is None else passages[wrong].whole if asked else passages[wrong].bare
    return Pair(anchor, right.article, text, asked, other)


class ByWords:
    """BM25 over the passages in memory: the desk's own index holds another cut of them."""

    def __init__(self, passages: Sequence[Passage]) -> None:
        self._passages = passages
        self._postings: dict[str, list[tuple[int, int]]] = defaultdict(list)
        for number, passage in enumerate(passages):
            for term, count in passage.words.items():
                self._postings[term].append((number, count))
        sizes = [passage.words.total() for passage in passages]
        mean = sum(sizes) / max(len(sizes), 1) or 1.0
        self._norms = [_K1 * (1 - _B + _B * size / mean) for size in sizes]

    def scores(self, text: str) -> Counter[int]:
        found: Counter[int] = Counter()
        for term in set(terms(text)):
            postings = self._postings.get(term, [])
            seen = len(postings)
            weight = math.log(1 + (len(self._passages) - seen + 0.5) / (seen + 0.5))
            for number, count in postings:
                found[number] += weight * count * (_K1 + 1) / (count + self._norms[number])  # type: ignore[assignment]
        return found

    def alike(self, anchor: str, right: int) -> int | None:
        """The passage of another article that fits best and yet clearly less than the right one."""
        scores = self.scores(anchor)
        limit = ALIKE * scores[right]
        article, bare = self._passages[right].article, self._passages[right].bare
        fits = (
            (score, -number)
            for number, score in scores.items()
            if score < limit
            and self._passages[number].article != article
            and self._passages[number].bare not in ("", bare)
        )
        best = max(fits, default=None)
        return None if best is None else -best[1]
