"""Another process and the database: a lock that it holds, its end, its waiting for us, half way or
anywhere."""

import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

import psycopg
from django.db import connection

from runtime.database import connection_settings
from tests.live_desk import wait_for

TO_BE_KILLED: Final = {"PGAPPNAME": "to-be-killed"}
"""In the environment of a process that `kill` ends: by this name its sessions are known."""
HALF_WAY: Final = 7_263_999
"""An advisory lock: see `half_way`."""


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


def kill(process: subprocess.Popen) -> None:
    """The process, and what the server still does for it: it ends the statement that it has, and
    gives back what the session holds, only some time after."""
    process.kill()
    process.communicate()
    name = TO_BE_KILLED["PGAPPNAME"]
    with psycopg.connect(**connection_settings(), autocommit=True) as looker:
        asked = "SELECT count(*) FROM pg_stat_activity WHERE application_name = %s AND datname = %s"
        database = connection.settings_dict["NAME"]
        wait_for(lambda: looker.execute(asked, [name, database]).fetchone() == (0,))


@contextmanager
def half_way(
    start: Callable[[], subprocess.Popen], *, table: str, when: str
) -> Iterator[subprocess.Popen]:
    """The process, which waits until the block ends: in its transaction, before the row of `table`
    that the condition `when` (SQL, of NEW) is true of."""
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE OR REPLACE FUNCTION held() RETURNS trigger LANGUAGE plpgsql AS"
            f" 'BEGIN PERFORM pg_advisory_xact_lock({HALF_WAY}); RETURN NEW; END'"
        )
        cursor.execute(
            f"CREATE OR REPLACE TRIGGER held BEFORE INSERT ON {table} FOR EACH ROW"
            f" WHEN ({when}) EXECUTE FUNCTION held()"
        )
        cursor.execute("SELECT pg_advisory_lock(%s)", [HALF_WAY])
        try:
            process = start()
            wait_until_it_waits(lambda: process.poll() is not None)
            yield process
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [HALF_WAY])
            cursor.execute(f"DROP TRIGGER held ON {table}")  # once that transaction is over
            cursor.execute("DROP FUNCTION held")


def wait_until_it_waits(ended: Callable[[], bool]) -> None:
    """Until another session waits for a lock of this one's transaction, or has `ended`."""

    def waits() -> bool:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_locks"
                " WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid))"
            )
            return cursor.fetchone() != (0,)

    wait_for(lambda: ended() or waits(), pause=0.01)
