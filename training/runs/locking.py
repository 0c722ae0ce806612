"""One training at a time on one machine: `one_at_a_time`, `is_free`, `Busy`.

A session's advisory lock on a connection of its own, for Django's may be closed in between; the
server frees it when the process dies, however it dies.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Final

import psycopg
from django.utils.translation import gettext as _

from runtime.database import connection_settings
from runtime.errors import InputError
from training.models import TrainingRun

TRAINING_LOCK: Final = 7_263_031

_held = threading.local()


class Busy(InputError):
    """Another run is going on."""


@contextmanager
def one_at_a_time() -> Iterator[None]:
    """Nobody else trains while this lasts; `Busy` where somebody does. May be entered again by the
    thread that holds it."""
    if holds_lock():
        yield
        return
    with _connect() as connection:
        if not _try(connection):
            raise Busy(_busy_line())
        _held.lock = True
        try:
            yield
        finally:
            _held.lock = False
            with suppress(psycopg.Error):  # closing frees it too, but a moment later
                connection.execute("SELECT pg_advisory_unlock(%s)", [TRAINING_LOCK])


def holds_lock() -> bool:
    """Whether it is ours: then no other row that says "running" tells the truth."""
    return bool(getattr(_held, "lock", False))


def is_free() -> bool:
    """Whether a run could begin now. Only looks: who tried the lock would hold it for a moment, and
    a run that begins in that moment would be told that another goes on."""
    with _connect() as connection:
        held = connection.execute(
            "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 1 AND granted"
            " AND classid = 0 AND objid = %s"
            " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())",
            [TRAINING_LOCK],
        )
        return held.fetchone() is None


def _connect() -> psycopg.Connection:
    return psycopg.connect(**connection_settings(), autocommit=True)


def _try(connection: psycopg.Connection) -> bool:
    row = connection.execute("SELECT pg_try_advisory_lock(%s)", [TRAINING_LOCK]).fetchone()
    return bool(row and row[0])


def _busy_line() -> str:
    running = TrainingRun.objects.filter(state=TrainingRun.State.RUNNING)
    run = running.order_by("-heartbeat_at").first()
    if run is None:
        return _("Another training is about to begin: wait until it is done.")
    return _(
        "Run %(run)s (%(recipe)s) is going on: wait until it is done, or stop it with"
        " `manage.py runs stop %(run)s`."
    ) % {"run": run.pk, "recipe": run.recipe}
