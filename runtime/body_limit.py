"""No request is longer than the desk takes: `limited(application)`, before Django reads anything.

Django writes a whole request to a temporary file before a view, or who sends it, is looked at; so
the views' own limits, which answer with a page, would not keep anybody from filling the disk.
"""

import json
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Final

from django.conf import settings

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Any, Any, Any], Awaitable[None]]

TOO_LARGE: Final = "The request is too large."
API: Final = "/api/v1/"


def most_bytes() -> int:
    """Twice the largest file: what is a little too large still gets the page that says so."""
    largest = max(settings.MAX_UPLOAD_BYTES, settings.MAX_ATTACHMENT_BYTES)
    return 2 * largest + settings.DATA_UPLOAD_MAX_MEMORY_SIZE


async def limited(application: Application, scope: Message, receive: Receive, send: Send) -> None:
    """413 for a body that is announced or turns out to be longer."""
    most = most_bytes()
    if scope["type"] != "http":
        await application(scope, receive, send)
        return
    if _announced(scope) > most:
        await _refuse(scope, send)
        return
    received, answered = 0, False

    async def counted() -> Message:
        nonlocal received
        message = await receive()
        received += len(message.get("body", b""))
        return {"type": "http.disconnect"} if received > most else message

    async def noted(message: Message) -> None:
        nonlocal answered
        answered = True
        await send(message)

    await application(scope, counted, noted)
    if received > most and not answered:
        await _refuse(scope, send)


def _announced(scope: Message) -> int:
    """By Content-Length; 0 without one."""
    lengths = [value for name, value in scope["headers"] if name == b"content-length"]
    return int(lengths[0][:20]) if lengths and lengths[0].isdigit() else 0


async def _refuse(scope: Message, send: Send) -> None:
    """What is still to come is not read."""
    kind, body = _said(str(scope.get("path", "")))
    headers = [(b"content-type", kind), (b"connection", b"close"), (b"cache-control", b"no-store")]
    await send({"type": "http.response.start", "status": 413, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _said(path: str) -> tuple[bytes, bytes]:
    """A line for people; below the API a problem, as all of its errors are. REST framework is not
    asked: nothing of Django has read this request."""
    if not path.startswith(API):
        return b"text/plain; charset=utf-8", f"{TOO_LARGE}\n".encode()
    told = {
        "type": "/api/docs/#too-large",
        "title": "Too large",
        "status": 413,
        "detail": TOO_LARGE,
        "instance": path[:200],
    }
    return b"application/problem+json", json.dumps(told).encode()
