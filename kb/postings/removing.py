"""Postings of what must not be read any more: `remove(group, entries, terms)`, `drop_gone(group)`.

What is deleted leaves its postings until the sweep drops them (see `kb.postings`), which is soon
enough for search and too late for a text that somebody had erased: its rare words would stand in
the index. `remove` takes these out at once. A word that thousands share tells nothing of anybody,
and its long row would be written anew: such postings go with `drop_gone`.
"""

from collections import defaultdict
from collections.abc import Collection

import numpy as np
import psycopg
from django.db import connection, transaction
from numpy.typing import NDArray

from kb.postings.merging import LOCK, compact
from kb.postings.records import record_type
from kb.postings.segments import copy, raw_connection
from runtime.batches import batches

MOST_BYTES = 32_768
"""Of a row that is written anew at once: some 3,000 documents of one segment."""
_AT_A_TIME = 500
_TAKE = """
    DELETE FROM kb_posting p USING kb_termsegment s
    WHERE s.id = p.segment_id AND s."group" = %(group)s AND p.term = ANY(%(terms)s)
        AND octet_length(p.data) <= %(most)s
    RETURNING p.segment_id, p.term, p.data
"""


def remove(group: str, entries: Collection[int], terms: Collection[str]) -> None:
    """Drop the postings of `entries` under `terms`, in the caller's transaction. Waits for whoever
    merges the group's segments."""
    if not entries or not terms:
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, hashtext(%s))", [LOCK, group])
    gone = np.array(sorted(entries), dtype=np.uint32)
    for part in batches(sorted(terms), _AT_A_TIME):
        _remove(group, gone, part)


def drop_gone(group: str) -> bool:
    """Drop all postings of documents that are gone; whether there were any. False too where
    somebody merges the segments at this moment."""
    with transaction.atomic():
        return compact(group, share=0.0)


def _remove(group: str, gone: NDArray[np.uint32], terms: list[str]) -> None:
    with psycopg.Cursor(raw_connection()) as cursor:
        cursor.execute(_TAKE, {"group": group, "terms": terms, "most": MOST_BYTES}, binary=True)
        rows = cursor.fetchall()
    left: defaultdict[int, list[tuple[str, bytes]]] = defaultdict(list)
    for segment, term, data in rows:
        records = np.frombuffer(data, dtype=record_type(term))
        records = records[~np.isin(records["entry"], gone)]
        if len(records):
            left[segment].append((term, records.tobytes()))
    for segment, postings in left.items():
        copy(segment, postings)
