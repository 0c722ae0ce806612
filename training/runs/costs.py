"""What a run costs: `Clock` (wall and GPU seconds over all resumptions), `Pace` (tokens a second
and the time that is left, by the last half minute). Memory: `training.peak_memory`.
"""

import time
from collections import deque
from typing import Final

from training.methods.results import Step
from training.peak_memory import is_on_gpu

WINDOW_SECONDS: Final = 30.0
ON_GPU: Final = frozenset({"training", "measuring"})


class Clock:
    """Counts on from what earlier resumptions took."""

    def __init__(self, *, seconds: float = 0.0, gpu_seconds: float = 0.0) -> None:
        self._seconds, self._gpu = seconds, gpu_seconds
        self._began = self._entered = time.monotonic()
        self._phase = ""

    @property
    def here(self) -> float:
        """Seconds since this resumption began."""
        return time.monotonic() - self._began

    @property
    def seconds(self) -> float:
        return self._seconds + self.here

    @property
    def gpu_seconds(self) -> float:
        """While models worked on this process's GPU."""
        if self._phase not in ON_GPU or not is_on_gpu():
            return self._gpu
        return self._gpu + time.monotonic() - self._entered

    def at_least(self, *, gpu_seconds: float) -> None:
        """What other processes count: they had more GPUs."""
        self._gpu += max(0.0, gpu_seconds - self.gpu_seconds)

    def enter(self, phase: str) -> None:
        self._gpu = self.gpu_seconds
        self._phase, self._entered = phase, time.monotonic()


class Pace:
    """How fast steps come now; the first ones warm up and soon fall out of the window."""

    def __init__(self) -> None:
        self._seen: deque[tuple[float, Step]] = deque()

    def note(self, step: Step) -> None:
        now = time.monotonic()
        self._seen.append((now, step))
        while len(self._seen) > 2 and now - self._seen[0][0] > WINDOW_SECONDS:
            self._seen.popleft()

    @property
    def tokens_per_second(self) -> float:
        first, last = self._ends()
        seconds = last.seconds - first.seconds
        return (last.tokens - first.tokens) / seconds if seconds > 0 else 0.0

    @property
    def seconds_left(self) -> float | None:
        """None until two steps were seen."""
        first, last = self._ends()
        steps = last.step - first.step
        if steps <= 0:
            return None
        return (last.seconds - first.seconds) / steps * (last.steps - last.step)

    def _ends(self) -> tuple[Step, Step]:
        if not self._seen:
            return _NONE, _NONE
        return self._seen[0][1], self._seen[-1][1]


_NONE: Final = Step(step=0, steps=0, loss=0.0, mean=0.0, tokens=0, seconds=0.0)
