"""`python -m tests.doors.webhook.receiver_process PORT FOLDER KEY`: a receiver of replies, as a
process that can be killed. What it took lies in the folder by its webhook-id, written once, as a
receiver does that knows an id that comes again; `statuses` holds what it answers, one a line, then
200. With `hold-before` or `hold-after` in the folder the next request stops before it is taken, or
between taking it and saying so (`held` tells that it stands).
"""

import os
import sys
import threading
import time
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from standardwebhooks.webhooks import Webhook


class Handler(BaseHTTPRequestHandler):
    folder: Path
    key: str
    lock = threading.Lock()

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        headers = {name.lower(): value for name, value in self.headers.items()}
        Webhook(self.key).verify(body, headers)
        self.hold("hold-before")
        with self.lock:
            status = self.next_status()
            if status == 200 or status == 500:  # 500: after it was done
                self.take(headers["webhook-id"], body)
        self.hold("hold-after")
        self.send_response(status)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def take(self, number: str, body: bytes) -> None:
        half = self.folder / f"{number}.part"
        half.write_bytes(body)
        with suppress(FileExistsError):
            os.link(half, self.folder / f"{number}.json")

    def next_status(self) -> int:
        statuses = self.folder / "statuses"
        lines = statuses.read_text().split() if statuses.exists() else []
        statuses.write_text("\n".join(lines[1:]))
        return int(lines[0]) if lines else 200

    def hold(self, name: str) -> None:
        with suppress(FileNotFoundError):
            (self.folder / name).rename(self.folder / "held")
            time.sleep(60)

    def log_message(self, *args: object) -> None:
        pass


if __name__ == "__main__":
    Handler.folder, Handler.key = Path(sys.argv[2]), sys.argv[3]
    server = ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler)
    server.daemon_threads = True
    server.serve_forever()
