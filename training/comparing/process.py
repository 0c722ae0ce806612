"""The process of one recipe, seen from the one that compares: `carry_out`.

It reads what `training.comparing.work` says, tells the run's row and the terminal, and ends the
process politely when somebody asks for that, so that it writes a checkpoint.
"""

import json
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from django.conf import settings

from runtime.errors import InputError
from training.comparing.work import STOPPED, WRONG_INPUT
from training.methods.results import Step, Stopped
from training.recipes import Recipe
from training.runs import RunRecord

_PROCESS: Final = "training.comparing"
_STOP_SECONDS: Final = 120
"""How long a process may take to write its checkpoint when it is told to stop."""
_POLL_SECONDS: Final = 0.2
Report = Callable[[str], None]


class ComparisonFailed(InputError):
    """A recipe's process ended without a result. What other recipes came to is kept."""


def carry_out(recipe: Recipe, folder: Path, run: RunRecord, report: Report) -> None:
    """Train and measure what `training.comparing.job` wrote there. Raises `Stopped` and
    `ComparisonFailed`."""
    watcher = run.watcher(report=lambda text: report(f"{recipe.name}: {text}"))
    process = subprocess.Popen(
        [sys.executable, "-m", _PROCESS, str(folder)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        cwd=settings.BASE_DIR,
        start_new_session=True,  # Ctrl-C is told to it by us, once
    )
    said = _Said(process)
    step = 0
    try:
        while (line := said.next()) is not None:
            if "step" in line:
                step = line["step"]["step"]
                watcher.on_step(Step(**line["step"]))
            elif "text" in line:
                report(f"{recipe.name}: {line['text']}")
            why = watcher.should_stop()
            if why:
                raise Stopped(why, step)
    finally:
        _end(process)
    if process.returncode == STOPPED:
        raise Stopped("asked", step)
    if process.returncode:
        raise ComparisonFailed(_line(recipe, process.returncode, said.error))


def _line(recipe: Recipe, status: int, error: str) -> str:
    if status == WRONG_INPUT and error:
        return error
    how = error or ("it was killed, perhaps for memory" if status < 0 else f"exit status {status}")
    return f"{recipe.name} was not measured: {how}. The same command goes on from there."


def _end(process: subprocess.Popen[str]) -> None:
    """Politely first: it writes a checkpoint."""
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
    try:
        process.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


class _Said:
    """What a process says, line by line, and an empty line at least five times a second."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._lines: queue.Queue[dict[str, Any] | None] = queue.Queue()
        self.error = ""
        threading.Thread(target=self._read, args=(process,), daemon=True).start()

    def next(self) -> dict[str, Any] | None:
        """None at its end."""
        try:
            return self._lines.get(timeout=_POLL_SECONDS)
        except queue.Empty:
            return {}

    def _read(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        for text in process.stdout:
            try:
                line = json.loads(text)
            except ValueError:  # a library's own word
                continue
            if isinstance(line, dict):
                self.error = str(line.get("error", self.error))
                self._lines.put(line)
        self._lines.put(None)
