"""An import's row from its beginning to its end: `begin`, `claim`, `finish`, `sweep`.

The row is the truth about an import. Whoever does it claims it by a conditional UPDATE and renews
its heartbeat (`kb.recording`); the sweep starts again what stands still. A source has one open
import at most, by a constraint of the table. The pages listen to "import:ID".
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from kb.models import ImportRun, Source
from runtime.errors import InputError
from runtime.live import publish

STALE_AFTER = timedelta(seconds=60)
MAX_ATTEMPTS = 3

State = ImportRun.State
Trigger = ImportRun.Trigger
OPEN = (State.QUEUED, State.RUNNING)


class SourceBusy(InputError):
    """The source is being imported already."""


def begin(
    source: Source,
    *,
    trigger: ImportRun.Trigger,
    state: ImportRun.State = State.RUNNING,
    user: User | None = None,
    **fields: Any,
) -> ImportRun:
    """A new row, or SourceBusy. A run that has shown no sign of life gives way."""
    now = timezone.now()
    _give_way(source, now)
    running = {"heartbeat_at": now, "attempts": 1} if state == State.RUNNING else {}
    try:
        with transaction.atomic():
            return ImportRun.objects.create(
                source=source, trigger=trigger, state=state, started_by=user, **running, **fields
            )
    except IntegrityError as error:
        raise busy(source) from error


def busy(source: Source) -> SourceBusy:
    return SourceBusy(
        _("%(name)s is being imported right now. Wait until that is done, or stop it.")
        % {"name": source.name}
    )


def _give_way(source: Source, now: datetime) -> None:
    dead = ImportRun.objects.filter(_stands_still(now), source=source)
    for run in dead:
        finish(run.pk, State.STOPPED, error=_("It stood still, and another import took over."))


def _stands_still(now: datetime) -> Q:
    still = Q(state=State.RUNNING, heartbeat_at__lt=now - STALE_AFTER)
    waits = Q(heartbeat_at=None) | Q(heartbeat_at__lt=now - STALE_AFTER)
    return still | (Q(state=State.QUEUED, created_at__lt=now - STALE_AFTER) & waits)


def claim(run_id: int, *, now: datetime | None = None) -> ImportRun | None:
    """The row, if it is ours to do now: it waits, or whoever did it stands still."""
    now = now or timezone.now()
    stale = Q(state=State.RUNNING, heartbeat_at__lt=now - STALE_AFTER)
    waiting = ImportRun.objects.filter(Q(state=State.QUEUED) | stale, pk=run_id)
    if not waiting.update(state=State.RUNNING, heartbeat_at=now, attempts=F("attempts") + 1):
        return None
    publish(f"import:{run_id}", state=State.RUNNING.value)
    return ImportRun.objects.select_related("source").get(pk=run_id)


def finish(
    run_id: int, state: ImportRun.State, *, report: dict[str, Any] | None = None, error: str = ""
) -> None:
    now = timezone.now()
    ImportRun.objects.filter(pk=run_id).update(
        state=state, report=report or {}, error=error[:500], heartbeat_at=now, finished_at=now
    )
    publish(f"import:{run_id}", state=state)


def ask_to_stop(run_id: int, *, now: datetime | None = None) -> None:
    """What waits or stands still stops at once, what runs at its next item."""
    now = now or timezone.now()
    run = ImportRun.objects.filter(pk=run_id)
    still = Q(state=State.QUEUED) | Q(heartbeat_at__lt=now - STALE_AFTER)
    if run.filter(still, state__in=OPEN).update(state=State.STOPPED, finished_at=now):
        publish(f"import:{run_id}", state=State.STOPPED.value)
    elif run.filter(state=State.RUNNING).update(stop_asked=True):
        publish(f"import:{run_id}", stop=1)


def take_up_again(run: ImportRun, *, user: User | None) -> bool:
    """A stopped or failed run waits once more; SourceBusy if another took its place."""
    rows = ImportRun.objects.filter(pk=run.pk, state__in=(State.STOPPED, State.FAILED))
    try:
        with transaction.atomic():
            return bool(
                rows.update(
                    state=State.QUEUED,
                    attempts=0,
                    stop_asked=False,
                    error="",
                    heartbeat_at=timezone.now(),
                    finished_at=None,
                    started_by=user,
                )
            )
    except IntegrityError as error:
        assert run.source is not None
        raise busy(run.source) from error


def sweep(ask: Callable[[int], object], *, now: datetime | None = None) -> int:
    """Ask again for what stands still; give up what has failed to finish three times. A command's
    run is its own: nobody goes on with it, and the row says so."""
    now = now or timezone.now()
    asked = 0
    for run in ImportRun.objects.filter(_stands_still(now)).order_by("pk")[:100]:
        if run.stop_asked:
            finish(run.pk, State.STOPPED)
        elif run.trigger == Trigger.COMMAND:
            finish(run.pk, State.STOPPED, error=_("It ended half way; import again to go on."))
        elif run.attempts >= MAX_ATTEMPTS:
            finish(run.pk, State.FAILED, error=_("The import stopped half way three times."))
        else:
            ask(run.pk)
            asked += 1
    return asked
