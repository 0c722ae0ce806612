"""Runs in processes of their own, ended by real signals: what the forked processes execute.

One server process loads torch once; each run is a fork of it (`multiprocessing`'s forkserver).
"""

import os
import signal
import threading
import time
from importlib import import_module
from pathlib import Path

import torch  # noqa: TID253

from tests.training.tiny_methods import material_for, work_for
from training.methods.results import METHOD_MODULES, Nobody, Stopped, method_of

STOPPED = 75
torch.set_num_threads(1)
for module in {*METHOD_MODULES.values(), "sentence_transformers"}:
    import_module(module)


class Undisturbed(Nobody):
    """Nothing happens to the run."""


class Terminated(Nobody):
    """At `step` the run says so (by `told`) and is sent SIGTERM: its handler asks it to stop."""

    def __init__(self, step: int, told: Path) -> None:
        self._step, self._told = step, told
        self._asked = False
        signal.signal(signal.SIGTERM, self._heard)

    def _heard(self, number, frame) -> None:
        self._asked = True

    def on_step(self, step) -> None:
        if step.step == self._step:
            self._told.touch()
            _until(lambda: self._asked)

    def should_stop(self) -> str:
        return "asked" if self._asked else ""


class Killed(Nobody):
    """Some milliseconds after `step` the process is gone, wherever it then is."""

    def __init__(self, step: int, after: float) -> None:
        self._step, self._after = step, after

    def on_step(self, step) -> None:
        if step.step == self._step:
            threading.Timer(self._after, os.kill, (os.getpid(), signal.SIGKILL)).start()
        if step.step == step.steps:
            _until(lambda: False)


def run(method: str, folder: Path, base: Path, watcher: tuple = ("Undisturbed",)) -> None:
    """Train `method`, or go on with it, in `folder`; exits with `STOPPED` after `Stopped`."""
    name, *arguments = watcher
    work = work_for(method, folder, base, watcher=globals()[name](*arguments))
    try:
        method_of(work.recipe).train(material_for(method), work)
    except Stopped as stopped:
        (folder / "stopped").write_text(f"{stopped.why} {stopped.step}")
        os._exit(STOPPED)


def _until(condition) -> None:
    ends = time.monotonic() + 120
    while not condition() and time.monotonic() < ends:
        time.sleep(0.002)
