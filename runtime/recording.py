"""A running job's side of its row: `recorded(jobs, row, …)` stands around the work.

The heartbeat comes from a thread of its own (an embedder or a slow page may take long), and from
every sign of progress. Only the holder of the claim writes: `attempts` is the claim's number.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Generic, TypeVar

from django.db import DatabaseError, connection
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from runtime.errors import InputError
from runtime.jobs import Job, Jobs, State

TOLD_SECONDS = 0.5
BEAT_SECONDS = 10.0

log = logging.getLogger(__name__)
Report = TypeVar("Report")


class Recording(Generic[Report]):
    """A running job's side of its row. Set `report` before the end."""

    def __init__(
        self, jobs: Jobs[Any], row: Job, report: Report, stop: Callable[[], bool] | None
    ) -> None:
        self.jobs, self.row, self.report, self._outer = jobs, row, report, stop
        self.is_lost = False
        self._stop_asked = False
        self._figures = self._told = (0, 0)
        self.columns: dict[str, Any] = {}
        """Of the row's own kind, written with the next sign of life."""
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

    def tell(self, **news: Any) -> None:
        """What `columns` hold goes into the row, `news` to the pages."""
        self._tell(news)

    def _tell(self, news: Mapping[str, Any] | None = None) -> None:
        """Twice a second at most: the sign of life, and to the pages what is new."""
        now = time.monotonic()
        if now - self._told_at < TOLD_SECONDS:
            return
        self._told_at = now
        self.beat()
        if self._figures != self._told or news:
            self._told = self._figures
            self.jobs.tell(self.row.pk, done=self._figures[0], **(news or {}))

    def beat(self) -> None:
        with self._lock:
            held = self._held()
            columns, self.columns = self.columns, {}
            alive = held.update(heartbeat_at=timezone.now(), **self._counts(), **columns)
            self.is_lost = not alive
            self._stop_asked = bool(alive) and held.filter(stop_asked=True).exists()

    def finish(self, state: State, *, report: dict[str, Any], error: str = "") -> None:
        if self._held().update(heartbeat_at=timezone.now(), **self._counts(), **self.columns):
            self.jobs.finish(self.row.pk, state, report=report, error=error)

    def _counts(self) -> dict[str, int]:
        """None before the first progress: what an earlier attempt came to stays till then."""
        if self._figures == (0, 0):
            return {}
        return {"done": self._figures[0], "total": self._figures[1]}

    def _held(self) -> Any:
        return self.jobs.rows.filter(
            pk=self.row.pk, state=State.RUNNING, attempts=self.row.attempts
        )


@contextmanager
def recorded(
    jobs: Jobs[Any],
    row: Job,
    report: Report,
    *,
    keep: Callable[[Report], dict[str, Any]],
    outcome: Callable[[Report], tuple[State, str]],
    stop: Callable[[], bool] | None = None,
    stopped_by: Callable[[BaseException], str | None] = lambda error: None,
) -> Iterator[Recording[Report]]:
    """Around the work: the heartbeat while it goes on, the outcome in the row when it ends.
    `keep` makes of the report what the row keeps; `outcome` says how it ended. `stopped_by`: the
    line of an error that only stops the work, None for all others. The work speaks English: what it
    leaves in rows is said in each reader's language (`runtime.saying`)."""
    recording = Recording(jobs, row, report, stop)

    def end(state: State, error: str) -> None:
        recording.finish(state, report=keep(recording.report), error=error)

    with translation.override("en"), _beating(recording):
        try:
            yield recording
        except KeyboardInterrupt:
            end(State.STOPPED, str(jobs.words.interrupted))
            raise
        except InputError as refusal:
            end(State.FAILED, str(refusal))
            raise
        except BaseException as failure:
            line = stopped_by(failure)
            if line is None:
                thing = jobs.words.thing.capitalize()
                log.error("%s %s ended with %s", thing, row.pk, type(failure).__name__)
                end(State.FAILED, _("An unexpected error: %s.") % type(failure).__name__)
            else:
                end(State.STOPPED, line)
            raise
        else:
            end(*outcome(recording.report))


@contextmanager
def _beating(recording: Recording[Any]) -> Iterator[None]:
    over = threading.Event()
    beating = threading.Thread(target=_keep_beating, args=(recording, over), daemon=True)
    beating.start()
    try:
        yield
    finally:
        over.set()
        beating.join()


def _keep_beating(recording: Recording[Any], over: threading.Event) -> None:
    try:
        while not over.wait(BEAT_SECONDS):
            try:
                recording.beat()
            except DatabaseError as error:
                thing = recording.jobs.words.thing
                log.warning("A sign of life (%s) was lost: %s", thing, type(error).__name__)
                connection.close()
    finally:
        connection.close()
