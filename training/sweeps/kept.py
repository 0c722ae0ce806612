"""What a sweep has measured already, in a file of figures: `Kept`.

A line a draft, written as soon as it is measured, so that a sweep that was stopped, or killed, goes
on from there. No text of a customer or a model stands in it. The file's name is the digest of all
that a figure depends on: the version, its other settings, the rows, the formula.
"""

import fcntl
import json
import os
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Any

from runtime.errors import InputError
from training.sweeps.grid import Setting
from training.sweeps.scoring import Figures

Key = tuple[Setting, int]


class SweepRuns(InputError):
    """Another process does the same sweep now."""


class Kept:
    """By setting and number of the row. Use it as a context: the file is ours until its end."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._figures: dict[Key, Figures] = {}

    def __enter__(self) -> "Kept":
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._file = self.path.open("a+b")
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            self._file.close()
            raise SweepRuns("This sweep is running already; wait for it, or stop it.") from error
        self._read()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.close()

    def __contains__(self, key: Key) -> bool:
        return key in self._figures

    def __getitem__(self, key: Key) -> Figures:
        return self._figures[key]

    def __len__(self) -> int:
        return len(self._figures)

    def settings(self) -> set[Setting]:
        return {setting for setting, _row in self._figures}

    def add(self, found: Iterable[tuple[Key, Figures]]) -> None:
        for (setting, row), figures in found:
            line = {"setting": asdict(setting), "row": row, "figures": asdict(figures)}
            self._file.write(json.dumps(line).encode() + b"\n")
            self._figures[setting, row] = figures
        self._file.flush()
        os.fsync(self._file.fileno())

    def _read(self) -> None:
        """Up to the first line that is not whole: what a killed process left is cut off."""
        self._file.seek(0)
        sound = 0
        for line in self._file:
            try:
                data: Any = json.loads(line) if line.endswith(b"\n") else None
                key = (Setting(**data["setting"]), int(data["row"]))
                self._figures[key] = Figures(**data["figures"])
            except (ValueError, TypeError, KeyError):
                break
            sound += len(line)
        self._file.truncate(sound)
