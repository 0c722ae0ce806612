"""Postings of a query's terms: `read(group, terms)`."""

from collections.abc import Collection
from dataclasses import dataclass, replace

import numpy as np
import psycopg

from kb.postings.records import Records, record_type
from kb.postings.segments import alive_in, raw_connection, rows_of
from text.grams import MARK

MAX_READ = 2_000_000
"""Bytes that one query reads: some 200,000 postings. Words come before n-grams, and of both the
rarest first; those that would go beyond it are so frequent that they tell little."""
SMALL = 5000
"""Documents up to which what is gone is left out of every count."""


@dataclass(frozen=True)
class Statistics:
    """Of a group: how many documents, and the mean length of each field."""

    documents: int
    title: float
    headings: float
    text: float
    grams: float


@dataclass(frozen=True)
class Found:
    """`counts`: in how many documents each term stands, if in any. `postings`: of these, in no
    order, but for the most frequent where there would be too many."""

    statistics: Statistics
    counts: dict[str, int]
    postings: dict[str, Records]


def read(group: str, terms: Collection[str], *, most_bytes: int = MAX_READ) -> Found:
    """Postings of the terms, words first, then n-grams, as far as `most_bytes` go."""
    with psycopg.Cursor(raw_connection()) as cursor:
        cursor.execute(_STATISTICS, {"group": group})
        sums = cursor.fetchone()
        assert sums is not None
        documents, title, headings, text, grams = sums
        statistics = Statistics(
            documents, *(length / max(documents, 1) for length in (title, headings, text, grams))
        )
        cursor.execute(
            _POSTINGS,
            {"group": group, "terms": list(terms), "most": most_bytes, "mark": MARK},
            binary=True,
        )
        counts: dict[str, int] = {}
        parts: dict[str, list[bytes]] = {}
        for term, size, data in cursor:
            counts[term] = size // record_type(term).itemsize
            if data is not None:
                parts.setdefault(term, []).append(data)
    postings = {
        term: np.frombuffer(b"".join(found), dtype=record_type(term))
        for term, found in parts.items()
    }
    if statistics.documents > SMALL:
        return Found(statistics, counts, postings)
    return _exact(group, statistics, counts, postings)


def _exact(
    group: str, statistics: Statistics, counts: dict[str, int], postings: dict[str, Records]
) -> Found:
    """Without documents that are gone, where looking for them costs nothing."""
    count = rows_of(group).count()
    if count == statistics.documents:
        return Found(statistics, counts, postings)
    alive = np.array(sorted(alive_in(group)), dtype=np.uint32)
    living = {term: found[np.isin(found["entry"], alive)] for term, found in postings.items()}
    living = {term: found for term, found in living.items() if len(found)}
    counts = {term: len(found) for term, found in living.items()}
    return Found(replace(statistics, documents=count), counts, living)


_STATISTICS = """
    SELECT coalesce(sum(documents), 0)::bigint, coalesce(sum(title_length), 0)::bigint,
        coalesce(sum(heading_length), 0)::bigint, coalesce(sum(text_length), 0)::bigint,
        coalesce(sum(grams_length), 0)::bigint
    FROM kb_termsegment WHERE "group" = %(group)s
"""
_POSTINGS = """
    WITH found AS MATERIALIZED (
        SELECT p.term, p.data, octet_length(p.data) AS size,
            row_number() OVER (PARTITION BY p.term) = 1 AS first
        FROM kb_termsegment s JOIN kb_posting p ON p.segment_id = s.id
        WHERE s."group" = %(group)s AND p.term = ANY(%(terms)s)),
    whole AS (SELECT term, sum(size) AS size FROM found GROUP BY term),
    before AS (
        SELECT term, size,
            sum(size) OVER (ORDER BY starts_with(term, %(mark)s), size, term) - size AS bytes
        FROM whole)
    SELECT b.term, b.size::bigint, CASE WHEN b.bytes < %(most)s THEN f.data END
    FROM found f JOIN before b USING (term)
    WHERE b.bytes < %(most)s OR f.first
"""
