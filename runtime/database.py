"""The desk's database for those that connect beside Django: live updates and the queue."""

from typing import Any

from django.db import connection

KEYS = ("host", "port", "dbname", "user", "password")


def connection_settings() -> dict[str, Any]:
    """What psycopg needs to connect as Django does; starts the embedded server if need be."""
    params = connection.get_connection_params()
    return {key: params[key] for key in KEYS if params.get(key)}
