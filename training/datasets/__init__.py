"""Data sets: frozen rows that a run learns from, and those that it is measured on.

Public entries: the rows (`Row`, `Preference`, `Section`, `Asked`, `Corpus`), their files
(`write_jsonl`, `digest_of`, `read_rows`), `split`, and `prepare`: everything before training. The
first three are pure: what reads a run's files needs no database, so `prepare` is loaded when it is
asked for.
"""

from typing import TYPE_CHECKING, Any

from training.datasets.files import (
    digest_of,
    read_corpus,
    read_preferences,
    read_rows,
    write_jsonl,
)
from training.datasets.rows import Asked, Corpus, Preference, Row, Section
from training.datasets.splitting import split

if TYPE_CHECKING:
    from training.datasets.preparing import Prepared, prepare, prepared_from

__all__ = [
    "Asked",
    "Corpus",
    "Preference",
    "Prepared",
    "Row",
    "Section",
    "digest_of",
    "prepare",
    "prepared_from",
    "read_corpus",
    "read_preferences",
    "read_rows",
    "split",
    "write_jsonl",
]


def __getattr__(name: str) -> Any:
    if name not in ("Prepared", "prepare", "prepared_from"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from training.datasets import preparing

    return getattr(preparing, name)
