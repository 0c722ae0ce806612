"""A body that is longer than anything that the desk takes is refused before Django reads it."""

import asyncio
import json

import pytest
from django.core.handlers.asgi import ASGIHandler

from runtime.api.problems import KINDS
from runtime.body_limit import limited, most_bytes

PIECE = 50_000


@pytest.fixture(autouse=True)
def _small(settings):
    settings.MAX_UPLOAD_BYTES = settings.MAX_ATTACHMENT_BYTES = 100_000
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = PIECE


async def _reader(scope, receive, send):
    """A page that takes everything."""
    while (await receive()).get("more_body"):
        pass
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b""})


def _post(size, *, announced, application=None, path="/nothing/", told=None):
    """Status of the answer, and how many pieces were taken. Django's own handler by default: it
    says nothing to who goes away before the body is there."""
    pieces = [PIECE] * (size // PIECE) + [size % PIECE]
    taken, sent = [], []

    async def receive():
        if len(taken) == len(pieces):
            return {"type": "http.disconnect"}
        taken.append(pieces[len(taken)])
        more = len(taken) < len(pieces)
        return {"type": "http.request", "body": b"x" * taken[-1], "more_body": more}

    async def send(message):
        sent.append(message)

    headers = [(b"host", b"localhost")]
    if announced:
        headers.append((b"content-length", str(size).encode()))
    scope = {"type": "http", "method": "POST", "path": path, "headers": headers}
    scope |= {"query_string": b"", "server": ("localhost", 80), "asgi": {"version": "3.0"}}
    asyncio.run(limited(application or ASGIHandler(), scope, receive, send))
    (start,) = [one for one in sent if one["type"] == "http.response.start"]
    if told is not None:
        told |= dict(start["headers"])
        told["body"] = b"".join(one["body"] for one in sent if "body" in one)
    return start["status"], len(taken)


def test_a_body_within_the_limit_gets_through():
    size = most_bytes()
    assert _post(size, announced=True, application=_reader) == (200, size // PIECE + 1)


def test_an_announced_body_is_refused_unread():
    assert _post(most_bytes() + 1, announced=True) == (413, 0)


def test_a_body_that_is_not_announced_is_refused_where_it_is_too_long():
    status, taken = _post(100 * PIECE, announced=False)
    assert status == 413
    assert taken == most_bytes() // PIECE + 1


def test_below_the_api_the_refusal_is_a_problem():
    told = {}
    path = "/api/v1/tickets/7/attachments/"
    assert _post(most_bytes() + 1, announced=True, path=path, told=told) == (413, 0)
    assert told[b"content-type"] == b"application/problem+json"
    said = json.loads(told["body"])
    assert (said["status"], said["instance"]) == (413, path)
    assert (said["type"].rpartition("#")[2], said["title"]) == KINDS[413][:2]
