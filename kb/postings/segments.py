"""Rows of the inverted index: what a segment is made of, and which documents are still there."""

from collections.abc import Collection, Iterable, Sequence
from typing import Any

import numpy as np
import psycopg
from django.db import connection, models
from numpy.typing import NDArray

from kb.models import Chunk, Posting, Question, TermSegment
from kb.postings.records import QUESTIONS, chunk_group


def new_segment(group: str, lengths: Sequence[int] | NDArray[np.int64]) -> int:
    documents, title, headings, text, grams = (int(length) for length in lengths)
    return TermSegment.objects.create(
        group=group,
        documents=documents,
        title_length=title,
        heading_length=headings,
        text_length=text,
        grams_length=grams,
    ).pk


def copy(segment: int, postings: Iterable[tuple[str, bytes | bytearray]]) -> None:
    sql = f"COPY {Posting._meta.db_table} (segment_id, term, data) FROM STDIN (FORMAT BINARY)"
    with connection.cursor() as cursor, cursor.copy(sql) as copy:
        copy.set_types(["int8", "varchar", "bytea"])
        for term, data in postings:
            copy.write_row((segment, term, data))


def alive_in(group: str) -> Collection[int]:
    return rows_of(group).values_list("pk" if group != QUESTIONS else "entry", flat=True)


def rows_of(group: str) -> models.QuerySet[Any]:
    if group == QUESTIONS:
        return Question.objects.all()
    return Chunk.objects.filter(cut=group.removeprefix(chunk_group("")))


def raw_connection() -> psycopg.Connection:
    """Under Django's connection, in its transaction: it reads bytes as they are, where Django's
    cursor takes them as text of twice their size."""
    connection.ensure_connection()
    found = connection.connection
    assert isinstance(found, psycopg.Connection)
    return found
