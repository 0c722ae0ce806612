"""The inverted index in PostgreSQL: `add(group, documents)` writes, `read(group, terms)` reads.

A posting is a few packed bytes (WORD, GRAM); all postings of a term in a segment are one row. So a
search reads some dozens of rows where a row a posting would be hundreds of thousands, and numpy
scores them all: no list of candidates that a good passage can fall out of.

How it is kept in step. A document is known by its `entry`, a number that is never used again. Every
write adds a segment in the writer's own transaction, with its own statistics; writers touch no
common row, so there is nothing to wait for. Where too many small segments stand, the writer merges
them, if nobody else is at it (an advisory lock that is tried, not waited for). What is deleted or
written anew leaves postings behind whose entry no row has: search passes over them, on a small desk
they do not count either, and the sweep drops them once they are a tenth (`compact`). What somebody
had erased goes at once (`remove`, `drop_gone`).
"""

from kb.postings.merging import merge, tidy
from kb.postings.reading import Found, Statistics, read
from kb.postings.records import GRAM, QUESTIONS, WORD, Records, chunk_group
from kb.postings.removing import drop_gone, remove
from kb.postings.writing import add, next_entries

__all__ = [
    "GRAM",
    "QUESTIONS",
    "WORD",
    "Found",
    "Records",
    "Statistics",
    "add",
    "chunk_group",
    "drop_gone",
    "merge",
    "next_entries",
    "read",
    "remove",
    "tidy",
]
