"""A training run's row: claimed, kept alive by its heartbeat, closed with its outcome.

Public entries: `run_for`, `Heartbeat`. The row is the truth about a run: who looks at it sees the
step and the last sign of life, whatever became of the process.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from django.utils import timezone

from runtime.live import publish
from training.models import DatasetSnapshot, TrainingRun
from training.recipes import Recipe, as_data

BEAT_SECONDS: Final = 3.0
State = TrainingRun.State


class Heartbeat:
    """Writes progress into the row, at most every few seconds."""

    def __init__(self, run: TrainingRun) -> None:
        self._run = run
        self._last = 0.0

    def __call__(self, step: int, loss: float) -> None:
        if time.monotonic() - self._last < BEAT_SECONDS:
            return
        self._last = time.monotonic()
        TrainingRun.objects.filter(pk=self._run.pk).update(
            step=step, metrics={"loss": round(loss, 4)}, heartbeat_at=timezone.now()
        )
        publish(f"run:{self._run.pk}", step=step)


@contextmanager
def run_for(recipe: Recipe, dataset: DatasetSnapshot) -> Iterator[TrainingRun]:
    """A running row; done when the block ends, stopped on Ctrl-C, failed on an error, which goes
    on. Only the kind of an error is kept: its text could hold what the model was given."""
    now = timezone.now()
    run = TrainingRun.objects.create(
        state=State.RUNNING,
        recipe=recipe.name,
        config=as_data(recipe),
        dataset=dataset,
        total_steps=recipe.schedule.steps,
        started_at=now,
        heartbeat_at=now,
    )
    try:
        yield run
    except KeyboardInterrupt:
        _close(run, State.STOPPED)
        raise
    except BaseException as error:
        _close(run, State.FAILED, error=type(error).__name__)
        raise
    _close(run, State.DONE, step=recipe.schedule.steps)


def _close(run: TrainingRun, state: str, **values: Any) -> None:
    now = timezone.now()
    seconds = (now - run.started_at).total_seconds() if run.started_at else 0.0
    TrainingRun.objects.filter(pk=run.pk).update(
        state=state, finished_at=now, heartbeat_at=now, seconds=round(seconds, 1), **values
    )
    run.refresh_from_db()
    publish(f"run:{run.pk}", state=str(state))
