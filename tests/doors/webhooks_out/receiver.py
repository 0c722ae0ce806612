"""A receiver of webhooks as other people write one: a real HTTP server that checks every message
with the standardwebhooks library."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from standardwebhooks.webhooks import Webhook, WebhookVerificationError


@dataclass
class Receiver:
    key: str = ""
    answers: list[tuple[int, dict[str, str]]] = field(default_factory=list)
    """What it says to the next requests; after them 204."""
    taken: list[tuple[str, Any]] = field(default_factory=list)  # (webhook-id, message), verified
    refused: int = 0
    came: threading.Event = field(default_factory=threading.Event)
    hold: threading.Event | None = None
    words: bytes = b""
    """Of every answer."""
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook"


@contextmanager
def receiver() -> Iterator[Receiver]:
    state = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            try:
                message = Webhook(state.key).verify(body, dict(self.headers.items()))
            except WebhookVerificationError:
                state.refused += 1
                self._say(401, {})
                return
            state.taken.append((self.headers["webhook-id"], message))
            state.came.set()
            if state.hold is not None:
                state.hold.wait(120)
            self._say(*(state.answers.pop(0) if state.answers else (204, {})))

        def _say(self, status: int, headers: dict[str, str]) -> None:
            try:
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(state.words)))
                self.end_headers()
                self.wfile.write(state.words)
            except OSError:
                return  # whoever asked is gone

        def log_message(self, *_anything: Any) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    state.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield state
    finally:
        if state.hold is not None:
            state.hold.set()
        server.shutdown()
        server.server_close()
        thread.join()
