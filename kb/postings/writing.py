"""Documents into the index: `add(group, documents)`, a segment a call."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from operator import attrgetter

import numpy as np
from django.db import connection

from kb.postings.merging import merge
from kb.postings.records import GRAM, WORD, Records
from kb.postings.segments import copy, new_segment
from kb.searchable import Forms


def next_entries(table: str, count: int) -> list[int]:
    """Numbers for documents that are written anew, from the sequence of the table's ids."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)",
            [table, count],
        )
        return [row[0] for row in cursor.fetchall()]


def add(group: str, documents: Iterable[tuple[int, Forms]]) -> None:
    """Write (entry, forms) as a segment, in the caller's transaction."""
    given = list(documents)
    if not given:
        return
    lengths = np.array([_lengths(made) for _, made in given], dtype=np.int64)
    entries = np.array([entry for entry, _ in given], dtype=np.uint32)
    segment = new_segment(group, [len(given), *lengths.sum(axis=0)])
    for record, fields, columns in _KINDS:
        table = np.zeros(len(given), dtype=record)
        table["entry"] = entries
        for name, column in columns.items():
            table[name] = np.minimum(lengths[:, column], np.iinfo(record[name]).max)
        copy(segment, _by_term(table, [made for _, made in given], fields))
    merge(group)


_WORD_FIELDS = {
    "text": attrgetter("text_terms"),
    "title": attrgetter("title_terms"),
    "headings": attrgetter("heading_terms"),
    "url": attrgetter("url_terms"),
}
_GRAM_FIELDS = {"text": attrgetter("text_grams"), "title": attrgetter("title_grams")}
_KINDS = (
    (WORD, _WORD_FIELDS, {"title_length": 0, "heading_length": 1, "text_length": 2}),
    (GRAM, _GRAM_FIELDS, {"text_length": 3}),
)
"""Records, where their counts come from, and which of `_lengths` they hold."""


def _lengths(made: Forms) -> tuple[int, int, int, int]:
    """Of title, headings and text in terms, and of the text in n-grams."""
    counters = (made.title_terms, made.heading_terms, made.text_terms, made.text_grams)
    title, headings, text, grams = (counts.total() for counts in counters)
    return title, headings, text, grams


def _by_term(
    table: Records,
    documents: Sequence[Forms],
    fields: Mapping[str, Callable[[Forms], Counter[str]]],
) -> Iterator[tuple[str, bytes]]:
    """The postings of each term, packed. `table`: each document's record, without its counts."""
    vocabulary: defaultdict[str, int] = defaultdict()
    vocabulary.default_factory = vocabulary.__len__
    terms: list[int] = []
    counts: list[int] = []
    sizes: list[int] = []
    for made in documents:
        for field_of in fields.values():
            counter = field_of(made)
            terms.extend(map(vocabulary.__getitem__, counter))
            counts.extend(counter.values())
            sizes.append(len(counter))
    owners = np.repeat(np.arange(len(sizes)), sizes)
    keys = np.array(terms, dtype=np.int64) * len(documents) + owners // len(fields)
    postings, places = np.unique(keys, return_inverse=True)
    records = table[postings % len(documents)]
    numbers = np.minimum(np.array(counts, dtype=np.int64), 255)
    for number, name in enumerate(fields):
        here = owners % len(fields) == number
        records[name][places[here]] = numbers[here]
    ends = np.searchsorted(postings // len(documents), np.arange(len(vocabulary)), side="right")
    data = records.tobytes()
    start = 0
    for term, end in zip(vocabulary, (ends * table.dtype.itemsize).tolist(), strict=True):
        yield term, data[start:end]
        start = end
