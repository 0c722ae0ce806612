"""Imports started at the desk: `start_import` keeps the file and a row, `run` does the work.

The row is the truth about an import: a worker claims it by a conditional UPDATE and renews its
heartbeat, so a message that comes twice does nothing, and the sweep sends out again what stands
still. The pages listen to "import:ID".
"""

import re
import uuid
from dataclasses import asdict
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.contrib.auth.models import User
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from kb.importing import import_sources
from kb.models import ImportRun
from runtime.errors import InputError
from runtime.live import publish

FOLDER = "imports"
STALE_AFTER = timedelta(seconds=60)
BEAT_SECONDS = 0.5
MAX_ATTEMPTS = 3
MAX_FAILED_SHOWN = 100
"""Failures kept in the row; the number of the others is kept too."""

State = ImportRun.State


def start_import(file: UploadedFile, *, user: User, lang: str = "") -> ImportRun:
    """Keep the file below MEDIA_ROOT and ask a worker. The form has checked its size."""
    name = Path(file.name or "").name[:255] or "upload"
    path = Path(FOLDER) / uuid.uuid4().hex / _safe(name)
    target = Path(settings.MEDIA_ROOT) / path
    target.parent.mkdir(parents=True, mode=0o700)
    with target.open("wb") as kept:
        for part in file.chunks():
            kept.write(part)
    run = ImportRun.objects.create(started_by=user, file_name=name, path=path.as_posix(), lang=lang)
    ask_for_import(run.pk)
    return run


def ask_for_import(run_id: int) -> None:
    """A hint for the workers once the row is committed; a broker that is down loses nothing."""
    transaction.on_commit(lambda: _send(run_id), robust=True)


def _send(run_id: int) -> None:
    from kb import tasks  # the tasks import what asks for them

    tasks.run_import.delay(run_id)


def _safe(name: str) -> str:
    """The name's letters, for the suffix by which a format is recognised."""
    return re.sub(r"[^\w.-]+", "_", name)[-100:].lstrip(".") or "upload"


def run(run_id: int, *, now: datetime | None = None) -> bool:
    """Import what was uploaded; False if another worker has it or it is done."""
    now = now or timezone.now()
    if not _claim(run_id, now):
        return False
    row = ImportRun.objects.get(pk=run_id)
    path = Path(settings.MEDIA_ROOT) / row.path
    beat = _Heartbeat(run_id, now)
    try:
        report = import_sources(
            [path], lang=row.lang, progress=beat, location=f"upload:{row.file_name}"
        )
    except InputError as error:
        _finish(run_id, State.FAILED, error=_with_own_name(str(error), path, row.file_name))
    else:
        kept = asdict(report)
        kept["failed"] = [
            {**entry, "source": _with_own_name(entry["source"], path, row.file_name)}
            for entry in kept["failed"][:MAX_FAILED_SHOWN]
        ]
        kept["failed_count"] = len(report.failed)
        _finish(run_id, State.DONE, report=kept)
    path.unlink(missing_ok=True)
    return True


def _claim(run_id: int, now: datetime) -> bool:
    stale = Q(state=State.RUNNING, heartbeat_at__lt=now - STALE_AFTER)
    waiting = ImportRun.objects.filter(Q(state=State.QUEUED) | stale, pk=run_id)
    claimed = waiting.update(state=State.RUNNING, heartbeat_at=now, attempts=F("attempts") + 1)
    if claimed:
        publish(f"import:{run_id}", state=State.RUNNING.value)
    return bool(claimed)


class _Heartbeat:
    """Writes progress twice a second at most, and with it the sign of life."""

    def __init__(self, run_id: int, now: datetime) -> None:
        self.run_id, self.last = run_id, now

    def __call__(self, done: int, total: int) -> None:
        now = timezone.now()
        if (now - self.last).total_seconds() < BEAT_SECONDS and done < total:
            return
        self.last = now
        ImportRun.objects.filter(pk=self.run_id).update(done=done, total=total, heartbeat_at=now)
        publish(f"import:{self.run_id}", done=done)


def _finish(
    run_id: int, state: str, *, report: dict[str, object] | None = None, error: str = ""
) -> None:
    ImportRun.objects.filter(pk=run_id).update(
        state=state, report=report or {}, error=error[:500], heartbeat_at=timezone.now()
    )
    publish(f"import:{run_id}", state=state)


def _with_own_name(text: str, path: Path, name: str) -> str:
    """People know the file by the name that they gave it."""
    return text.replace(path.name, name)


def sweep_imports(*, now: datetime | None = None) -> int:
    """Ask again for what stands still; give up what has failed to finish three times."""
    now = now or timezone.now()
    still = Q(state=State.RUNNING, heartbeat_at__lt=now - STALE_AFTER)
    still |= Q(state=State.QUEUED, created_at__lt=now - STALE_AFTER)
    asked = 0
    for row in ImportRun.objects.filter(still).order_by("pk")[:100]:
        if row.attempts >= MAX_ATTEMPTS:
            _finish(row.pk, State.FAILED, error=_("The import stopped half way three times."))
        else:
            ask_for_import(row.pk)
            asked += 1
    return asked
