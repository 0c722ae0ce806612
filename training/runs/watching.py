"""Looks on while a method trains: `RunWatcher`, the `Watcher` of a run's row.

Every step goes into the row's columns, which the sign of life writes twice a second at most, and
into the terminal's line. Whether to stop is asked after each step: a person at the desk, a signal,
or the time that was given.
"""

import time
from collections.abc import Callable
from typing import Any, Final

from runtime.recording import Recording
from training.methods.results import Step
from training.peak_memory import peak_memory_bytes
from training.runs.costs import Clock, Pace
from training.runs.signals import Signals

Report = Callable[[str], None]
LINE_SECONDS: Final = 0.2


class RunWatcher:
    """`max_minutes` counts from the beginning of this resumption; 0 is no limit."""

    def __init__(
        self,
        recording: Recording[dict[str, Any]],
        clock: Clock,
        signals: Signals,
        *,
        max_minutes: float = 0,
        report: Report = lambda text: None,
    ) -> None:
        self._recording, self._clock, self._signals = recording, clock, signals
        self._memory = int(getattr(recording.row, "peak_memory_bytes", 0))  # of earlier resumptions
        self._most_seconds = max_minutes * 60
        self._report, self._reported_at = report, 0.0
        self._pace = Pace()

    def on_step(self, step: Step) -> None:
        self._pace.note(step)
        left = self._pace.seconds_left
        memory = peak_memory_bytes()
        self._recording.report |= {
            "loss": round(step.loss, 4),
            "mean": round(step.mean, 4),
            "learning_rate": step.learning_rate,
            "seconds_left": None if left is None else round(left, 1),
        }
        self._recording.columns = {
            "report": dict(self._recording.report),
            "seconds": round(self._clock.seconds, 2),
            "gpu_seconds": round(self._clock.gpu_seconds, 2),
            "peak_memory_bytes": max(memory, self._memory),
            "tokens": step.tokens,
            "tokens_per_second": round(self._pace.tokens_per_second, 1),
        }
        self._recording.progress(step.step, step.steps)
        now = time.monotonic()
        if now - self._reported_at >= LINE_SECONDS or step.step == step.steps:
            self._reported_at = now
            self._report(progress_line(step, self._pace, memory))

    def on_evaluation(self, step: int, loss: float) -> None:
        self._recording.report |= {"evaluation": round(loss, 4), "evaluation_step": step}

    def should_stop(self) -> str:
        if self._signals.asked or self._recording.is_stopped():
            return "asked"
        if self._most_seconds and self._clock.here >= self._most_seconds:
            return "time"
        return ""


def progress_line(step: Step, pace: Pace, memory_bytes: int) -> str:
    """For the terminal, in English as all that commands print."""
    parts = [
        f"Step {step.step} of {step.steps}",
        f"loss {step.mean:.3f}",
        f"{pace.tokens_per_second:,.0f} tokens/s",
        f"{memory_bytes / 2**30:.1f} GiB",
    ]
    if pace.seconds_left is not None:
        parts.append(f"{lasting(pace.seconds_left)} left")
    return ", ".join(parts)


def lasting(seconds: float) -> str:
    """12 s, 3 min, 1 h 40 min."""
    if seconds < 60:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"
