"""No request is longer than the desk takes: `limited(application)`, before Django reads anything.

Django writes a whole request to a temporary file before a view, or who sends it, is looked at; so
the views' own limits, which answer with a page, would not keep anybody from filling the disk.
"""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Final

from django.conf import settings

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Any, Any, Any], Awaitable[None]]

TOO_LARGE: Final = b"The request is too large.\n"


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
        await _refuse(send)
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
        await _refuse(send)


def _announced(scope: Message) -> int:
    """By Content-Length; 0 without one."""
    lengths = [value for name, value in scope["headers"] if name == b"content-length"]
    return int(lengths[0][:20]) if lengths and lengths[0].isdigit() else 0


async def _refuse(send: Send) -> None:
    """What is still to come is not read."""
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": 413, "headers": headers})
    await send({"type": "http.response.body", "body": TOO_LARGE})
