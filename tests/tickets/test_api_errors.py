"""Whatever is sent, the answer is a problem, and no error of the server."""

import base64
import json

import pytest

from runtime.api.problems import MAX_LINE
from tests.tickets.factories import make_ticket
from tickets.api.tokens import issue_token
from tickets.models import Ticket

pytestmark = pytest.mark.django_db
HALF = '"\\ud800"'  # of a surrogate pair, as JSON may have it
DEEP = '{"text":' + '{"a":' * 50_000 + "1" + "}" * 50_000 + "}"


@pytest.fixture
def ask(client, mina):
    token = issue_token(mina, name="test")
    client.raise_request_exception = False

    def ask(method, path, body, **headers):
        headers = {"Authorization": f"Bearer {token}", **headers}
        return client.generic(method, path, body, "application/json", headers=headers)

    return ask


@pytest.mark.parametrize("headers", [{}, {"Idempotency-Key": "k"}])
@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/api/v1/tickets/", "[" * 100_000 + "]" * 100_000),
        ("POST", "/api/v1/tickets/", DEEP),
        ("POST", "/api/v1/tickets/", '{"text": "a", "source": ' + HALF + "}"),
        ("PATCH", "/api/v1/tickets/%d/", '{"state": ' + HALF + "}"),
        (
            "POST",
            "/api/v1/webhooks/",
            '{"name": "a", "url": "https://a.test/", "kinds": [' + HALF + "]}",
        ),
    ],
)
def test_strange_json_is_a_problem(ask, method, path, body, headers):
    path = path % make_ticket().pk if "%" in path else path
    answer = ask(method, path, body, **headers)
    assert answer.status_code == 400
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["detail"]


def test_a_problem_says_not_all_that_was_sent(ask):
    body = json.dumps({"priority": "x" * 100_000})
    told = ask("PATCH", f"/api/v1/tickets/{make_ticket().pk}/", body).json()
    assert len(told["detail"]) == len(told["errors"]["priority"][0]) == MAX_LINE


def _cursor(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    "query",
    [
        f"cursor={_cursor('0001-01-01T00:00:00+23:59|5')}",
        f"cursor={_cursor('9999-12-31T23:59:59-23:59|5')}",
        f"cursor={_cursor('2026-01-01T00:00:00|5')}",
        "&".join(f"a{number}=1" for number in range(1_100)),
    ],
)
def test_strange_query_is_a_problem(ask, query):
    answer = ask("GET", f"/api/v1/tickets/?{query}", b"")
    assert (answer.status_code, answer["Content-Type"]) == (400, "application/problem+json")


@pytest.mark.parametrize(
    "part", ['name="f"\r\n\r\n1', 'name="f"; filename="a.txt"\r\n\r\n1'], ids=["fields", "files"]
)
def test_too_many_parts_are_a_problem(client, mina, part):
    body = f"--x\r\nContent-Disposition: form-data; {part}\r\n" * 1_100 + "--x--\r\n"
    answer = client.generic(
        "POST",
        f"/api/v1/tickets/{make_ticket().pk}/attachments/",
        body,
        "multipart/form-data; boundary=x",
        headers={"Authorization": f"Bearer {issue_token(mina, name='test')}"},
    )
    assert (answer.status_code, answer["Content-Type"]) == (400, "application/problem+json")


@pytest.mark.parametrize("moment", ["0300-01-01T00:00:00Z", "9998-01-01T00:00:00Z"])
def test_ticket_of_another_age_is_refused(ask, moment):
    """The Jalali calendar has no such year: no inbox could be opened any more."""
    answer = ask("POST", "/api/v1/tickets/", json.dumps({"text": "x", "created_at": moment}))
    assert (answer.status_code, Ticket.objects.count()) == (400, 0)


def test_address_without_its_slash_loses_no_request(ask):
    moved = ask("POST", "/api/v1/tickets?a=1", json.dumps({"text": "x"}))
    assert (moved.status_code, moved["Location"]) == (308, "/api/v1/tickets/?a=1")
    assert ask("GET", "/api/v1/tickets", "").status_code == 301
    assert ask("GET", "/api/v1/", "")["Content-Type"] == "application/problem+json"
