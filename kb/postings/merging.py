"""Few segments instead of many (`merge`), and none of what is gone (`compact`, `tidy`)."""

import math
from collections import Counter
from collections.abc import Sequence

import numpy as np
import psycopg
from django.db import connection, transaction
from numpy.typing import NDArray

from kb.models import TermSegment
from kb.postings.records import Records, record_type
from kb.postings.segments import alive_in, copy, new_segment, raw_connection
from text.grams import MARK

MERGED = 8
"""So many segments of about the same size are made one."""
DROPPED_SHARE = 0.1
LOCK = 7_263_004
_MEMORY_MB = 64


def merge(group: str, *, few: bool = False) -> None:
    """Make one segment of many. `few`: until no more than MERGED stand there, not only where MERGED
    are of about one size."""
    if not _is_alone(group):
        return
    segments = TermSegment.objects.filter(group=group).order_by("documents", "pk")
    sizes = list(segments.values_list("pk", "documents"))
    due = [pk for pk, _ in sizes[: -MERGED + 1]] if few and len(sizes) > MERGED else _due(sizes)
    if due:
        _join(group, due)


def _due(sizes: Sequence[tuple[int, int]]) -> list[int]:
    """Of (segment, documents), smallest first: all up to the largest size, to a power of MERGED,
    that MERGED segments have. So a document is written again once for every power."""
    powers = [int(math.log(max(documents, 1), MERGED) + 1e-9) for _, documents in sizes]
    full = [power for power, count in Counter(powers).items() if count >= MERGED]
    if not full:
        return []
    return [pk for (pk, _), power in zip(sizes, powers, strict=True) if power <= max(full)]


def _is_alone(group: str) -> bool:
    """Two processes that merge the same segments would wait for each other, and count twice."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s, hashtext(%s))", [LOCK, group])
        row = cursor.fetchone()
    return row is not None and bool(row[0])


def _join(group: str, segments: Sequence[int]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH gone AS (DELETE FROM kb_termsegment WHERE id = ANY(%(old)s) RETURNING *) "
            'INSERT INTO kb_termsegment ("group", documents, title_length, heading_length, '
            "text_length, grams_length) SELECT %(group)s, sum(documents), sum(title_length), "
            "sum(heading_length), sum(text_length), sum(grams_length) FROM gone RETURNING id",
            {"old": list(segments), "group": group},
        )
        row = cursor.fetchone()
        assert row is not None
        cursor.execute(f"SET LOCAL work_mem = '{_MEMORY_MB}MB'")
        cursor.execute(
            "WITH gone AS (DELETE FROM kb_posting WHERE segment_id = ANY(%(old)s) "
            "RETURNING segment_id, term, data) INSERT INTO kb_posting (segment_id, term, data) "
            "SELECT %(new)s, term, string_agg(data, ''::bytea) FROM gone "
            "GROUP BY term",
            {"old": list(segments), "new": row[0]},
        )
        cursor.execute("SET LOCAL work_mem TO DEFAULT")


def tidy() -> int:
    """Compact every group that needs it and leave few segments, each group in a transaction of its
    own; how many were compacted."""
    groups = TermSegment.objects.order_by("group").values_list("group", flat=True).distinct()
    done = 0
    for group in list(groups):
        with transaction.atomic():
            done += compact(group)
            merge(group, few=True)
    return done


def compact(group: str, *, share: float = DROPPED_SHARE) -> bool:
    """Drop the postings of documents that are gone, if these are a tenth (`share`; 0: if there is
    one); whether it did. Segments are listed before the living are: so nothing that is written
    meanwhile is taken for dead."""
    if not _is_alone(group):
        return False
    segments = list(TermSegment.objects.filter(group=group).values_list("pk", "documents"))
    documents = sum(count for _, count in segments)
    alive = np.array(sorted(alive_in(group)), dtype=np.uint32)
    if documents - len(alive) < max(documents * share, 1):
        return False
    old = [pk for pk, _ in segments]
    if len(alive):
        _write_living(group, old, alive)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM kb_posting WHERE segment_id = ANY(%s)", [old])
        cursor.execute("DELETE FROM kb_termsegment WHERE id = ANY(%s)", [old])
    return True


def _write_living(group: str, old: list[int], alive: NDArray[np.uint32]) -> None:
    """In one segment, some thousand terms at a time."""
    lengths = np.zeros((4, len(alive)), dtype=np.int64)
    segment = new_segment(group, [0] * 5)
    last = ""
    while True:
        with psycopg.Cursor(raw_connection()) as cursor:
            cursor.execute(_NEXT_TERMS, {"old": old, "last": last}, binary=True)
            rows = cursor.fetchall()
        if not rows:
            break
        kept = []
        for term, data in rows:
            records = np.frombuffer(data, dtype=record_type(term))
            # By halving, not np.isin: that looks at all the living for each of many rare terms.
            places = np.searchsorted(alive, records["entry"])
            living = alive[np.minimum(places, len(alive) - 1)] == records["entry"]
            records, places = records[living], places[living]
            if len(records):
                _note_lengths(lengths, places, records, term)
                kept.append((term, records.tobytes()))
        copy(segment, kept)
        last = rows[-1][0]
    title, headings, text, grams = (int(row.sum()) for row in lengths)
    TermSegment.objects.filter(pk=segment).update(
        documents=len(alive),
        title_length=title,
        heading_length=headings,
        text_length=text,
        grams_length=grams,
    )


_NEXT_TERMS = """
    SELECT term, string_agg(data, ''::bytea) FROM kb_posting
    WHERE segment_id = ANY(%(old)s) AND term > %(last)s
    GROUP BY term ORDER BY term LIMIT 5000
"""


def _note_lengths(
    lengths: NDArray[np.int64], places: NDArray[np.int64], records: Records, term: str
) -> None:
    if term.startswith(MARK):
        lengths[3, places] = records["text_length"]
        return
    for row, name in enumerate(("title_length", "heading_length", "text_length")):
        lengths[row, places] = records[name]
