"""A small model hub on this machine: what huggingface_hub asks of the real one, over HTTP."""

import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

COMMIT = "0123456789abcdef0123456789abcdef01234567"


@dataclass
class Hub:
    """`files` of owner/model. `token`: what opens it, "" for everybody. `sizes`: what the listing
    says instead of the truth. `cut`: bytes after which a file's first transfer breaks off."""

    files: dict[str, bytes]
    token: str = ""
    sizes: dict[str, int] = field(default_factory=dict)
    cut: int = 0
    url: str = ""
    asked: list[tuple[str, str, str]] = field(default_factory=list)
    broken: set[str] = field(default_factory=set)

    @property
    def fetched(self) -> set[str]:
        return {path.rsplit("/", 1)[1] for verb, path, _ in self.asked if "/resolve/" in path}


@contextmanager
def serving(hub: Hub) -> Iterator[Hub]:
    class Answer(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            _answer(self, hub)

        do_HEAD = do_GET

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    hub.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _answer(request: BaseHTTPRequestHandler, hub: Hub) -> None:
    path = urlsplit(request.path).path
    hub.asked.append((request.command, path, request.headers.get("Range", "")))
    known = "/owner/model" in path
    if not known:
        return _send(request, 404, b"{}", {"X-Error-Code": "RepoNotFound"})
    if "/revision/" in path and not path.endswith(("/main", COMMIT, "/v1")):
        return _send(request, 404, b"{}", {"X-Error-Code": "RevisionNotFound"})
    if path.startswith("/api/models/owner/model/tree/"):
        tree = [_entry(name, content, hub) for name, content in hub.files.items()]
        return _send(request, 200, json.dumps(tree).encode(), {})
    if path.startswith("/api/"):
        return _send(request, 200, json.dumps({"id": "owner/model", "sha": COMMIT}).encode(), {})
    if hub.token and request.headers.get("Authorization") != f"Bearer {hub.token}":
        return _send(request, 403, b"{}", {"X-Error-Code": "GatedRepo"})
    name = path.rsplit("/", 1)[1]
    return _file(request, hub, name, hub.files[name])


def _entry(name: str, content: bytes, hub: Hub) -> dict:
    size = hub.sizes.get(name, len(content))
    return {"type": "file", "path": name, "size": size, "oid": hashlib.sha1(content).hexdigest()}


def _file(request: BaseHTTPRequestHandler, hub: Hub, name: str, content: bytes) -> None:
    headers = {"ETag": f'"{hashlib.sha256(content).hexdigest()}"', "X-Repo-Commit": COMMIT}
    given = request.headers.get("Range", "")
    first = int(given.removeprefix("bytes=").rstrip("-")) if given else 0
    if first:
        headers["Content-Range"] = f"bytes {first}-{len(content) - 1}/{len(content)}"
    if hub.cut and request.command == "GET" and len(content) > hub.cut and name not in hub.broken:
        hub.broken.add(name)
        request.send_response(200)
        for key, value in {**headers, "Content-Length": str(len(content))}.items():
            request.send_header(key, value)
        request.end_headers()
        request.wfile.write(content[: hub.cut])
        request.wfile.flush()
        request.close_connection = True
        return
    _send(request, 206 if first else 200, content[first:], headers)


def _send(
    request: BaseHTTPRequestHandler, status: int, body: bytes, headers: dict[str, str]
) -> None:
    request.send_response(status)
    for key, value in {**headers, "Content-Length": str(len(body))}.items():
        request.send_header(key, value)
    request.end_headers()
    if request.command == "GET":
        request.wfile.write(body)
