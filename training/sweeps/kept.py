"""What a sweep has measured already, in a file of figures: `Kept`.

A line a draft, written as soon as it is measured, so that a sweep that was stopped, or killed, goes
on from there. No text of a customer or a model stands in it. The file's name is the digest of all
that a figure depends on: the version, its other settings, the rows, the formula.
"""

import json
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any, BinaryIO

from runtime.errors import InputError
from training.kept_lines import KeptLines
from training.sweeps.grid import Setting
from training.sweeps.scoring import Figures

Key = tuple[Setting, int]


class SweepRuns(InputError):
    """Another process does the same sweep now."""


class Kept(KeptLines):
    """By setting and number of the row. Use it as a context: the file is ours until its end."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self._figures: dict[Key, Figures] = {}

    def _busy(self) -> SweepRuns:
        return SweepRuns("This sweep is running already; wait for it, or stop it.")

    def __contains__(self, key: Key) -> bool:
        return key in self._figures

    def __getitem__(self, key: Key) -> Figures:
        return self._figures[key]

    def __len__(self) -> int:
        return len(self._figures)

    def settings(self) -> set[Setting]:
        return {setting for setting, _row in self._figures}

    def add(self, found: Iterable[tuple[Key, Figures]]) -> None:
        new = dict(found)
        self._append(_as_bytes(key, figures) for key, figures in new.items())
        self._figures |= new

    def _read(self, file: BinaryIO) -> int:
        file.seek(0)
        sound = 0
        for line in file:
            try:
                data: Any = json.loads(line) if line.endswith(b"\n") else None
                key = (Setting(**data["setting"]), int(data["row"]))
                self._figures[key] = Figures(**data["figures"])
            except (ValueError, TypeError, KeyError):
                break
            sound += len(line)
        return sound


def _as_bytes(key: Key, figures: Figures) -> bytes:
    setting, row = key
    line = {"setting": asdict(setting), "row": row, "figures": asdict(figures)}
    return json.dumps(line).encode() + b"\n"
