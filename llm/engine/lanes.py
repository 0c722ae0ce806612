"""Several engines and servers at work side by side: `run_lanes`.

A lane is a call that takes some time and tells its news meanwhile. Each runs in a thread of its own
and all are heard in the caller's thread, so that listeners need no locks and use the caller's
database connection. A single lane needs no thread.
"""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from queue import SimpleQueue

from django.db import connections

from llm.engine.jobs import News, Tell

Lane = Callable[[Tell], None]


@dataclass(frozen=True)
class _Over:
    error: BaseException | None = None


def run_lanes(lanes: Sequence[Lane], tell: Tell, *, give_up: threading.Event) -> None:
    """Until all lanes have ended. What a lane or `tell` raises sets `give_up`, which the lanes look
    at, and is raised here once they have ended."""
    if len(lanes) == 1:
        lanes[0](tell)
        return
    heard: SimpleQueue[News | _Over] = SimpleQueue()
    threads = [threading.Thread(target=_run, args=(lane, heard.put)) for lane in lanes]
    for thread in threads:
        thread.start()
    try:
        _listen(heard, tell, running=len(threads), give_up=give_up)
    except BaseException:
        give_up.set()
        raise
    finally:
        for thread in threads:
            thread.join()


def _listen(
    heard: "SimpleQueue[News | _Over]", tell: Tell, *, running: int, give_up: threading.Event
) -> None:
    error: BaseException | None = None
    while running:
        news = heard.get()
        if not isinstance(news, _Over):
            tell(news)
            continue
        running -= 1
        if news.error is not None:
            give_up.set()
            error = error or news.error
    if error is not None:
        raise error


def _run(lane: Lane, put: Callable[[News | _Over], None]) -> None:
    over = _Over()
    try:
        lane(put)
    except BaseException as error:  # noqa: BLE001  raised again in the caller's thread
        over = _Over(error)
    finally:
        connections.close_all()  # this thread's own
        put(over)
