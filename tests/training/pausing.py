"""A run in a process of its own that waits behind its third step until it is told to stop, as
`training.methods` or `training.comparing`: else it would be over before a busy machine tells it.

    python -m tests.training.pausing FOLDER
"""

import sys
import time
from pathlib import Path
from typing import Any

import django

MODULE = "tests.training.pausing"
STEP = 3
PATIENCE = 300
"""Seconds after which the run goes on: nobody stopped it."""


def pausing(watcher: Any) -> None:
    """Whoever started the process ends the wait too, by being gone."""
    on_step = watcher.on_step

    def paused(self, step) -> None:
        on_step(self, step)
        ends = time.monotonic() + PATIENCE
        while step.step == STEP and not self.should_stop() and time.monotonic() < ends:
            time.sleep(0.01)

    watcher.on_step = paused


def main(folder: Path) -> int:
    if (folder / "job.json").is_file():
        django.setup()
        from training.comparing import work

        pausing(work._Watcher)
        return work.carry_out(folder)
    from training.methods import __main__ as method
    from training.methods import tasking

    pausing(tasking._Teller)
    return method.main(folder)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
