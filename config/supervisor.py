"""One process that keeps the desk's processes alive: `manage.py start`.

`Supervisor.run` starts the children, starts a child that died again (with a growing pause while it
keeps dying), and on SIGINT or SIGTERM ends them all, politely first. A lock file below PASOKH_HOME
lets only one supervisor run for a home; the kernel drops the lock when the process dies, however it
dies, so there is no stale lock to clean up. A child gets SIGTERM when its supervisor is killed, so
that none is left behind (Linux only; elsewhere it notices at the lock).
"""

import ctypes
import fcntl
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from types import FrameType
from typing import IO

from runtime.errors import InputError

STOP_SECONDS = 10.0
FIRST_PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 5.0
STEADY_SECONDS = 30.0
"""A child that lived this long is taken for healthy: its next restart has the shortest pause."""
_PR_SET_PDEATHSIG = 1


class AlreadyRunning(InputError):
    """Another supervisor holds the lock of this home."""


@dataclass
class Child:
    """One process of the desk; `command` is started again whenever it ends."""

    name: str
    command: Sequence[str]
    process: subprocess.Popen[bytes] | None = None
    pause: float = FIRST_PAUSE_SECONDS
    started_at: float = 0.0
    due_at: float = 0.0


@dataclass
class Supervisor:
    home: Path
    children: Sequence[Child]
    report: Callable[[str], None]
    clock: Callable[[], float] = time.monotonic
    _stopping: bool = field(default=False, init=False)

    def run(self) -> None:
        """Blocks until a signal. Raises AlreadyRunning without having started anything."""
        with lock_home(self.home):
            for number in (signal.SIGINT, signal.SIGTERM):
                signal.signal(number, self._stop)
            try:
                while not self._stopping:
                    for child in self.children:
                        self._tend(child)
                    time.sleep(0.2)
            finally:
                self._end_all()

    def _stop(self, number: int, frame: FrameType | None) -> None:
        self._stopping = True

    def _tend(self, child: Child) -> None:
        now = self.clock()
        if child.process is None:
            if now >= child.due_at:
                child.process = _spawn(child.command)
                child.started_at = now
            return
        code = child.process.poll()
        if code is None:
            return
        lived = now - child.started_at
        child.pause = (
            FIRST_PAUSE_SECONDS
            if lived >= STEADY_SECONDS
            else min(child.pause * 2, LONGEST_PAUSE_SECONDS)
        )
        child.process, child.due_at = None, now + child.pause
        self.report(f"{child.name} ended with {code}; starting it again.")

    def _end_all(self) -> None:
        running = [child.process for child in self.children if child.process is not None]
        for process in running:
            process.terminate()
        deadline = self.clock() + STOP_SECONDS
        for process in running:
            try:
                process.wait(max(0.0, deadline - self.clock()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def lock_home(home: Path) -> IO[str]:
    """The open lock file; closing it (or the end of the process) gives the lock back."""
    home.mkdir(parents=True, exist_ok=True)
    file = (home / "supervisor.lock").open("a+")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        raise AlreadyRunning(
            "The desk is already running for this home; stop it first (Ctrl-C where it runs)."
        ) from None
    return file


def _spawn(command: Sequence[str]) -> subprocess.Popen[bytes]:
    # A session of its own: Ctrl-C reaches the supervisor alone, which then ends the children in
    # order instead of all of them at once in the middle of their work.
    return subprocess.Popen(
        list(command),
        start_new_session=True,
        preexec_fn=partial(_die_with, os.getpid()),
    )


def _die_with(parent: int) -> None:
    """A parent that died before the kernel knew of this wish sends no signal any more."""
    if sys.platform == "linux":
        # Until the command runs this is the supervisor's own code, which would only take note.
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:
            os._exit(1)
