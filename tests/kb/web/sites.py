"""A website in a thread, `Site().pages["/a"] = html("…")`, and a source that reads it, `Centre`."""

import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from kb.importing.entries import Entry, Unchanged, Unreadable
from kb.importing.web import WebOptions, WebRead, read_source
from kb.models import Article, Source


@dataclass
class Answer:
    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


Page = Answer | Callable[[BaseHTTPRequestHandler], Answer | None]


class Site:
    """`pages`: path with query → Answer, or a function of the request (None: it has answered by
    itself). `hits`: the paths that were asked for, robots.txt apart. `context`: over TLS."""

    def __init__(self, host: str = "127.0.0.1", *, context: ssl.SSLContext | None = None) -> None:
        self.pages: dict[str, Page] = {}
        self.hits: list[str] = []
        self.requests: list[dict[str, str]] = []
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                site.answer(self)

            def log_message(self, *args: object) -> None:
                pass

        self.server = ThreadingHTTPServer((host, 0), Handler)
        self.server.daemon_threads = True
        if context is not None:  # before the thread looks at the socket
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.host, self.port = host, self.server.server_address[1]
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True)
        self.thread.start()

    @property
    def place(self) -> str:
        return f"{self.host}:{self.port}"

    def url(self, path: str = "/") -> str:
        return f"http://{self.place}{path}"

    def name(self, path: str = "/") -> str:
        """The external id of the article there."""
        return f"{self.place}{path}".rstrip("/")

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        if request.path != "/robots.txt":
            self.hits.append(request.path)
        self.requests.append(dict(request.headers))
        found = self.pages.get(request.path, Answer(b"no such page", 404))
        answer = found(request) if callable(found) else found
        if answer is None:
            return
        request.send_response(answer.status)
        headers = {"Content-Type": "text/html; charset=utf-8"} | answer.headers
        headers.setdefault("Content-Length", str(len(answer.body)))
        for name, value in headers.items():
            if value:
                request.send_header(name, value)
        request.end_headers()
        request.wfile.write(answer.body)

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


def html(text: str, *, title: str = "", links: tuple[str, ...] = (), head: str = "") -> Answer:
    """A page with an article of its own words, and links in its menu."""
    menu = "".join(
        f'<li><a href="{link}">to {number}</a></li>' for number, link in enumerate(links)
    )
    body = f"<article><h1>{title or text}</h1><p>{text} is what this page explains.</p></article>"
    return Answer(
        f"<!doctype html><html lang='en'><head><title>{title or text}</title>{head}</head>"
        f"<body><nav><ul>{menu}</ul></nav><main>{body}</main></body></html>".encode()
    )


def redirect(target: str, status: int = 301) -> Answer:
    return Answer(b"", status, {"Location": target})


def tagged(answer: Answer, etag: str) -> Page:
    """With an ETag, and 304 for who has it already."""

    def respond(request: BaseHTTPRequestHandler) -> Answer:
        if request.headers.get("If-None-Match") == etag:
            return Answer(b"", 304, {"ETag": etag})
        return Answer(answer.body, answer.status, answer.headers | {"ETag": etag})

    return respond


def names(site: Site, *paths: str) -> list[str]:
    return [site.name(path) for path in paths]


class Centre:
    """A source with the smallest import there is: what is read is stored as it is."""

    def __init__(self, location: str, kind: str, **options) -> None:
        self.source = Source.objects.create(location=location, kind=kind, name="centre")
        self.options = WebOptions(seconds_between=0, **options)
        self.read: WebRead | None = None
        self.items: list = []

    def visit(self, *, most: int = 10_000, stored: bool = True, **more):
        """External ids of what was read; `most`: the import dies after so many items."""
        self.read = read_source(self.source, more.pop("options", self.options), **more)
        self.items = []
        for item in self.read:
            self.items.append(item)
            if isinstance(item, Entry) and stored:
                self._store(item)
            if len(self.items) >= most:
                break
        return self.names(Entry)

    def _store(self, entry: Entry) -> None:
        document = entry.read()
        Article.objects.update_or_create(
            source=self.source,
            external_id=document.external_id,
            defaults={
                "title": document.title,
                "text": document.text,
                "url": document.url,
                "content_hash": entry.digest,
                "indexed_hash": "done",
                "state": "published",
            },
        )

    def names(self, kind: type) -> list[str]:
        found = [item for item in self.items if isinstance(item, kind)]
        return [item.external_id if kind is Unchanged else item.name for item in found]

    def errors(self) -> dict[str, str]:
        return {item.name: item.error for item in self.items if isinstance(item, Unreadable)}
