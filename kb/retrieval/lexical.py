"""Candidates by words: `lexical(query, scope, most=…)`, BM25 with fields over `kb.postings`.

Words are stems; beside them stand character n-grams, which find what stems miss. Both are BM25F
(Robertson and Zaragoza 2009): each field's count is weighed and divided by the field's length, and
the sum is saturated once, so that a word in the title and in the text is one hit and not two. All
postings of the query's words are scored; only then is asked in SQL which rows may be found.
"""

import math
from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from django.db import connection
from numpy.typing import NDArray

from kb import postings
from kb.postings import Found, Records, Statistics
from kb.retrieval.candidates import Scope
from text import persian
from text.grams import grams

K1 = 1.2
B = 0.75
TITLE_WEIGHT = 3.0
HEADING_WEIGHT = 2.0
URL_WEIGHT = 1.0
GRAM_SHARE = 0.3
"""Of a score that is all n-grams, against one that is all words."""
MAX_WORDS = 200
MAX_GRAMS = 120
"""Those of some twenty words: a long text has enough words of its own."""
_SPREAD = 4_000_000
"""Entries between the first and the last found, up to which adding up takes an array for all."""
FIELDS = ("title", "headings", "url", "text")


@dataclass(frozen=True)
class Lexical:
    """By id. `scores` = `words` + `grams`. `titles`: how much of the title is the query's, and of
    the query the title's. `ideal`: what a row would get that has all of the query's words as often
    as can be; words that no row has count too. `title_ideal`: the same for a title."""

    scores: dict[int, float]
    words: dict[int, float]
    grams: dict[int, float]
    titles: dict[int, float]
    ideal: float
    title_ideal: float


NOTHING = Lexical({}, {}, {}, {}, 0.0, 0.0)


def lexical(query: str, where: Scope, *, most: int, also: Collection[int] = ()) -> dict[int, float]:
    """Scores of the best `most` rows, and of the rows `also` that share a word or a part of one."""
    return lexical_sides(query, where, most=most, also=also).scores


def lexical_sides(query: str, where: Scope, *, most: int, also: Collection[int] = ()) -> Lexical:
    """The same with both sides of each score."""
    scored = score(query, where)
    return scored.of(scored.best(most) | scored.entries_of(also)) if scored else NOTHING


Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class Scored:
    """Every row that shares a word or a part of one, visible or not, before any is chosen."""

    where: Scope
    entries: NDArray[np.int64]
    words: Numbers
    grams: Numbers
    titles: Numbers
    ideal: float
    title_ideal: float

    def best(self, most: int) -> dict[int, int]:
        """Entry and id of the best `most` rows that may be found."""
        return _visible(self.where, self.entries, self.words + self.grams, most)

    def entries_of(self, ids: Collection[int]) -> dict[int, int]:
        """Entry and id of those of the rows that may be found."""
        return _rows(self.where, "o.id = ANY(%(these)s)", list(ids)) if ids else {}

    def of(self, ids: Mapping[int, int]) -> Lexical:
        """Of rows by entry and id."""
        at = _places(self.entries, ids)
        return Lexical(
            {pk: float(self.words[here] + self.grams[here]) for pk, here in at},
            {pk: float(self.words[here]) for pk, here in at},
            {pk: float(self.grams[here]) for pk, here in at},
            {pk: float(self.titles[here]) for pk, here in at},
            self.ideal,
            self.title_ideal,
        )


def score(query: str, where: Scope) -> Scored | None:
    """None for a query without words."""
    found = persian.words(query)[: MAX_WORDS * 4]
    words = dict(Counter(persian.terms_of(found)).most_common(MAX_WORDS))
    parts = dict(Counter(grams(found)).most_common(MAX_GRAMS))
    if not parts:
        return None
    index = postings.read(where.group, [*words, *parts])
    entries, by_words, by_parts, by_title, ideal = _score(index, words, parts)
    title_ideal = sum(_idf(index, term) ** 2 for term in words) / math.sqrt(max(len(words), 1))
    return Scored(where, entries, by_words, by_parts, by_title, ideal, title_ideal)


def _places(entries: NDArray[np.int64], ids: Mapping[int, int]) -> list[tuple[int, int]]:
    """Id and place of each entry that was found; `entries` are in order."""
    if not len(entries):
        return []
    wanted = np.array(list(ids), dtype=np.int64)
    places = np.minimum(np.searchsorted(entries, wanted), len(entries) - 1)
    there = entries[places] == wanted
    return [
        (pk, int(place))
        for pk, place, is_there in zip(ids.values(), places, there, strict=True)
        if is_there
    ]


def _score(
    index: Found, words: Mapping[str, int], parts: Mapping[str, int]
) -> tuple[NDArray[np.int64], Numbers, Numbers, Numbers, float]:
    """Entries, and of each what its words, its n-grams and its title come to."""
    statistics = index.statistics
    word_ideal = _ideal(index, words)
    part_ideal = _ideal(index, parts)
    share = GRAM_SHARE * word_ideal / part_ideal if part_ideal else 0.0
    if not words:  # nothing but parts: they stand for themselves
        share = 1.0
    sides = [
        _weighted(index, words, lambda found: _word_counts(found, statistics), 1.0),
        _weighted(index, parts, lambda found: _gram_counts(found, statistics), share),
        _in_titles(index, words),
    ]
    entries, sums = _added_up(sides)
    return entries, sums[0], sums[1], sums[2], word_ideal + share * part_ideal


def _in_titles(index: Found, words: Mapping[str, int]) -> tuple[NDArray[np.int64], Numbers]:
    """Close to the cosine of query and title, weighed by idf: a title of three words that are all
    asked for says more than three of a long one's. Its length stands in for its own weights."""
    found = [(index.postings[term], _idf(index, term)) for term in words if term in index.postings]
    titled = [(records[records["title"] > 0], idf) for records, idf in found]
    if not titled:
        return np.zeros(0, dtype=np.int64), np.zeros(0)
    records = np.concatenate([one for one, _ in titled])
    weights = np.repeat([idf * idf for _, idf in titled], [len(one) for one, _ in titled])
    return records["entry"].astype(np.int64), weights / np.sqrt(
        np.maximum(records["title_length"], 1)
    )


def _ideal(index: Found, query: Mapping[str, int]) -> float:
    return sum(count * _idf(index, term) * (K1 + 1) for term, count in query.items())


def _idf(index: Found, term: str) -> float:
    count = index.counts.get(term, 0)
    return math.log(1 + max(index.statistics.documents - count + 0.5, 0.5) / (count + 0.5))


def _weighted(
    index: Found, query: Mapping[str, int], counts: Callable[[Records], Numbers], share: float
) -> tuple[NDArray[np.int64], Numbers]:
    """An entry and a score for each posting of the query's terms."""
    found = [
        (index.postings[term], term, count)
        for term, count in query.items()
        if term in index.postings
    ]
    if not found:
        return np.zeros(0, dtype=np.int64), np.zeros(0)
    records = np.concatenate([one for one, _, _ in found])
    weights = np.repeat(
        [share * count * _idf(index, term) * (K1 + 1) for _, term, count in found],
        [len(one) for one, _, _ in found],
    )
    frequency = counts(records)
    return records["entry"].astype(np.int64), weights * frequency / (K1 + frequency)


def _word_counts(found: Records, statistics: Statistics) -> Numbers:
    title = found["title"] / _norm(found["title_length"], statistics.title)
    headings = found["headings"] / _norm(found["heading_length"], statistics.headings)
    text = found["text"] / _norm(found["text_length"], statistics.text)
    return TITLE_WEIGHT * title + HEADING_WEIGHT * headings + URL_WEIGHT * found["url"] + text


def _gram_counts(found: Records, statistics: Statistics) -> Numbers:
    text = found["text"] / _norm(found["text_length"], statistics.grams)
    return TITLE_WEIGHT * found["title"] + text


def _norm(length: NDArray[Any], mean: float) -> Numbers:
    return 1 - B + B * length / (mean or 1.0)


def _added_up(
    sides: list[tuple[NDArray[np.int64], Numbers]],
) -> tuple[NDArray[np.int64], list[Numbers]]:
    """Scores of the same entry together; entries in order."""
    every = np.concatenate([entries for entries, _ in sides])
    if not len(every):
        return every, [np.zeros(0) for _ in sides]
    first = int(every.min())
    spread = int(every.max()) - first + 1
    if spread <= _SPREAD:
        sums = [_sums(entries - first, scores, spread) for entries, scores in sides]
        at = np.flatnonzero(np.bincount(every - first, minlength=spread))
        return at + first, [side[at] for side in sums]
    found, places = np.unique(every, return_inverse=True)
    starts = np.cumsum([0, *(len(entries) for entries, _ in sides)])
    return found, [
        _sums(places[start:end], scores, len(found))
        for (_, scores), start, end in zip(sides, starts[:-1], starts[1:], strict=True)
    ]


def _sums(places: NDArray[np.int64], scores: Numbers, size: int) -> Numbers:
    return np.asarray(np.bincount(places, scores, size), dtype=np.float64)


def _visible(
    where: Scope, entries: NDArray[np.int64], scores: Numbers, most: int
) -> dict[int, int]:
    """Entry and id of the best `most` rows that may be found. It asks for the best first, and for
    four times as many again while the scope lets too few through."""
    scores = np.round(scores, 9)  # a sum hangs on the order of its parts
    found: dict[int, int] = {}
    start, size = 0, most * 2
    while len(found) < most and start < len(entries):
        asked = entries[_best(scores, start + size)[start:]]
        visible = _rows(where, f"o.{where.tables.entry} = ANY(%(these)s)", asked.tolist())
        kept = [entry for entry in asked.tolist() if entry in visible][: most - len(found)]
        found |= {entry: visible[entry] for entry in kept}
        start, size = start + size, size * 4
    return found


def _best(scores: Numbers, most: int) -> NDArray[np.int64]:
    """Places of the best scores, best first, of equal ones the first; without sorting all."""
    if most >= len(scores):
        places = np.arange(len(scores))
    else:
        least = np.partition(scores, -most)[-most]
        places = np.flatnonzero(scores >= least)
    return places[np.argsort(-scores[places], kind="stable")][:most]


def _rows(where: Scope, condition: str, these: list[int]) -> dict[int, int]:
    tables = where.tables
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT o.{tables.entry}, o.id FROM {tables.rows} o {tables.join} "  # noqa: S608
            f"WHERE {condition} AND {where.sql}",  # tables and conditions are ours
            {**where.params, "these": these},
        )
        return dict(cursor.fetchall())


def matches(query: str, where: Scope, ids: Collection[int]) -> dict[int, dict[str, list[str]]]:
    """Which of the query's words, as they were asked, stand in which field of the rows: by id, then
    by field; for the few rows that are shown."""
    asked: dict[str, str] = {}
    for word in persian.words(query)[: MAX_WORDS * 4]:
        for term in persian.terms_of([word]):
            asked.setdefault(term, word)
    found: dict[int, dict[str, list[str]]] = {pk: {} for pk in ids}
    if not asked or not found:
        return found
    rows = _rows(where, "o.id = ANY(%(these)s)", list(found))
    index = postings.read(where.group, list(asked))
    shown = np.array(list(rows), dtype=np.int64)
    for term, word in asked.items():
        records = index.postings.get(term)
        if records is None:
            continue
        for record in records[np.isin(records["entry"], shown)]:
            fields = found[rows[int(record["entry"])]]
            for name in FIELDS:
                if record[name]:
                    fields.setdefault(name, []).append(word)
    return found
