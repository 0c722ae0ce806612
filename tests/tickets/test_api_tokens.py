"""Tokens: scopes, expiry, revoking, the page, the rate."""

from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.urls import get_resolver, reverse
from django.utils import timezone
from rest_framework.test import APIClient

from people.models import AuditEntry
from runtime.api.scopes import SCOPES
from tests.tickets.factories import make_ticket
from tickets.api.tokens import MAX_TOKENS, BadToken, issue_token, revoke
from tickets.models import ApiToken

pytestmark = pytest.mark.django_db


def _client(token: str) -> APIClient:
    return APIClient(headers={"Authorization": f"Bearer {token}"})


def test_token_may_do_what_its_scopes_say(sara):
    reads = _client(issue_token(sara, name="reads", scopes=["tickets:read"]))
    assert reads.get(reverse("api-tickets")).status_code == 200
    refused = reads.post(reverse("api-tickets"), {"text": "x"}, format="json")
    assert refused.status_code == 403
    assert "tickets:write" in refused.data["detail"]
    assert reads.get(reverse("api-search"), {"q": "x"}).status_code == 403


def test_token_that_may_only_write_reads_nothing(sara):
    """A website's form has such a one; numbers of tickets can be guessed."""
    ticket = make_ticket(text="Where is my parcel?", subject="A parcel is late")
    writes = _client(issue_token(sara, name="form", scopes=["tickets:write"]))
    same = {"source": ticket.source, "external_id": ticket.external_id, "text": "x"}
    answers = [
        writes.patch(reverse("api-ticket", args=[ticket.pk]), {}, format="json"),
        writes.post(reverse("api-tickets"), same, format="json"),
    ]
    for answer in answers:
        assert answer.status_code == 200
        assert answer.data["id"] == ticket.pk
        assert "parcel" not in answer.content.decode()
    both = _client(issue_token(sara, name="all", scopes=["tickets:write", "tickets:read"]))
    read = both.patch(reverse("api-ticket", args=[ticket.pk]), {}, format="json")
    assert [one["text"] for one in read.data["messages"]] == ["Where is my parcel?"]


def test_token_without_scopes_may_do_all_that_its_person_may(sara):
    client = _client(issue_token(sara, name="all"))
    assert client.post(reverse("api-tickets"), {"text": "x"}, format="json").status_code == 201
    assert client.get(reverse("api-webhooks")).status_code == 403  # an agent's


def _views():
    for resolver in get_resolver().url_patterns:
        if str(resolver.pattern) == "api/v1/":
            yield from ((one.name, one.callback.cls) for one in resolver.url_patterns)


@pytest.mark.parametrize(("name", "view"), list(_views()))
def test_every_method_of_the_api_has_a_scope(name, view):
    methods = {one for one in ("get", "post", "put", "patch", "delete") if hasattr(view, one)}
    assert {one.upper() for one in methods} == set(view.scopes)
    assert set(view.scopes.values()) <= set(SCOPES)


def test_expired_and_revoked_tokens_are_401(sara):
    for change in ({"expires_at": timezone.now() - timedelta(seconds=1)}, {}):
        token = issue_token(sara, name="old", days=1)
        row = ApiToken.objects.latest("pk")
        client = _client(token)
        assert client.get(reverse("api-tickets")).status_code == 200
        if change:
            ApiToken.objects.filter(pk=row.pk).update(**change)
        else:
            revoke(row, actor=sara)
            revoke(row, actor=sara)
        assert client.get(reverse("api-tickets")).status_code == 401
    assert AuditEntry.objects.filter(action="token.revoked").count() == 1


@pytest.mark.parametrize(
    "given",
    [
        {"name": ""},
        {"name": "x" * 101},
        {"name": "x", "scopes": ["everything"]},
        {"name": "x", "days": 0},
        {"name": "x", "days": 10_000},
    ],
)
def test_token_that_cannot_be_is_refused(sara, given):
    with pytest.raises(BadToken):
        issue_token(sara, **given)
    assert not ApiToken.objects.exists()


def test_person_has_so_many_tokens_at_most(sara):
    ApiToken.objects.bulk_create(
        ApiToken(user=sara, name="x", token_hash=str(number)) for number in range(MAX_TOKENS)
    )
    with pytest.raises(BadToken):
        issue_token(sara, name="one more")


def test_command_takes_scopes_and_days(sara, capsys):
    call_command("api_token", "sara", "shop", "--scope", "tickets:read", "--days", "3")
    assert capsys.readouterr().out.startswith("pasokh_")
    row = ApiToken.objects.get()
    assert row.scopes == ["tickets:read"]
    assert row.expires_at > timezone.now() + timedelta(days=2)
    with pytest.raises(CommandError, match="There is no scope nonsense") as error:
        call_command("api_token", "sara", "shop", "--scope", "nonsense")
    assert error.value.returncode == 2


def test_page_shows_a_new_token_once(client, sara):
    client.force_login(sara)
    made = client.post(reverse("tokens"), {"name": "shop", "days": "7", "scopes": ["search:read"]})
    token = made.context["token"]
    assert token in made.content.decode()
    assert "no-store" in made["Cache-Control"]
    again = client.get(reverse("tokens")).content.decode()
    assert token not in again
    assert token[:11] in again
    assert ApiToken.objects.get().scopes == ["search:read"]
    assert AuditEntry.objects.get(action="token.issued").actor == sara
    assert client.post(reverse("tokens"), {"name": ""}).status_code == 400


def test_page_shows_ones_own_and_admins_all(client, sara, omid, mina):
    issue_token(omid, name="of-omid")
    row = ApiToken.objects.get()
    client.force_login(sara)
    assert "of-omid" not in client.get(reverse("tokens")).content.decode()
    assert client.post(reverse("token-revoke", args=[row.pk])).status_code == 404
    client.force_login(mina)
    assert "of-omid" in client.get(reverse("tokens")).content.decode()
    client.post(reverse("token-revoke", args=[row.pk]))
    row.refresh_from_db()
    assert row.revoked_at is not None


def test_rate_is_told_and_kept(sara, omid, settings):
    settings.API_RATE = 3
    client = _client(issue_token(sara, name="busy"))
    for left in (2, 1, 0):
        answer = client.get(reverse("api-tickets"))
        assert answer.status_code == 200
        assert answer["RateLimit"].startswith(f'"token";r={left};t=')
        assert answer["RateLimit-Policy"] == '"token";q=3;w=60'
    refused = client.get(reverse("api-tickets"))
    assert (refused.status_code, refused["Content-Type"]) == (429, "application/problem+json")
    assert 0 < int(refused["Retry-After"]) <= 60
    other = _client(issue_token(omid, name="other"))
    assert other.get(reverse("api-tickets")).status_code == 200
    # a minute later
    ApiToken.objects.update(window_at=timezone.now() - timedelta(seconds=61))
    assert client.get(reverse("api-tickets"))["RateLimit"].startswith('"token";r=2;')


def test_unknown_address_is_a_problem_and_one_without_slash_leads_on(client):
    unknown = client.get("/api/v1/nothing/here/")
    assert (unknown.status_code, unknown["Content-Type"]) == (404, "application/problem+json")
    assert client.get("/api/v1/tickets").status_code == 301


def test_answers_are_kept_by_no_cache(sara):
    answer = _client(issue_token(sara, name="x")).get(reverse("api-tickets"))
    assert answer["Cache-Control"] == "no-store"
