"""Processes of a test run that serve something do not take each other's port."""

import subprocess
import sys

from tests.live_desk import ROOT, free_port

OFFERED = """
from tests import live_desk
offered = iter([%d])
live_desk._chance.randint = lambda *_range: next(offered)
live_desk.free_port()
"""


def test_a_port_that_one_process_has_is_given_to_no_other():
    done = subprocess.run(
        [sys.executable, "-c", OFFERED % free_port()], cwd=ROOT, capture_output=True, text=True
    )
    assert "StopIteration" in done.stderr
