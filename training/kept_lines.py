"""Figures that a long measurement keeps as it goes on: `KeptLines`, a file of JSON lines that one
process at a time writes. What a killed process left half-written at its end is cut off."""

import fcntl
import os
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

from runtime.errors import InputError


class KeptLines:
    """Use it as a context: the file is ours until its end."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def _busy(self) -> InputError:
        """What to raise where another process has the file."""
        raise NotImplementedError  # every kind has its own words

    def _read(self, file: BinaryIO) -> int:
        """Take in the whole lines from the beginning on; how many bytes they are."""
        raise NotImplementedError  # every kind has its own lines

    def __enter__(self) -> Self:
        self._file = opened(self.path)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            self._file.close()
            raise self._busy() from error
        self._file.truncate(self._read(self._file))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.close()

    def _append(self, lines: Iterable[bytes]) -> None:
        """They are on the disk when this returns."""
        self._file.writelines(lines)
        self._file.flush()
        os.fsync(self._file.fileno())


def opened(path: Path) -> BinaryIO:
    path.parent.mkdir(parents=True, exist_ok=True)
    return path.open("a+b")
