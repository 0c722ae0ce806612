"""A training run's row: claimed, kept alive by its heartbeat, closed with its outcome.

Public entries: `run_for`, `Heartbeat`. The row is the truth about a run: who looks at it sees the
step and the last sign of life, whatever became of the process.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.utils import timezone

from runtime.live import publish
from training.methods.results import Step
from training.models import DatasetSnapshot, TrainingRun
from training.recipes import Recipe, as_data

BEAT_SECONDS: Final = 3.0
State = TrainingRun.State


def run_folder(run: TrainingRun) -> Path:
    """Where the run keeps its checkpoints and its log."""
    return Path(settings.PASOKH_HOME) / "runs" / str(run.pk)


class Heartbeat:
    """Writes progress into the row, at most every few seconds."""

    def __init__(self, run: TrainingRun, report: Callable[[str], None]) -> None:
        self._run, self._report = run, report
        self._last = 0.0

    def on_step(self, step: Step) -> None:
        self._report(f"Step {step.step} of {step.steps}, loss {step.mean:.3f}")
        if time.monotonic() - self._last < BEAT_SECONDS:
            return
        self._last = time.monotonic()
        TrainingRun.objects.filter(pk=self._run.pk).update(
            done=step.step,
            total=step.steps,
            metrics={"loss": round(step.mean, 4)},
            heartbeat_at=timezone.now(),
        )
        publish(f"run:{self._run.pk}", step=step.step)

    def on_evaluation(self, step: int, loss: float) -> None:
        pass

    def should_stop(self) -> str:
        return ""


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
        total=recipe.schedule.steps,
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
    _close(run, State.DONE, done=recipe.schedule.steps)


def _close(run: TrainingRun, state: str, **values: Any) -> None:
    now = timezone.now()
    seconds = (now - run.started_at).total_seconds() if run.started_at else 0.0
    TrainingRun.objects.filter(pk=run.pk).update(
        state=state, finished_at=now, heartbeat_at=now, seconds=round(seconds, 1), **values
    )
    run.refresh_from_db()
    publish(f"run:{run.pk}", state=str(state))
