"""A server on this machine that does with each connection what a script says: for the faults that a
real server does not show."""

import json
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

MODEL = "shop-2026-11"
PATIENT = 240.0
"""Seconds that a server of the tests is given: its threads may wait for a processor."""
STREAM = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"


class Connection:
    """What a script writes to; a client that went away ends the script."""

    def __init__(self, channel: socket.socket, *, chat: bool = True) -> None:
        self._channel = channel
        self._chat = chat

    def send(self, text: str | bytes) -> None:
        self._channel.sendall(text if isinstance(text, bytes) else text.encode())

    def reply(self, status: str, body: str, *, kind: str = "application/json", more: str = ""):
        data = body.encode()
        self.send(f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(data)}\r\n")
        self.send(f"{more}Connection: close\r\n\r\n")
        self.send(data)

    def begin(self, more: str = "") -> None:
        """A stream that ends with the connection."""
        self.send(f"{STREAM}{more}Connection: close\r\n\r\n")

    def say(self, text: str, *, finish: str | None = None) -> None:
        said = {"delta": {"content": text}} if self._chat else {"text": text}
        self.event({"choices": [{"index": 0, **said, "finish_reason": finish}]})

    def event(self, data: object) -> None:
        self.send(f"data: {json.dumps(data, ensure_ascii=False)}\n\n")

    def done(self, *, tokens: int = 3, finish: str = "stop") -> None:
        self.say("", finish=finish)
        usage = {"completion_tokens": tokens, "prompt_tokens": 40, "total_tokens": 40 + tokens}
        self.event({"choices": [], "usage": usage})
        self.send("data: [DONE]\n\n")

    def is_gone(self) -> bool:
        """Whether the client has closed the connection."""
        self._channel.settimeout(100)
        try:
            return self._channel.recv(1) == b""
        except TimeoutError:
            return False
        except OSError:
            return True


Script = Callable[[Connection, int], None]
"""From the connection and its number, from 0."""


@dataclass
class Scripted:
    url: str
    requests: list[dict] = field(default_factory=list)
    heads: list[str] = field(default_factory=list)
    connections: int = 0
    begun: threading.Event = field(default_factory=threading.Event)
    """For a script that says how far it is."""
    stopping: threading.Event = field(default_factory=threading.Event)

    def wait(self, seconds: float) -> None:
        self.stopping.wait(seconds)


def good(connection: Connection, number: int) -> None:
    connection.begin()
    for part in ("سلا", "م، ", "فردا می‌رسد."):
        connection.say(part)
    connection.done()


@contextmanager
def scripted(
    script: Script = good, *, certificate: ssl.SSLContext | None = None
) -> Iterator[Scripted]:
    listener = socket.create_server(("127.0.0.1", 0))
    scheme = "https" if certificate else "http"
    server = Scripted(f"{scheme}://127.0.0.1:{listener.getsockname()[1]}/v1")

    def accept() -> None:
        while True:
            try:
                channel, _ = listener.accept()
            except OSError:
                return
            number, server.connections = server.connections, server.connections + 1
            threading.Thread(target=serve, args=(channel, number), daemon=True).start()

    def serve(channel: socket.socket, number: int) -> None:
        try:
            if certificate is not None:
                channel = certificate.wrap_socket(channel, server_side=True)
            with channel:
                head, body = _request(channel)
                server.heads.append(head)
                server.requests.append(json.loads(body) if body else {})
                script(Connection(channel, chat="/chat/" in head), number)
        except OSError:
            """The client left: what most of these scripts wait for."""

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield server
    finally:
        server.stopping.set()
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()


_kept: list[socket.socket] = []


def closed_port() -> int:
    """A port that nobody listens on, nor can: it is taken until this process ends."""
    taken = socket.socket()
    taken.bind(("127.0.0.1", 0))
    _kept.append(taken)
    return taken.getsockname()[1]


def until(happens: Callable[[], bool], *, seconds: float = 60.0) -> bool:
    ends = time.monotonic() + seconds
    while not happens() and time.monotonic() < ends:
        time.sleep(0.01)
    return happens()


def _request(channel: socket.socket) -> tuple[str, bytes]:
    data = b""
    while b"\r\n\r\n" not in data:
        piece = channel.recv(65536)
        if not piece:
            raise OSError("the client said nothing")
        data += piece
    head, _, body = data.partition(b"\r\n\r\n")
    sizes = [
        int(line.split(b":")[1])
        for line in head.split(b"\r\n")
        if line.lower().startswith(b"content-length")
    ]
    while sizes and len(body) < sizes[0]:
        piece = channel.recv(65536)
        if not piece:
            raise OSError("the client left in the middle")
        body += piece
    return head.decode("latin-1"), body
