"""A small client of the Pasokh API, standard library only: copy it and change it.

python api_client.py http://127.0.0.1:8000 "Where is my parcel?"    (the token in PASOKH_TOKEN)
"""

import json
import os
import sys
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator
from typing import Any


class Pasokh:
    def __init__(self, address: str, token: str) -> None:
        self.root, self.token = f"{address.rstrip('/')}/api/v1/", token

    def ask(self, method: str, path: str, body: Any = None, *, tries: int = 4) -> Any:
        """Sent again where that may help: the Idempotency-Key makes it safe."""
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        if method == "POST":
            headers["Idempotency-Key"] = str(uuid.uuid4())
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.root + path, data, headers, method=method)
        while True:
            tries -= 1
            try:
                with urllib.request.urlopen(request, timeout=30) as answer:
                    return json.loads(answer.read() or b"null")
            except urllib.error.HTTPError as error:
                if not tries or error.code not in (409, 429, 502, 503):
                    is_problem = "json" in error.headers["Content-Type"]
                    said = json.loads(error.read())["detail"] if is_problem else error.reason
                    raise SystemExit(said) from None
                time.sleep(int(error.headers.get("Retry-After", "1")))
            except OSError as error:
                if not tries:
                    raise SystemExit(f"{self.root} cannot be reached: {error}") from None
                time.sleep(1)

    def pages(self, path: str) -> Iterator[Any]:
        """All rows of a list, page after page."""
        while path:
            page = self.ask("GET", path)
            yield from page["results"]
            path = (page["next"] or "").removeprefix(self.root)


if __name__ == "__main__":
    desk = Pasokh(sys.argv[1], os.environ["PASOKH_TOKEN"])
    ticket = desk.ask("POST", "tickets/", {"source": "example", "text": sys.argv[2]})["id"]
    drafts = desk.ask("GET", path := f"tickets/{ticket}/suggestions/")
    while not drafts or any(draft["state"] in ("pending", "writing") for draft in drafts):
        time.sleep(0.5)
        drafts = desk.ask("GET", path)
    print(*(f"--- draft {draft['id']}\n{draft['text']}" for draft in drafts), sep="\n")
    print(sum(1 for _ in desk.pages("tickets/?state=ready&source=example")), "wait")
