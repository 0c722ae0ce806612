"""How much memory a batch takes, and whether an error says that it was too much.

Public entries: `Peak`, `is_out_of_memory`. Worker processes only.
"""

import os
from pathlib import Path
from typing import Any, Final

import torch  # noqa: TID253

_SIGNS: Final = ("out of memory", "not enough memory", "can't allocate memory")
_STATM: Final = Path("/proc/self/statm")


def is_out_of_memory(error: BaseException) -> bool:
    """torch says it in one class on a GPU and in plain RuntimeErrors elsewhere."""
    if isinstance(error, torch.OutOfMemoryError | MemoryError):
        return True
    return isinstance(error, RuntimeError) and any(sign in str(error) for sign in _SIGNS)


class Peak:
    """By how much the memory grew since this was made: on a GPU what torch holds there, else the
    process's resident memory, looked at whenever `look` is called."""

    def __init__(self, device: Any) -> None:
        self._cuda = device if device.type == "cuda" else None
        if self._cuda is not None:
            torch.cuda.reset_peak_memory_stats(self._cuda)
            self._before = torch.cuda.memory_allocated(self._cuda)
        else:
            self._before = _resident()
        self.bytes = 0

    def look(self) -> int:
        now = _resident() if self._cuda is None else torch.cuda.max_memory_allocated(self._cuda)
        self.bytes = max(self.bytes, now - self._before)
        return self.bytes


def _resident() -> int:
    try:
        return int(_STATM.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 0  # another system: not measured
