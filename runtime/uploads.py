"""Files that come in at the desk for long work: kept below MEDIA_ROOT until the job is over.

Of a job that was stopped the file stays so long that somebody can go on with it.
"""

import re
import uuid
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.utils import timezone

from runtime.jobs import Job, Jobs, State

KEPT_STOPPED = timedelta(days=7)


def upload_name(file: UploadedFile) -> str:
    return Path(file.name or "").name[:255] or "upload"


def new_path(name: str, *, folder: str) -> str:
    """Where an upload will lie, below MEDIA_ROOT; a folder of its own keeps names apart."""
    return (Path(folder) / uuid.uuid4().hex / safe_name(name)).as_posix()


def keep(file: UploadedFile, path: str) -> None:
    target = Path(settings.MEDIA_ROOT) / path
    target.parent.mkdir(parents=True, mode=0o700)
    with target.open("wb") as kept:
        for part in file.chunks():
            kept.write(part)


def safe_name(name: str) -> str:
    """The name's letters; what it is called at the desk stands in the row."""
    return re.sub(r"[^\w.-]+", "_", name)[-100:].lstrip(".") or "upload"


def forget_file(job: Job) -> None:
    path = Path(settings.MEDIA_ROOT) / job.path
    path.unlink(missing_ok=True)
    with suppress(OSError):
        path.parent.rmdir()


def has_file(job: Job) -> bool:
    return bool(job.path) and (Path(settings.MEDIA_ROOT) / job.path).is_file()


def forget_stopped(jobs: Jobs[Any], *, now: datetime | None = None) -> int:
    """Files of jobs that nobody has gone on with; how many."""
    now = now or timezone.now()
    closed = (State.STOPPED, State.FAILED)
    old = jobs.rows.filter(state__in=closed, heartbeat_at__lt=now - KEPT_STOPPED)
    forgotten = [job for job in old.exclude(path="") if has_file(job)]
    for job in forgotten:
        forget_file(job)
    return len(forgotten)
