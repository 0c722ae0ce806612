"""Looks for a text in every table and every file of the desk."""

import json
from collections.abc import Iterator
from pathlib import Path

from django.db import connection


def tables_with(*words: str) -> set[str]:
    """Names of the tables in which any of the words stands, in any form that search keeps."""
    wanted = [word.lower() for word in words]
    return {
        table
        for table, text in rows_of_all_tables()
        if any(word in text.lower() for word in wanted)
    }


def files_with(folder: Path, *words: str) -> set[str]:
    return {
        path.name
        for path in folder.rglob("*")
        if path.is_file() and any(word.encode() in path.read_bytes() for word in words)
    }


def rows_of_all_tables() -> Iterator[tuple[str, str]]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name FROM information_schema.tables"
            " WHERE table_schema = 'public' AND table_type = 'BASE TABLE'"
        )
        for (table,) in cursor.fetchall():
            cursor.execute(f'SELECT * FROM "{table}"')
            for row in cursor.fetchall():
                for cell in row:
                    if isinstance(cell, memoryview | bytes):
                        yield table, bytes(cell).decode("utf-8", "replace")
                    elif isinstance(cell, dict | list):
                        yield table, json.dumps(cell, ensure_ascii=False)
                    elif isinstance(cell, str):
                        yield table, cell
