"""SIGTERM and Ctrl-C: `Signals` turns the first into a wish, the second into an end.

While a method trains, the first is answered after the step, with a checkpoint; the second ends the
run at once, which goes on from an older checkpoint then. Outside training there is nothing to wait
for. Python lets the main thread alone handle signals: elsewhere this does nothing.
"""

import signal
import threading
from types import FrameType, TracebackType
from typing import Any, Final

HANDLED: Final = (signal.SIGTERM, signal.SIGINT)


class Signals:
    """A context manager; `training` is set by who knows whether a step is under way."""

    def __init__(self) -> None:
        self.asked = False
        self.training = False
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> "Signals":
        if threading.current_thread() is threading.main_thread():
            self._before = {one: signal.signal(one, self._handle) for one in HANDLED}
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for one, before in self._before.items():
            signal.signal(one, before)

    def _handle(self, number: int, frame: FrameType | None) -> None:
        if self.training and not self.asked:
            self.asked = True
            return
        raise KeyboardInterrupt
