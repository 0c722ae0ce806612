"""Schemathesis speaks to the whole API as its OpenAPI document says, and in ways that it forbids:
no error of the server, and every answer is one that the document names."""

import itertools

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from hypothesis import HealthCheck, Phase, settings
from schemathesis import checks

from doors.webhooks_out import endpoints, telling
from kb.models import Article, Source
from runtime.api.documents import document, operations
from runtime.api.scopes import SCOPES
from tests.tickets.factories import make_drafts, make_ticket
from tickets.api.tokens import issue_token
from tickets.attachments import store
from tickets.models import Suggestion
from tickets.rating import rate
from tickets.replying import send_reply

pytestmark = pytest.mark.django_db
schema = schemathesis.openapi.from_wsgi("/api/schema/?format=json", get_wsgi_application())
EXAMPLES = 4
CHECKS = [
    checks.not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
    checks.missing_required_header,
]


@pytest.fixture(autouse=True)
def _one_connection():
    """As Django's own test client does: the test's transaction outlives a request."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture
def rows(mina, support, settings):
    """{first part of an address: ids that are there}, and an admin's token."""
    settings.API_RATE = 1_000_000
    answered, waiting = make_ticket(), make_ticket()
    drafts = make_drafts(waiting)
    make_drafts(answered)
    rating = rate(drafts[0], agent=mina, stars=4)
    reply = send_reply(answered.pk, agent=mina, text="sent", suggestion_id=None, send_key="k")
    webhook, _key = endpoints.create(name="shop", url="https://shop.example.com/", actor=mina)
    source = Source.objects.create(kind=Source.Kind.DESK, location="a.md", name="a")
    article = Article.objects.create(
        source=source, external_id="a", title="A", text="text", lang="en", state="published"
    )
    file = store(waiting, waiting.messages.get(), name="a.txt", content=b"receipt")
    suggestions = list(Suggestion.objects.values_list("pk", flat=True))
    return {
        "token": issue_token(mina, name="schemathesis"),
        "tickets": itertools.cycle([waiting.pk, answered.pk]),
        "replies": itertools.cycle([reply.pk]),
        "suggestions": itertools.cycle(suggestions),
        "ratings": itertools.cycle([rating.pk]),
        "articles": itertools.cycle([article.pk]),
        "webhooks": itertools.cycle([webhook.pk]),
        "deliveries": itertools.cycle([telling.tell_test(webhook).pk]),
        "attachments": itertools.cycle([file.pk]),
        "turn": itertools.count(),
    }


@schema.parametrize()
@settings(
    max_examples=EXAMPLES,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_api_does_as_its_document_says(case, rows):
    # Two of three requests are about something that is there.
    if "id" in (case.path_parameters or {}) and next(rows["turn"]) % 3:
        case.path_parameters["id"] = next(rows[case.path.split("/")[3]])
    # Its client for a WSGI application reads no compressed answer.
    headers = {"Authorization": f"Bearer {rows['token']}", "Accept-Encoding": "identity"}
    case.call_and_validate(headers=headers, checks=CHECKS)


OPERATIONS = list(itertools.chain(*operations().values()))


@pytest.mark.parametrize("one", OPERATIONS, ids=[one["id"] for one in OPERATIONS])
def test_operation_is_described(one):
    assert one["summary"]
    assert one["scope"] in SCOPES
    told = [parameter for parameter in one["parameters"] if parameter["in"] != "path"]
    assert all(parameter.get("description") for parameter in told)
    assert {"401", "403", "429"} <= set(one["codes"])
    if one["fields"] and one["method"] in ("POST", "PATCH") and one["fields"][0]["name"] != "file":
        assert one["example"]
    if one["method"] == "POST":
        assert any(parameter["name"] == "Idempotency-Key" for parameter in one["parameters"])


def test_document_comes_as_json_and_yaml_and_as_a_page(client):
    assert client.get("/api/schema/?format=json").json()["openapi"].startswith("3.")
    assert b"openapi: 3." in client.get("/api/schema/").content
    page = client.get("/api/docs/").content.decode()
    for path in document()["paths"]:
        assert path in page
    assert "http://" not in page.replace("http://www.w3.org", "")
