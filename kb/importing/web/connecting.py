"""urllib3 over guarded sockets: `pools(guard, deadline)`.

The name stays the name (for the Host header, SNI and the certificate); only the opening of the
socket is ours. No proxy is used, whatever the environment says: a proxy would look the name up
itself. `Deadline` ends a request that a server feeds drop by drop, wherever it hangs: in the
handshake, in the headers or in the body.
"""

import socket
import ssl
import threading
from functools import cache
from types import TracebackType

import certifi
import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError

from kb.importing.web.guard import Guard


class Deadline:
    """Shuts the watched sockets down after `seconds`; `passed` says that it did."""

    def __init__(self, seconds: float) -> None:
        self.passed = False
        self._sockets: list[socket.socket] = []
        self._lock = threading.Lock()
        self._timer = threading.Timer(seconds, self._end)
        self._timer.daemon = True

    def watch(self, sock: socket.socket) -> None:
        """A duplicate is kept: wrapping in TLS takes the original's descriptor away."""
        with self._lock:
            self._sockets.append(sock.dup())
        if self.passed:
            self._end()

    def __enter__(self) -> "Deadline":
        self._timer.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._timer.cancel()
        with self._lock:
            for sock in self._sockets:
                sock.close()
            self._sockets.clear()

    def _end(self) -> None:
        self.passed = True
        with self._lock:
            for sock in self._sockets:
                try:
                    sock.shutdown(socket.SHUT_RDWR)
                except OSError:
                    continue  # it is over already


def pools(guard: Guard, deadline: Deadline) -> urllib3.PoolManager:
    """For one request: a connection is not kept, so each request is looked up and checked."""

    def open_socket(connection: HTTPConnection) -> socket.socket:
        timeout = connection.timeout if isinstance(connection.timeout, int | float) else 10.0
        try:
            sock = guard.connect(connection.host, connection.port or 0, timeout)
        except socket.gaierror as error:
            raise NameResolutionError(connection.host, connection, error) from error
        except TimeoutError as error:
            raise ConnectTimeoutError(connection, "timed out") from error
        except OSError as error:
            raise NewConnectionError(connection, "no connection") from error
        deadline.watch(sock)
        return sock

    class Plain(HTTPConnection):
        def _new_conn(self) -> socket.socket:
            return open_socket(self)

    class Secure(HTTPSConnection):
        def _new_conn(self) -> socket.socket:
            return open_socket(self)

    class PlainPool(urllib3.HTTPConnectionPool):
        ConnectionCls = Plain

    class SecurePool(urllib3.HTTPSConnectionPool):
        ConnectionCls = Secure

    manager = urllib3.PoolManager(num_pools=1, maxsize=1, ssl_context=trust())
    manager.pool_classes_by_scheme = {"http": PlainPool, "https": SecurePool}
    return manager


@cache
def trust() -> ssl.SSLContext:
    """Certificates of the system (SSL_CERT_FILE, so an intranet's too) and of certifi, for systems
    that have none."""
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    return context
