"""Files that come in at the desk for long work: kept below MEDIA_ROOT until the job is over.

Of a job that was stopped the file stays a week, so that somebody can go on with it.
"""

import re
import uuid
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db.models.functions import Coalesce
from django.utils import timezone

from runtime.jobs import OPEN, Job, Jobs
from text.privacy import mask

KEPT_STOPPED = timedelta(days=7)

MOST_BYTES = 200
"""Of a file's name: file systems take 255."""


def upload_name(file: UploadedFile) -> str:
    """As rows and pages call it. A chat's export is called after a telephone number, which may
    stand in neither: a placeholder takes its place."""
    name = Path(Path(file.name or "").name)
    masked = mask(name.stem, escape=False, names=False).text
    return f"{masked[: 255 - len(name.suffix)]}{name.suffix}"[:255] or "upload"


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
    safe = re.sub(r"[^\w.-]+", "_", name).encode()[-MOST_BYTES:].decode(errors="ignore")
    return safe.lstrip(".") or "upload"


def forget_file(job: Job) -> None:
    path = Path(settings.MEDIA_ROOT) / job.path
    path.unlink(missing_ok=True)
    with suppress(OSError):
        path.parent.rmdir()


def has_file(job: Job) -> bool:
    return bool(job.path) and (Path(settings.MEDIA_ROOT) / job.path).is_file()


def forget_stopped(jobs: Jobs[Any], *, now: datetime | None = None) -> int:
    """Files of jobs that nobody has gone on with, and of those that ended before they could delete
    theirs; how many."""
    now = now or timezone.now()
    last_seen = Coalesce("heartbeat_at", "finished_at", "created_at")  # some never had a heartbeat
    closed = jobs.rows.exclude(state__in=OPEN).exclude(path="")
    old = closed.annotate(last_seen=last_seen).filter(last_seen__lt=now - KEPT_STOPPED)
    forgotten = [job for job in old if has_file(job)]
    for job in forgotten:
        forget_file(job)
    return len(forgotten)
