"""`/live/`: the stream of topics that a page listens to."""

import asyncio
import json
import random
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

from asgiref.sync import sync_to_async
from django.db import connection
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest, StreamingHttpResponse

from runtime.live import ASK_AGAIN, listen, may_listen, topic_of

MAX_TOPICS = 10
MAX_TOPIC = 100
KEEP_ALIVE_SECONDS = 20.0
LIVES_SECONDS = 900.0
"""Then the browser opens it anew, and who may listen is asked again."""


async def live(request: HttpRequest) -> HttpResponse | StreamingHttpResponse:
    """Server-sent events for `?topic=…` (several allowed). Only the topic is sent (ids of what
    changed could be another team's), to signed-in people who may see what the topics are about,
    else 403; the page fetches what changed through views that check permission themselves."""
    topics = frozenset(request.GET.getlist("topic"))
    refused = await sync_to_async(_refused)(request, topics)
    if refused is not None:
        return refused
    events = _events(topics | {topic_of(request.user.pk)})
    response = StreamingHttpResponse(events, content_type="text/event-stream")
    response["Cache-Control"] = "no-store"
    response["X-Accel-Buffering"] = "no"
    return response


def _refused(request: HttpRequest, topics: frozenset[str]) -> HttpResponse | None:
    try:
        if not request.user.is_authenticated:
            return HttpResponse(status=403)
        if not 0 < len(topics) <= MAX_TOPICS or max(map(len, topics)) > MAX_TOPIC:
            return HttpResponseBadRequest(f"Give one to {MAX_TOPICS} topics.")
        return None if may_listen(request.user, topics) else HttpResponse(status=403)
    finally:
        # Django would keep it until the stream ends: hundreds of pages, hundreds of connections.
        if not connection.in_atomic_block:
            connection.close()


async def _events(topics: frozenset[str]) -> AsyncIterator[str]:
    messages = listen(topics)
    pending: asyncio.Task[dict[str, Any]] | None = None
    clock = asyncio.get_running_loop().time
    ends = clock() + LIVES_SECONDS * random.uniform(0.8, 1.2)  # noqa: S311  not all at once
    try:
        while clock() < ends:
            pending = pending or asyncio.ensure_future(anext(messages))
            done, _ = await asyncio.wait({pending}, timeout=KEEP_ALIVE_SECONDS)
            if not done:
                yield ": still here\n\n"
                continue
            message = pending.result()
            pending = None
            if ASK_AGAIN in message:
                return
            told = {"topic": message["topic"]}
            yield f"event: {told['topic'].split(':')[0]}\ndata: {json.dumps(told)}\n\n"
    finally:
        if pending is not None:
            pending.cancel()
            with suppress(asyncio.CancelledError, StopAsyncIteration):
                await pending
        await messages.aclose()
