"""`config.asgi` with the server's own time for each answer in its header `x-seconds`."""

import time
from typing import Any

from config.asgi import application as desk


async def application(scope: Any, receive: Any, send: Any) -> None:
    began = time.perf_counter()

    async def timed(message: Any) -> None:
        if message["type"] == "http.response.start":
            seconds = f"{time.perf_counter() - began:.6f}".encode()
            message = message | {"headers": [*message.get("headers", ()), (b"x-seconds", seconds)]}
        await send(message)

    await desk(scope, receive, timed)
