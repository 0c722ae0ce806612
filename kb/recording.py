"""A running import's side of its row: `recorded(run)` stands around the work.

The heartbeat comes from a thread of its own (an embedder or a slow page may take long), and from
every sign of progress. Only the holder of the claim writes: `attempts` is the claim's number.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import DatabaseError, connection
from django.utils import timezone
from django.utils.translation import gettext as _

from kb import runs
from kb.importing.report import ImportReport
from kb.models import ImportRun
from runtime.errors import InputError
from runtime.live import publish

TOLD_SECONDS = 0.5
BEAT_SECONDS = 10.0
MAX_LISTED = 100
"""Failures kept in the row; the number of the others is kept too."""

State = ImportRun.State
log = logging.getLogger(__name__)


class Recording:
    """A running import's side of its row. Set `report` before the end."""

    def __init__(self, run: ImportRun, stop: Callable[[], bool] | None) -> None:
        self.run, self._outer = run, stop
        self.report = ImportReport()
        self.is_lost = False
        self._stop_asked = False
        self._figures = self._told = (0, 0)
        self._told_at = time.monotonic()
        self._lock = threading.Lock()

    def progress(self, done: int, total: int) -> None:
        self._figures = (done, total)
        self._tell()

    def is_stopped(self) -> bool:
        """Somebody asked for it, or the claim is another's by now."""
        if self._outer is not None and self._outer():
            return True
        self._tell()
        return self._stop_asked or self.is_lost

    def _tell(self) -> None:
        """Twice a second at most: the sign of life, and to the pages what is new."""
        now = time.monotonic()
        if now - self._told_at < TOLD_SECONDS:
            return
        self._told_at = now
        self.beat()
        if self._figures != self._told:
            self._told = self._figures
            publish(f"import:{self.run.pk}", done=self._figures[0])

    def beat(self) -> None:
        done, total = self._figures
        with self._lock:
            held = self._held()
            alive = held.update(done=done, total=total, heartbeat_at=timezone.now())
            self.is_lost = not alive
            self._stop_asked = bool(alive) and held.filter(stop_asked=True).exists()

    def finish(self, state: ImportRun.State, *, error: str = "") -> None:
        done, total = self._figures
        if self._held().update(done=done, total=total):
            runs.finish(self.run.pk, state, report=as_kept(self.report), error=error)

    def _held(self) -> Any:
        return ImportRun.objects.filter(
            pk=self.run.pk, state=State.RUNNING, attempts=self.run.attempts
        )


@contextmanager
def recorded(run: ImportRun, *, stop: Callable[[], bool] | None = None) -> Iterator[Recording]:
    """Around the work: the heartbeat while it goes on, the outcome in the row when it ends."""
    recording = Recording(run, stop)
    over = threading.Event()
    beating = threading.Thread(target=_keep_beating, args=(recording, over), daemon=True)
    beating.start()
    try:
        yield recording
    except KeyboardInterrupt:
        recording.finish(State.STOPPED, error=_("It was stopped; start it again to go on."))
        raise
    except InputError as refusal:
        recording.finish(State.FAILED, error=str(refusal))
        raise
    except BaseException as failure:
        log.error("Import %s ended with %s", run.pk, type(failure).__name__)
        recording.finish(State.FAILED, error=_("An unexpected error: %s.") % type(failure).__name__)
        raise
    else:
        state, error = _outcome(recording.report)
        recording.finish(state, error=error)
    finally:
        over.set()
        beating.join()


def _outcome(report: ImportReport) -> tuple[ImportRun.State, str]:
    if report.stopped:
        return State.STOPPED, ""
    if report.failed and not report.read:
        return State.FAILED, nothing_read(report)
    return State.DONE, ""


def nothing_read(report: ImportReport) -> str:
    first = report.failed[0]
    if len(report.failed) == 1:
        return f"{first['source']}: {first['error']}"
    count = _("None of %(count)s could be read.") % {"count": len(report.failed)}
    return f"{count} {first['source']}: {first['error']}"


def _keep_beating(recording: Recording, over: threading.Event) -> None:
    try:
        while not over.wait(BEAT_SECONDS):
            try:
                recording.beat()
            except DatabaseError as error:
                log.warning("An import's sign of life was lost: %s", type(error).__name__)
                connection.close()
    finally:
        connection.close()


def as_kept(report: ImportReport) -> dict[str, Any]:
    """The report as a row keeps it: what is listed within a limit, with the number of all."""
    kept = report.as_json()
    kept["failed"] = report.failed[:MAX_LISTED]
    kept["failed_count"] = len(report.failed)
    if report.kept:
        kept["kept"] = report.kept[:MAX_LISTED]
        kept["kept_count"] = len(report.kept)
    return kept
