"""A server on this machine that speaks the OpenAI chat-completions protocol, by a script."""

import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

USAGE = 100


@dataclass
class Reply:
    """`content` is what the model wrote; `tokens` None: the server counts none."""

    content: str = ""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    tokens: int | None = USAGE
    error: dict[str, Any] = field(default_factory=dict)


Script = Callable[[dict[str, Any], int], Reply]
"""From a request's body and its number, from 0."""


@dataclass
class QuestionServer:
    url: str
    requests: list[dict[str, Any]] = field(default_factory=list)

    @property
    def passages(self) -> list[str]:
        return [passage_of(request) for request in self.requests]


@contextmanager
def question_server(script: Script) -> Iterator[QuestionServer]:
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            with lock:
                number = len(server.requests)
                headers = {name.lower(): value for name, value in self.headers.items()}
                server.requests.append(body | {"_path": self.path, "_headers": headers})
            reply = script(body, number)
            answer = json.dumps(_answer(body, reply)).encode()
            self.send_response(reply.status)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *args: Any) -> None:
            """Nothing on the tests' output."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: Any, client_address: Any) -> None:
            """A client that was killed is no fault of the server."""

    http = Server(("127.0.0.1", 0), Handler)
    server = QuestionServer(f"http://127.0.0.1:{http.server_port}/v1")
    threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        yield server
    finally:
        http.shutdown()
        http.server_close()


def passage_of(body: dict[str, Any]) -> str:
    """What stands between the marks, without the article's title."""
    found = re.fullmatch(
        r"<<<(\S+)\nArticle: [^\n]*\n\n(.*)\n\1>>>", body["messages"][1]["content"], re.S
    )
    assert found is not None
    return found.group(2)


def pairs(*rows: tuple[str, str]) -> Reply:
    return Reply(json.dumps({"questions": [{"question": one, "answer": two} for one, two in rows]}))


def _answer(body: dict[str, Any], reply: Reply) -> dict[str, Any]:
    if reply.status >= 300:
        return {"error": {"message": "no", "type": "invalid_request_error", **reply.error}}
    answer: dict[str, Any] = {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 0,
        "model": body["model"],
        "choices": [
            {
                "index": 0,
                "finish_reason": "stop",
                "message": {"role": "assistant", "content": reply.content},
            }
        ],
    }
    if reply.tokens is not None:
        answer["usage"] = {
            "prompt_tokens": reply.tokens - 10,
            "completion_tokens": 10,
            "total_tokens": reply.tokens,
        }
    return answer
