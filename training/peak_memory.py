"""How much memory this process has held at most: `peak_memory_bytes`; whether it `is_on_gpu`.

Asks torch only where the process has loaded it: looking at memory is no reason to load it.
"""

import resource
import sys
from pathlib import Path
from typing import Final

_STATUS: Final = Path("/proc/self/status")


def peak_memory_bytes() -> int:
    """The most that a GPU has held for this process, else the most that the process has held."""
    torch = sys.modules.get("torch")
    if torch is not None and is_on_gpu():
        return int(torch.cuda.max_memory_allocated())
    return peak_bytes()


def is_on_gpu() -> bool:
    """Whether this process works on one: a machine's GPU may have been left alone."""
    cuda = getattr(sys.modules.get("torch"), "cuda", None)
    return cuda is not None and bool(cuda.is_available() and cuda.is_initialized())


def peak_bytes() -> int:
    """Of this program alone: what `getrusage` says begins, in a process that another one started,
    with what that one had held."""
    try:
        lines = _STATUS.read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    for line in lines:
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
