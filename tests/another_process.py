"""A lock as another process holds it."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from runtime.database import connection_settings


@contextmanager
def holding(*key: int) -> Iterator[None]:
    """The advisory lock `key`, one number or two. It is given back in so many words: the server
    notices that a connection was closed, and frees its locks, only some time after."""
    marks = ", ".join(["%s"] * len(key))
    with psycopg.connect(**connection_settings(), autocommit=True) as other:
        other.execute(f"SELECT pg_advisory_lock({marks})", key)  # type: ignore[arg-type]
        try:
            yield
        finally:
            other.execute(f"SELECT pg_advisory_unlock({marks})", key)  # type: ignore[arg-type]
