"""The drafts of an evaluation, a line each, in a file below PASOKH_HOME: `Kept`, `forget`.

A line is written as soon as its draft is measured, so that an evaluation that was stopped, or
killed, goes on where it was. A line names its row by key; what was asked and answered stands in the
holdout alone. `forget` takes the lines of rows out of every file.
"""

import fcntl
import json
import os
import time
from collections.abc import Collection, Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, Final

from django.conf import settings

from runtime.errors import InputError
from training.kept_lines import KeptLines, opened
from training.models import Evaluation

FOLDER: Final = "evaluations"
PATIENCE: Final = 10.0
"""Seconds that forgetting waits for a process that measures."""


class EvaluationRuns(InputError):
    """Another process writes the same drafts now."""


@dataclass(frozen=True)
class Line:
    """One row's draft. `measures` as in `measures.Measures`. `loss_sum`: minus the logarithm of the
    reply's probability, over `loss_tokens`; None where no engine here has the version. `canaries`:
    planted values that came back."""

    key: str
    lang: str
    customer: str
    text: str
    finish: str
    seconds: float
    tokens: int
    measures: dict[str, float] = field(default_factory=dict)
    loss_sum: float | None = None
    loss_tokens: int = 0
    canaries: int = 0

    def value(self, measure: str) -> float | None:
        """`loss` is per token of the reply."""
        if measure == "loss":
            return self.loss_sum / self.loss_tokens if self.loss_sum is not None else None
        if measure == "seconds":
            return self.seconds
        return self.measures.get(measure)


class Kept(KeptLines):
    """By key. Use it as a context: the file is ours until its end."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.lines: dict[str, Line] = {}

    def _busy(self) -> EvaluationRuns:
        return EvaluationRuns("This version is being measured already; wait for it, or stop it.")

    def _read(self, file: BinaryIO) -> int:
        self.lines, sound = _lines_in(file)
        return sound

    def add(self, lines: Iterable[Line]) -> None:
        new = {line.key: line for line in lines}
        self._append(map(_as_bytes, new.values()))
        self.lines |= new


def read_lines(evaluation: Evaluation) -> dict[str, Line]:
    """{} where its file is gone."""
    path = Path(settings.PASOKH_HOME) / evaluation.path
    if not evaluation.path or not path.is_file():
        return {}
    with path.open("rb") as file:
        return _lines_in(file)[0]


def forget(keys: Collection[str]) -> int:
    """Take the lines of these rows out of every evaluation that is kept; how many were."""
    gone = set(keys)
    folder = Path(settings.PASOKH_HOME) / FOLDER
    paths = sorted(folder.glob("*.jsonl")) if gone and folder.is_dir() else []
    return sum(_forget_in(path, gone) for path in paths)


def _forget_in(path: Path, gone: set[str]) -> int:
    """In place: a process that measures goes on at the end of the same file. It is waited for, but
    not for ever; a line that it writes meanwhile may be lost, and is written again when needed."""
    with opened(path) as file:
        _wait_for(file)
        lines, _sound = _lines_in(file)
        left = [line for key, line in lines.items() if key not in gone]
        if len(left) < len(lines):
            file.seek(0)
            file.truncate(0)
            file.writelines(map(_as_bytes, left))
            file.flush()
            os.fsync(file.fileno())
        return len(lines) - len(left)


def _wait_for(file: BinaryIO) -> None:
    ends = time.monotonic() + PATIENCE
    while time.monotonic() < ends:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(0.1)
        else:
            return


def _lines_in(file: BinaryIO) -> tuple[dict[str, Line], int]:
    """The lines up to the first that is not whole, and how many bytes they are."""
    file.seek(0)
    lines: dict[str, Line] = {}
    sound = 0
    for raw in file:
        try:
            data: Any = json.loads(raw) if raw.endswith(b"\n") else None
            line = Line(**data)
        except (ValueError, TypeError):
            break
        lines[line.key] = line
        sound += len(raw)
    return lines, sound


def _as_bytes(line: Line) -> bytes:
    return json.dumps(asdict(line), ensure_ascii=False, sort_keys=True).encode() + b"\n"
