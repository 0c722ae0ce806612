"""An import's row from its beginning to its end: `begin`, `take_up_again`, and `JOBS` for the rest.

A source has one open import at most, by a constraint of the table.
"""

from datetime import datetime
from typing import Any

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from kb.models import ImportRun, Source
from runtime.errors import InputError
from runtime.jobs import Jobs, State, Trigger, stands_still

JOBS = Jobs(ImportRun, topic="import")
TAKEN_OVER = gettext_noop("It stood still, and another import took over.")


class SourceBusy(InputError):
    """The source is being imported already."""


def begin(
    source: Source,
    *,
    trigger: Trigger,
    state: State = State.RUNNING,
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
    dead = ImportRun.objects.filter(stands_still(now), source=source)
    for run in dead:
        JOBS.finish(run.pk, State.STOPPED, error=TAKEN_OVER)


def take_up_again(run: ImportRun, *, user: User | None) -> bool:
    """A stopped or failed run waits once more; SourceBusy if another took its place."""
    try:
        with transaction.atomic():
            return JOBS.take_up_again(run.pk, user=user)
    except IntegrityError as error:
        assert run.source is not None
        raise busy(run.source) from error
