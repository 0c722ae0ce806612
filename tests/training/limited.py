"""A training whose files may not grow: what a forked process executes."""

import resource
from pathlib import Path
from typing import Any

LIMITS = (600, 3_000, 12_000)


def limited(folder: Path, base: Path, changes: dict[str, Any], said: Path) -> None:
    """Into `said` a line for each limit: the limit, the error, and how many checkpoints there are.
    Lines come last, for they too are bound by the limit."""
    from tests.training.tuning import train
    from training.full_disk import DiskFull

    lines = []
    for limit in LIMITS:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
        try:
            train(folder, base, **changes)
        except DiskFull as error:
            left = len(list((folder / "checkpoints").glob("checkpoint-*")))
            lines.append(f"{limit} {error} {left}")
    said.write_text("\n".join(lines), encoding="utf-8")
