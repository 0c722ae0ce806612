"""A client for one server and no other: `connect`.

It follows no redirect (that could lead to a host that nobody allowed), tries nothing again (see
`asking`), takes no more than so many bytes, and sends neither OpenAI's account headers nor, to a
server of one's own, anything through a proxy. The key is read from the environment at the moment of
use and stands nowhere else.
"""

import logging
import os
import socket
import ssl
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from llm.models import Server
from llm.servers.addresses import addresses_of, host_of, is_inside
from llm.servers.errors import ServerError, Trouble

if TYPE_CHECKING:
    from openai import OpenAI

CONNECT_SECONDS: Final = 5.0
MAX_KEY: Final = 4096
NO_KEY: Final = "none"


def key_of(server: Server) -> str:
    """Raises ServerError (NO_KEY) where a variable is named that holds no usable key."""
    if not server.key_env:
        return NO_KEY
    key = os.environ.get(server.key_env, "").strip()
    if not key or len(key) > MAX_KEY or not key.isascii() or not key.isprintable():
        raise ServerError(Trouble.NO_KEY)
    return key


def connect(
    server: Server,
    *,
    seconds: float,
    max_bytes: int,
    is_over: Callable[[], bool],
    on_socket: Callable[[socket.socket], None] = lambda opened: None,
) -> "OpenAI":
    """`seconds`: of silence that one read may take; `is_over`: asked with each piece that comes;
    `on_socket` is given each connection that opens."""
    from httpx2 import Client
    from openai import Omit, OpenAI, Timeout

    _keep_texts_out_of_logs()
    limits = Timeout(seconds, connect=min(seconds, CONNECT_SECONDS))

    def limit(response: Any) -> None:
        if response.headers.get("content-encoding", "identity") != "identity":
            raise ServerError(Trouble.NONSENSE)  # a few packed bytes could become gigabytes
        response.stream = _limited(response.stream, max_bytes=max_bytes, is_over=is_over)

    def watch(request: Any) -> None:
        request.extensions["trace"] = _watching(on_socket)

    account: dict[str, Any] = {"OpenAI-Organization": Omit(), "OpenAI-Project": Omit()}
    return OpenAI(
        base_url=server.base_url,
        api_key=key_of(server),
        timeout=limits,
        max_retries=0,
        default_headers={"Accept-Encoding": "identity", **account},
        http_client=Client(
            follow_redirects=False,
            timeout=limits,
            verify=_certificates(),
            trust_env=server.hosted,  # proxies are for what lies outside
            event_hooks={"request": [watch], "response": [limit]},
        ),
    )


def refuse_stranger(server: Server) -> None:
    """Raises ServerError (NOT_ALLOWED) for a server of one's own whose name now leads outside: what
    was allowed was a machine in the house. Resolves the name, so it may take its time."""
    if server.hosted:
        return
    addresses = addresses_of(host_of(server.base_url))
    if not addresses:
        raise ServerError(Trouble.UNREACHABLE)
    if not all(map(is_inside, addresses)):
        raise ServerError(Trouble.NOT_ALLOWED)


def _watching(on_socket: Callable[[socket.socket], None]) -> Callable[[str, Any], None]:
    """Tells of a plain connection, then of the encrypted one that takes its place."""

    def trace(event: str, info: Any) -> None:
        if event.endswith(("connect_tcp.complete", "start_tls.complete")):
            on_socket(info["return_value"].get_extra_info("socket"))

    return trace


@lru_cache
def _certificates() -> ssl.SSLContext:
    """The authorities of SSL_CERT_FILE or certifi; reading them takes longer than asking."""
    from httpx2 import create_ssl_context

    return create_ssl_context()


def _keep_texts_out_of_logs() -> None:
    """OPENAI_LOG=debug would log whole requests, customers' words and all."""
    openai_logger = logging.getLogger("openai")
    if openai_logger.getEffectiveLevel() < logging.INFO:
        openai_logger.setLevel(logging.INFO)


def _limited(stream: Any, *, max_bytes: int, is_over: Callable[[], bool]) -> Any:
    from httpx2 import SyncByteStream

    class Limited(SyncByteStream):
        def __iter__(self) -> Iterator[bytes]:
            came = 0
            for piece in stream:
                came += len(piece)
                if came > max_bytes:
                    raise ServerError(Trouble.ENDLESS)
                if is_over():
                    return
                yield piece

        def close(self) -> None:
            stream.close()

    return Limited()
