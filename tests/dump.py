"""The whole database as text: `cells()` gives every cell of every table of every schema."""

import json
from collections.abc import Iterator
from datetime import date

from django.db import connection

_TABLES = """
    SELECT format('%I.%I', n.nspname, c.relname)
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'm', 'f')
      AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
    ORDER BY 1
"""


def tables() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(_TABLES)
        return [name for (name,) in cursor.fetchall()]


def cells() -> Iterator[tuple[str, str]]:
    """("schema.table.column", text). Bytes as UTF-8, so that plain text in them shows."""
    for table in tables():
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT * FROM {table}")
            names = [column.name for column in cursor.description or ()]
            while rows := cursor.fetchmany(2000):
                for row in rows:
                    for name, cell in zip(names, row, strict=True):
                        text = _text(cell)
                        if text:
                            yield f"{table}.{name}", text


def _text(cell: object) -> str:
    if cell is None or isinstance(cell, bool | float | date):
        return ""
    if isinstance(cell, memoryview | bytes):
        return bytes(cell).decode("utf-8", "replace")
    if isinstance(cell, dict | list):
        return json.dumps(cell, ensure_ascii=False)
    return str(cell)
