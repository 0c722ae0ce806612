"""`/live/`: the stream of ids that a page listens to."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest, StreamingHttpResponse

from runtime.live import listen

MAX_TOPICS = 10
KEEP_ALIVE_SECONDS = 20.0


async def live(request: HttpRequest) -> HttpResponse | StreamingHttpResponse:
    """Server-sent events for `?topic=…` (several allowed). Only ids are sent, to signed-in people;
    the page fetches what changed through views that check permission themselves."""
    user = await request.auser()
    if not user.is_authenticated:
        return HttpResponse(status=403)
    topics = frozenset(request.GET.getlist("topic"))
    if not topics or len(topics) > MAX_TOPICS:
        return HttpResponseBadRequest(f"Give one to {MAX_TOPICS} topics.")
    response = StreamingHttpResponse(_events(topics), content_type="text/event-stream")
    response["Cache-Control"] = "no-store"
    response["X-Accel-Buffering"] = "no"
    return response


async def _events(topics: frozenset[str]) -> AsyncIterator[str]:
    messages = listen(topics)
    pending: asyncio.Task[dict[str, Any]] | None = None
    try:
        while True:
            pending = pending or asyncio.ensure_future(anext(messages))
            done, _ = await asyncio.wait({pending}, timeout=KEEP_ALIVE_SECONDS)
            if not done:
                yield ": still here\n\n"
                continue
            message = pending.result()
            pending = None
            yield f"event: {message['topic'].split(':')[0]}\ndata: {json.dumps(message)}\n\n"
    finally:
        if pending is not None:
            pending.cancel()
            with suppress(asyncio.CancelledError, StopAsyncIteration):
                await pending
        await messages.aclose()
