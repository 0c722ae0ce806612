"""A webhook door, and a receiver in a thread that can answer as badly as real ones do."""

import base64
import json
import threading
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from standardwebhooks.webhooks import Webhook

from doors.models import Door
from doors.webhook.options import Keys, WebhookOptions, checked, sealed

KEY = "whsec_" + base64.b64encode(b"k" * 32).decode()
OUT_KEY = "whsec_" + base64.b64encode(b"o" * 32).decode()
MAPPING = {
    "event": "event",
    "ticket": "ticket.id",
    "message": "message.id",
    "text": "message.text",
    "subject": "ticket.subject",
    "contact": "customer.email",
    "name": "customer.name",
}
EVENTS = {
    "new_ticket": "created",
    "customer_message": "commented",
    "agent_message": "answered",
    "closed": "closed",
}


class Receiver:
    """`answers`: statuses for the next requests, then 200. `got`: bodies by webhook-id, each kept
    the first time: as a receiver does that knows an id that comes again."""

    def __init__(self, port: int = 0) -> None:
        self.answers: list[int] = []
        self.got: dict[str, dict] = {}
        self.requests: Counter[str] = Counter()
        self.headers: dict[str, str] = {}
        self.paths: list[str] = []
        self.drop = False
        self.lock = threading.Lock()
        self._open(port)

    def _open(self, port: int) -> None:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                receiver.take(self)

            do_PUT = do_POST

            def log_message(self, *args: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()

    @property
    def place(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        return f"http://{self.place}/tickets/{{ticket}}/reply"

    def take(self, request: BaseHTTPRequestHandler) -> None:
        body = request.rfile.read(int(request.headers["Content-Length"]))
        headers = {name.lower(): value for name, value in request.headers.items()}
        Webhook(OUT_KEY).verify(body, headers)
        with self.lock:
            self.headers, number = headers, headers["webhook-id"]
            self.paths.append(request.path)
            self.requests[number] += 1
            status = self.answers.pop(0) if self.answers else 200
            if status == 200 or status >= 500:
                self.got.setdefault(number, json.loads(body))
        if self.drop:
            request.connection.close()
            return
        answer = json.dumps({"id": f"r-{number}"}).encode()
        request.send_response(status)
        request.send_header("Content-Length", str(len(answer)))
        if status == 429:
            request.send_header("Retry-After", "3600")
        request.end_headers()
        request.wfile.write(answer)

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()

    def again(self) -> None:
        self._open(self.port)


@pytest.fixture(autouse=True)
def asked(monkeypatch):
    """Drafts and learning are not what is tested here, nor who asks for a door's work."""
    for task in ("suggest", "learn"):
        monkeypatch.setattr(f"tickets.tasks.{task}.delay", lambda row_id: None)
    monkeypatch.setattr("doors.tasks.work.delay", lambda row_id: None)


@pytest.fixture
def receiver(settings):
    made = Receiver()
    settings.FETCH_ALLOW = [made.place]
    yield made
    made.close()


@pytest.fixture
def make_door(db, settings):
    def make(**fields) -> Door:
        keys = fields.pop("keys", Keys(KEY, OUT_KEY, ""))
        told = {"mapping": MAPPING, "events": EVENTS, "template": {"reply.text": "$text"}}
        return Door.objects.create(
            kind=Door.Kind.WEBHOOK,
            name="Another desk",
            source="another-desk",
            options=checked(WebhookOptions(**(told | fields)), keys),
            secret_encrypted=sealed(keys),
        )

    return make


@pytest.fixture
def door(make_door):
    return make_door()
