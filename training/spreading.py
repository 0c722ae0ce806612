"""A training in this process, or spread over several: `train`.

Several processes are started by `accelerate launch` (`training.methods.__main__`), each with a part
of every step's rows; they exchange gradients, so the run is the same as in one process. They know
no database: material and work lie as files in the run's folder (`training.methods.tasking`) while
they run. The first of them writes the log, the checkpoints and the version's files; this process
reads its progress and asks it to stop. One that dies ends all.
"""

import os
import re
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from django.conf import settings

from runtime.errors import InputError
from training.methods.results import Fit, Material, Method, Stopped, Work, method_of
from training.methods.tasking import TaskFolder
from training.recipes import Recipe

SPREAD: Final = ("lora", "qlora", "alora", "ptuning", "embeddings", "pretrain", "continued")
SHARDED: Final = ("lora", "qlora")
MOST_PROCESSES: Final = 64
LOOK_SECONDS: Final = 0.2
END_SECONDS: Final = 20.0
_DIED: Final = re.compile(r"^\s*exitcode\s*:\s*(-?\d+)", re.MULTILINE)
_LAUNCHER: Final = "accelerate.commands.launch"
_PROCESS: Final = "training.methods"


class SpreadError(InputError):
    """The processes could not be started, or one of them could not go on."""


def train(recipe: Recipe, material: Material, work: Work, *, processes: int = 1) -> Fit:
    """Train by the recipe's method. Raises `Stopped`, and `InputError`s with one line."""
    if processes == 1:
        method: Method = method_of(recipe)
        return method.train(material, work)
    if not 1 <= processes <= MOST_PROCESSES:
        raise SpreadError(f"--processes must be from 1 to {MOST_PROCESSES}.")
    if recipe.method not in SPREAD:
        raise SpreadError(f"{recipe.method} trains in one process; leave --processes out.")
    _check_configuration(recipe)
    work.folder.mkdir(parents=True, exist_ok=True)
    task = TaskFolder(work.folder / "spread")
    _end_former(task)
    try:
        task.write(material, work)
        return _Spread(task, work, processes).run()
    finally:
        task.remove()


class _Spread:
    """The processes of one run, watched from here."""

    def __init__(self, task: TaskFolder, work: Work, processes: int) -> None:
        self._task, self._work, self._processes = task, work, processes
        self._output = work.folder / "spread-output.txt"

    def run(self) -> Fit:
        with self._output.open("w", encoding="utf-8") as output:
            # A session of its own: Ctrl-C reaches this process alone, which asks them to stop.
            launched = subprocess.Popen(
                _command(self._task.path, self._processes),
                cwd=Path(__file__).parents[1],
                env=_environment(),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        try:
            self._task.note_launcher(launched.pid)
            while launched.poll() is None:
                self._look()
                time.sleep(LOOK_SECONDS)
            self._look()
        finally:
            _end(launched)
        return self._outcome(launched.returncode)

    def _look(self) -> None:
        for line in self._task.news():
            if line.step is not None:
                self._work.watcher.on_step(line.step)
            else:
                self._work.watcher.on_evaluation(*line.evaluation)
        why = self._work.watcher.should_stop()
        if why:
            self._task.ask_to_stop(why)

    def _outcome(self, status: int) -> Fit:
        found = self._task.outcome()
        if isinstance(found, Fit) and status == 0:
            self._output.unlink(missing_ok=True)
            return found
        if isinstance(found, Stopped):
            self._output.unlink(missing_ok=True)
            raise found
        if isinstance(found, str):
            raise SpreadError(found)
        raise SpreadError(
            f"One of the {self._processes} processes ended {self._how(status)}, and the run with"
            f" it; what they printed stands in {self._output.name} in the run's folder."
            " --resume goes on from its last checkpoint."
        )

    def _how(self, status: int) -> str:
        """The first that died: the others were ended because of it."""
        printed = self._output.read_text(encoding="utf-8", errors="replace")
        told = _DIED.search(printed.rpartition("Root Cause")[2])
        code = int(told[1]) if told else status
        if code == -signal.SIGKILL:
            return "by SIGKILL (most often for want of memory)"
        if code < 0:
            with suppress(ValueError):
                return f"by {signal.Signals(-code).name}"
        return f"with exit status {code}"


def _check_configuration(recipe: Recipe) -> None:
    """Of FSDP the methods that are known to work with parts of a base."""
    if not settings.ACCELERATE_CONFIG:
        return
    path = Path(settings.ACCELERATE_CONFIG)
    if not path.is_file():
        raise SpreadError(f"PASOKH_ACCELERATE_CONFIG names {path}, which is no file.")
    from accelerate.commands.config.config_args import (  # type: ignore[import-untyped]
        load_config_from_file,
    )
    from yaml import YAMLError

    from training.methods.devices import on_gpu

    try:
        kind = str(load_config_from_file(str(path)).distributed_type)
    except (OSError, ValueError, TypeError, AttributeError, YAMLError) as error:
        raise SpreadError(f"accelerate cannot read {path} ({type(error).__name__}).") from error
    if "FSDP" not in kind:
        return
    if not on_gpu():
        raise SpreadError("FSDP needs GPUs; leave PASOKH_ACCELERATE_CONFIG empty on a processor.")
    if recipe.method not in SHARDED:
        raise SpreadError(
            f"{recipe.method} needs the whole base on each GPU: use deploy/accelerate-ddp.yaml"
            f" instead of FSDP, which takes {' and '.join(SHARDED)}."
        )


def _command(folder: Path, processes: int) -> list[str]:
    if settings.ACCELERATE_CONFIG:
        how = ["--config_file", str(Path(settings.ACCELERATE_CONFIG).absolute())]
    else:
        how = ["--multi_gpu", "--num_machines", "1", "--mixed_precision", "no"]
        how += ["--dynamo_backend", "no"]
    return [
        *(sys.executable, "-W", "ignore", "-m", _LAUNCHER, *how),
        *("--num_processes", str(processes), "--main_process_port", "0"),
        *("-m", _PROCESS, str(folder)),
    ]


def _environment() -> dict[str, str]:
    """accelerate has no launcher for several processes on CPUs but MPI's; that for GPUs starts
    them just as well once it is told to leave GPUs alone."""
    from training.methods.devices import on_gpu

    given = dict(os.environ)
    given.setdefault("OMP_NUM_THREADS", "1")
    if not on_gpu():
        given["ACCELERATE_USE_CPU"] = "true"
    return given


def _end(launched: "subprocess.Popen[Any]") -> None:
    """All of them, if they are still there."""
    if launched.poll() is None:
        launched.terminate()  # it ends the others
        with suppress(subprocess.TimeoutExpired):
            launched.wait(END_SECONDS)
    with suppress(ProcessLookupError):
        os.killpg(launched.pid, signal.SIGKILL)
    launched.wait()


def _end_former(task: TaskFolder) -> None:
    """Processes of this run that outlived whoever started them: two must not write one folder."""
    former = task.launcher()
    if former and _is_launcher(former, task.path):
        with suppress(ProcessLookupError):
            os.killpg(former, signal.SIGKILL)
    task.remove()


def _is_launcher(pid: int, folder: Path) -> bool:
    """Whether the number was not given to another process since."""
    try:
        said = Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace")
    except OSError:
        return False
    return _LAUNCHER in said and str(folder) in said
