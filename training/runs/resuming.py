"""Which run can be gone on with: `resumable`."""

from datetime import datetime

from django.db.models import Q
from django.utils import timezone

from runtime.jobs import STALE_AFTER, State
from training.models import TrainingRun
from training.runs.folders import has_checkpoint
from training.runs.locking import holds_lock


def resumable(
    *,
    recipe: str = "",
    purpose: str = TrainingRun.Purpose.FINETUNE,
    now: datetime | None = None,
) -> TrainingRun | None:
    """The newest run of this purpose, and of this recipe if one is named, that was stopped, failed
    or was killed and has a whole checkpoint."""
    closed = Q(state__in=(State.STOPPED, State.FAILED))
    rows = TrainingRun.objects.filter(closed | _dead(now or timezone.now()), purpose=purpose)
    if recipe:
        rows = rows.filter(recipe=recipe)
    return next((run for run in rows.order_by("-pk") if has_checkpoint(run)), None)


def _dead(now: datetime) -> Q:
    """Runs whose process is gone: all, while the lock is ours."""
    running = Q(state=State.RUNNING)
    return running if holds_lock() else running & Q(heartbeat_at__lt=now - STALE_AFTER)
