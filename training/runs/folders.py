"""What a run keeps on the disk, and for how long: `run_folder`, `has_checkpoint`, `clean`.

No torch here: the desk's pages ask too. Of a run that is done the log and the evaluations stay, the
checkpoints go: its version is registered. Those of a run that was stopped or failed stay for
PASOKH_KEEP_STOPPED_RUNS days, so that somebody can go on with it.
"""

import shutil
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from django.conf import settings
from django.db.models.functions import Coalesce
from django.utils import timezone

from runtime.jobs import OPEN
from training.models import TrainingRun

CHECKPOINTS: Final = "checkpoints"
LOG: Final = "log.jsonl"
_BEST: Final = "best.safetensors"
_REFERENCE: Final = "reference.safetensors"
_SPREAD: Final = "spread"
"""What the processes of a run that is spread are given: rows too (`training.methods.tasking`)."""
_WHOLE: Final = "checkpoint-*/whole.json"


def run_folder(run: TrainingRun) -> Path:
    """Where the run keeps its checkpoints, its log and its evaluations."""
    return Path(settings.PASOKH_HOME) / "runs" / str(run.pk)


def has_checkpoint(run: TrainingRun) -> bool:
    """Whether there is a whole one (see `training.methods.checkpoints`) to go on from."""
    return any((run_folder(run) / CHECKPOINTS).glob(_WHOLE))


def clean(run: TrainingRun) -> None:
    """Remove what only going on needs."""
    folder = run_folder(run)
    shutil.rmtree(folder / CHECKPOINTS, ignore_errors=True)
    shutil.rmtree(folder / _SPREAD, ignore_errors=True)
    for name in (_BEST, _REFERENCE):
        (folder / name).unlink(missing_ok=True)


def forget_copies() -> None:
    """Of a run whose process was killed the rows may lie in its folder still, where nobody who
    erases a customer finds them. Going on writes them anew."""
    for rows in (Path(settings.PASOKH_HOME) / "runs").glob(f"*/{_SPREAD}/*.jsonl"):
        number = rows.parent.parent.name
        if number.isdecimal() and not TrainingRun.objects.filter(pk=number, state__in=OPEN):
            rows.unlink(missing_ok=True)


def clean_old(*, now: datetime | None = None) -> int:
    """Clean what nobody has gone on with, and what ended before it could do so itself."""
    before = (now or timezone.now()) - timedelta(days=settings.KEEP_STOPPED_RUNS)
    closed = TrainingRun.objects.exclude(state__in=OPEN)
    over = closed.annotate(last_seen=Coalesce("finished_at", "heartbeat_at", "created_at"))
    done = [run for run in over.filter(state=TrainingRun.State.DONE) if _is_heavy(run)]
    old = [
        run
        for run in over.filter(last_seen__lt=before).exclude(state=TrainingRun.State.DONE)
        if _is_heavy(run)
    ]
    for run in [*done, *old]:
        clean(run)
    forget_copies()
    return len(done) + len(old)


def _is_heavy(run: TrainingRun) -> bool:
    folder = run_folder(run)
    kept = (CHECKPOINTS, _BEST, _REFERENCE)
    return any((folder / name).exists() for name in kept)
