"""How long something may take, so that a busy machine does not break it: the processor's time of
this process is counted, which waiting for a processor does not lengthen.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def at_most(seconds: float) -> Iterator[None]:
    """What is done within takes no more of the processor."""
    began = time.process_time()
    yield
    taken = time.process_time() - began
    assert taken < seconds, f"{taken:.1f} s of the processor"
