"""Whatever is sent, the answer is a problem, and no error of the server."""

import json

import pytest

from runtime.api.problems import MAX_LINE
from tests.tickets.factories import make_ticket
from tickets.api.tokens import issue_token

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
