"""The one process that the tests' processes are forks of: it loads torch once (`fork_server`)."""

import multiprocessing
from typing import Any

PATIENCE = 600
"""Seconds to wait for a fork."""


def fork_server() -> Any:
    """The same for all who ask in this process."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.training.resuming"])
    return context
