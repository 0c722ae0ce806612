"""Live updates: NOTIFY in PostgreSQL to server-sent events in the browser.

`publish(topic, **ids)` in any process, inside a transaction or not, reaches every page that listens
to the topic once the transaction commits. Only ids travel (NOTIFY carries 8,000 bytes at most and
is readable by every role); a page then asks for what it may see. `listen(topics)` is the web
process's side: one database connection for all its pages. `guard(prefix, check)` says who may
listen to "prefix" and "prefix:ID"; to a topic without one listens nobody. Whoever takes rights away
says `ask_again(topic)`: the streams that listen to it end, the browsers open them anew, and who may
listen is asked again. Each stream listens to its person's `topic_of`, too.
"""

import asyncio
import json
import logging
from collections import defaultdict
from collections.abc import AsyncGenerator, Callable, Iterable
from contextlib import suppress
from typing import Any

import psycopg
from django.db import connection

from runtime.database import connection_settings

CHANNEL = "pasokh_live"
MAX_WAITING = 200
"""Messages kept for a page that does not read; beyond that the oldest go, since a page that reads
again asks for the present state anyway."""
RECONNECT_SECONDS = 1.0
PERSON = "person"
ASK_AGAIN = "ask_again"

log = logging.getLogger(__name__)

Guard = Callable[[Any, str], bool]
"""Of a user and what stands behind the colon ("" without one)."""
_guards: dict[str, Guard] = {}


def guard(prefix: str, check: Guard) -> None:
    """Called by a part when it is loaded (AppConfig.ready)."""
    _guards[prefix] = check


def may_listen(user: Any, topics: Iterable[str]) -> bool:
    """Asks the database: not from the event loop."""
    for topic in topics:
        prefix, _colon, rest = topic.partition(":")
        check = _guards.get(prefix)
        if check is None or not check(user, rest):
            return False
    return True


def publish(topic: str, **ids: int | str) -> None:
    """Tell every listener of `topic`, e.g. publish("ticket:12", suggestion=7)."""
    payload = json.dumps({"topic": topic, **ids})
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify(%s, %s)", [CHANNEL, payload])


def topic_of(person_id: int | None) -> str:
    """Of the person's own streams; nobody can ask for it by name."""
    return f"{PERSON}:{person_id}"


def ask_again(topic: str) -> None:
    """Somebody may see less than before: end the streams that listen to the topic."""
    publish(topic, **{ASK_AGAIN: 1})


class Hub:
    """One LISTEN connection for a web process; hands messages to the pages' queues."""

    def __init__(self) -> None:
        self._queues: dict[str, set[asyncio.Queue[dict[str, Any]]]] = defaultdict(set)
        self._task: asyncio.Task[None] | None = None
        self._listening = asyncio.Event()

    async def subscribe(self, topics: frozenset[str]) -> AsyncGenerator[dict[str, Any]]:
        """Messages of the topics as they come; first of all {"topic": "open"}, sent once the
        database connection listens, so that nothing between is missed."""
        queue: asyncio.Queue[dict[str, Any]] = asyncio.Queue(MAX_WAITING)
        for topic in topics:
            self._queues[topic].add(queue)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._run())
        try:
            await self._listening.wait()
            yield {"topic": "open"}
            while True:
                yield await queue.get()
        finally:
            self._forget(queue, topics)
            if not self._queues:
                await self._close()

    def _forget(self, queue: asyncio.Queue[dict[str, Any]], topics: Iterable[str]) -> None:
        for topic in topics:
            self._queues[topic].discard(queue)
            if not self._queues[topic]:
                del self._queues[topic]

    async def _close(self) -> None:
        """Nobody listens: give the database connection back."""
        task, self._task = self._task, None
        self._listening.clear()
        if task is not None:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def _run(self) -> None:
        while self._queues:
            try:
                await self._forward()
            except psycopg.OperationalError:
                log.warning("Live updates lost the database; trying again.")
                self._listening.clear()
                await asyncio.sleep(RECONNECT_SECONDS)

    async def _forward(self) -> None:
        settings = await asyncio.to_thread(connection_settings)
        async with await psycopg.AsyncConnection.connect(**settings, autocommit=True) as listener:
            await listener.execute(f"LISTEN {CHANNEL}")
            self._listening.set()
            async for note in listener.notifies():
                self._deliver(json.loads(note.payload))

    def _deliver(self, message: dict[str, Any]) -> None:
        for queue in self._queues.get(message["topic"], ()):
            if queue.full():
                queue.get_nowait()
            queue.put_nowait(message)


_hubs: dict[asyncio.AbstractEventLoop, Hub] = {}


def listen(topics: frozenset[str]) -> AsyncGenerator[dict[str, Any]]:
    """Subscribe to the hub of this process: one for each event loop (a server has one loop)."""
    return _hubs.setdefault(asyncio.get_running_loop(), Hub()).subscribe(topics)
