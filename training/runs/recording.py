"""A run's row around its work: `record`, which gives a `RunRecord`.

However the block ends, the row says so: done, stopped (it can go on) or failed, with one line. Of
an error that nobody expected only the kind is kept: its text could hold what the model was given.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from django.contrib.auth.models import User
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from llm.models import ModelVersion
from runtime.jobs import State, Trigger
from runtime.recording import Recording, recorded
from training.full_disk import DiskFull, is_full
from training.methods.results import Fit, Stopped
from training.models import DatasetSnapshot, TrainingRun, training_runs
from training.peak_memory import peak_memory_bytes
from training.recipes import Recipe, as_data
from training.runs import claiming
from training.runs.costs import Clock
from training.runs.folders import clean
from training.runs.locking import one_at_a_time
from training.runs.signals import Signals
from training.runs.watching import Report, RunWatcher

_FIGURES = re.compile(r"(\d+) of (\d+)")
PHASES = ("data", "training", "measuring", "deciding")


class RunRecord:
    """What the work says about itself. `row` is as it was at the beginning; what is kept here is
    written for it."""

    def __init__(self, recording: Recording[dict[str, Any]], signals: Signals) -> None:
        self._recording, self._signals = recording, signals
        self._clock = Clock(seconds=self.row.seconds, gpu_seconds=self.row.gpu_seconds)

    @property
    def row(self) -> TrainingRun:
        row = self._recording.row
        assert isinstance(row, TrainingRun)
        return row

    def phase(self, name: str) -> None:
        """One of PHASES begins."""
        if name not in PHASES:
            raise ValueError(name)
        self._signals.training = False
        self._clock.enter(name)
        self._recording.report.pop("phase_done", None)
        self._recording.report.pop("phase_total", None)
        self._write(phase=name)
        training_runs.tell(self.row.pk, phase=name)

    def progress(self, done: int, total: int) -> None:
        """Of a phase that has no steps: rows read, rows measured."""
        self._recording.report |= {"phase_done": done, "phase_total": total}
        self._recording.columns = {
            "report": dict(self._recording.report),
            "seconds": round(self._clock.seconds, 2),
        }
        self._recording.tell(phase_done=done)
        if self.should_stop():
            raise Stopped("asked", self.row.done)

    def reporting(self, report: Report) -> Report:
        """`report` for work that says "Rows 40 of 400": its figures stand in the row too, and a
        stop is answered there (`Stopped`)."""

        def told(text: str) -> None:
            report(text)
            found = _FIGURES.search(text)
            if found:
                self.progress(int(found[1]), int(found[2]))

        return told

    def should_stop(self) -> str:
        """ "" to go on, else why; for work that is no training."""
        return "asked" if self._signals.asked or self._recording.is_stopped() else ""

    def watcher(self, *, max_minutes: float = 0, report: Report = lambda text: None) -> RunWatcher:
        """For the method that trains now: from here on SIGTERM waits for its checkpoint."""
        self.phase("training")  # also of a row that was stopped in it: the clock begins anew
        self._signals.training = True
        return RunWatcher(
            self._recording, self._clock, self._signals, max_minutes=max_minutes, report=report
        )

    def keep(
        self,
        *,
        dataset: DatasetSnapshot | None = None,
        holdout: DatasetSnapshot | None = None,
        version: ModelVersion | None = None,
        slot: str | None = None,
        metrics: Mapping[str, Any] | None = None,
        fit: Fit | None = None,
    ) -> None:
        """What the run has come to so far; what is not given stays. Metrics are added to."""
        values: dict[str, Any] = {
            name: value
            for name, value in (
                ("dataset", dataset),
                ("holdout", holdout),
                ("version", version),
                ("slot", slot),
            )
            if value is not None
        }
        if metrics is not None:
            values["metrics"] = {**self.row.metrics, **metrics}
        if fit is not None:
            values |= self._of_fit(fit)
        self._write(**values)

    def _of_fit(self, fit: Fit) -> dict[str, Any]:
        self._clock.at_least(gpu_seconds=fit.gpu_seconds)  # spread: only its processes knew
        self._recording.progress(fit.steps, fit.steps)
        self._recording.report |= {
            "steps": fit.steps,
            "mean": fit.loss,
            "seconds_left": None,
            "training_seconds": fit.seconds,
            "micro_batch": fit.micro_batch,
            "left_out": dict(fit.left_out),
            "trainable_parameters": fit.trainable_parameters,
            "total_parameters": fit.total_parameters,
        }
        return {
            "tokens": fit.tokens,
            "tokens_per_second": round(fit.tokens / fit.seconds, 1) if fit.seconds else 0.0,
            "peak_memory_bytes": max(fit.peak_memory_bytes, self.row.peak_memory_bytes),
        }

    def cost(self) -> None:
        """Into the row's columns, for the last word."""
        self._recording.columns |= {
            "seconds": round(self._clock.seconds, 2),
            "gpu_seconds": round(self._clock.gpu_seconds, 2),
            "peak_memory_bytes": max(peak_memory_bytes(), self.row.peak_memory_bytes),
        }

    def _write(self, **values: Any) -> None:
        """Only the holder of the claim writes."""
        for name, value in values.items():
            setattr(self.row, name, value)
        self._recording.columns |= {**values, "report": dict(self._recording.report)}
        self._recording.beat()


@contextmanager
def record(
    recipe: Recipe,
    *,
    purpose: str = TrainingRun.Purpose.FINETUNE,
    trigger: str = Trigger.COMMAND,
    by: User | None = None,
    slot: str = "",
    resume: TrainingRun | None = None,
) -> Iterator[RunRecord]:
    """A running row; with `resume` that row, which waits, was stopped, failed or was killed.

    Raises `Busy`, and whatever the block raises; a full disk as `DiskFull`.
    """
    with one_at_a_time():
        row = _taken(resume) if resume is not None else _new(recipe, purpose, trigger, by, slot)
        work = recorded(
            training_runs,
            row,
            dict(row.report),
            keep=lambda report: report,
            outcome=lambda report: (State.DONE, ""),
            stopped_by=line_of_stop,
        )
        with Signals() as signals, work as recording:
            made = RunRecord(recording, signals)
            try:
                yield made
            except OSError as error:
                if is_full(error):
                    raise DiskFull(
                        _("The disk is full: make room, then go on with this run.")
                    ) from error
                raise
            finally:
                signals.training = False
                made.cost()
        clean(row)  # reached when it is done


def _new(recipe: Recipe, purpose: str, trigger: str, by: User | None, slot: str) -> TrainingRun:
    now = timezone.now()
    return TrainingRun.objects.create(
        state=State.RUNNING,
        purpose=purpose,
        trigger=trigger,
        started_by=by,
        slot=slot,
        recipe=recipe.name,
        config=as_data(recipe),
        total=recipe.schedule.steps,
        started_at=now,
        heartbeat_at=now,
        attempts=1,
    )


def _taken(run: TrainingRun) -> TrainingRun:
    """The row as ours. Whoever had it is gone, for the lock is ours; a number of its own keeps one
    that only hung from writing into it."""
    if not claiming.is_ours(run.pk):
        now = timezone.now()
        TrainingRun.objects.filter(pk=run.pk).update(
            state=State.RUNNING,
            attempts=F("attempts") + 1,
            heartbeat_at=now,
            finished_at=None,
            stop_asked=False,
            error="",
        )
    TrainingRun.objects.filter(pk=run.pk, started_at=None).update(started_at=timezone.now())
    return TrainingRun.objects.get(pk=run.pk)


def line_of_stop(error: BaseException) -> str | None:
    """What a row says of an error that only stops its run; None for all others."""
    if not isinstance(error, Stopped):
        return None
    if error.why == "time":
        return _("Its time was up after step %(step)s; it can go on.") % {"step": error.step}
    return _("It was stopped after step %(step)s; it can go on.") % {"step": error.step}
