"""Files that come in at the desk: `start_import` keeps one and asks for its import.

The file stays below MEDIA_ROOT until its import is done or has failed; of one that was stopped, so
long that somebody can go on with it.
"""

import re
import uuid
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.contrib.auth.models import User
from django.core.files.uploadedfile import UploadedFile
from django.utils import timezone

from kb import runs
from kb.models import ImportRun, Source
from kb.refreshing import ask_for_import

FOLDER = "imports"
KEPT_STOPPED = timedelta(days=7)


def start_import(file: UploadedFile, *, user: User, lang: str = "") -> ImportRun:
    """Keep the file and ask a worker, or SourceBusy. The form has checked its size."""
    name = Path(file.name or "").name[:255] or "upload"
    source, _created = Source.objects.get_or_create(
        location=f"upload:{name}", defaults={"name": name[:200], "kind": Source.Kind.UPLOAD}
    )
    path = Path(FOLDER) / uuid.uuid4().hex / _safe(name)
    run = runs.begin(
        source,
        trigger=ImportRun.Trigger.DESK,
        state=ImportRun.State.QUEUED,
        user=user,
        file_name=name,
        path=path.as_posix(),
        lang=lang,
    )
    _keep(file, Path(settings.MEDIA_ROOT) / path)
    ask_for_import(run.pk)
    return run


def _keep(file: UploadedFile, target: Path) -> None:
    target.parent.mkdir(parents=True, mode=0o700)
    with target.open("wb") as kept:
        for part in file.chunks():
            kept.write(part)


def _safe(name: str) -> str:
    """The name's letters; what it is called at the desk stands in the row."""
    return re.sub(r"[^\w.-]+", "_", name)[-100:].lstrip(".") or "upload"


def forget_file(run: ImportRun) -> None:
    path = Path(settings.MEDIA_ROOT) / run.path
    path.unlink(missing_ok=True)
    with suppress(OSError):
        path.parent.rmdir()


def has_file(run: ImportRun) -> bool:
    return bool(run.path) and (Path(settings.MEDIA_ROOT) / run.path).is_file()


def forget_stopped(*, now: datetime | None = None) -> int:
    """Files of imports that nobody has gone on with; how many."""
    now = now or timezone.now()
    closed = (ImportRun.State.STOPPED, ImportRun.State.FAILED)
    old = ImportRun.objects.filter(state__in=closed, heartbeat_at__lt=now - KEPT_STOPPED)
    forgotten = [run for run in old.exclude(path="") if has_file(run)]
    for run in forgotten:
        forget_file(run)
    return len(forgotten)
