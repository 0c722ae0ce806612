"""What a run says of its memory is its own."""

import subprocess
import sys

from django.conf import settings

from training.peak_memory import peak_bytes


def test_peak_is_that_of_this_program_and_not_of_the_one_that_started_it():
    held = b"x" * 2**28
    code = "from training.peak_memory import peak_bytes; print(peak_bytes())"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        check=True,
    )
    assert 2**20 < int(done.stdout) < len(held) < peak_bytes()
