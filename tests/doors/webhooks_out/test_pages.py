"""The pages and the API of webhooks."""

import pytest
from django.urls import reverse
from django.utils import translation
from rest_framework.test import APIClient

from doors.models import WebhookDelivery, WebhookEndpoint
from doors.webhooks_out import delivering, endpoints, telling
from people.models import AuditEntry
from tests.tickets.factories import make_ticket
from tickets.api.tokens import issue_token

pytestmark = pytest.mark.django_db
NEW = {"name": "shop", "url": "https://shop.example.com/hook", "kinds": ["ticket.replied"]}


@pytest.fixture
def page(client, mina):
    client.force_login(mina)
    return client


@pytest.fixture
def api(mina):
    return APIClient(headers={"Authorization": f"Bearer {issue_token(mina, name='test')}"})


def test_key_is_shown_when_it_is_made_and_never_again(page):
    made = page.post(reverse("webhook-new"), NEW)
    row = WebhookEndpoint.objects.get()
    (key,) = endpoints.keys_of(row)
    assert key in made.content.decode()
    assert key not in page.get(reverse("webhook", args=[row.pk])).content.decode()
    changed = page.post(reverse("webhook-key", args=[row.pk]))
    row.refresh_from_db()
    assert endpoints.keys_of(row)[0] in changed.content.decode()
    assert {"webhook.made", "webhook.key_changed"} == set(
        AuditEntry.objects.values_list("action", flat=True)
    )


@pytest.mark.parametrize(
    "wrong", [{"name": ""}, {"url": "http://example.com"}, {"kinds": ["ticket.nonsense"]}]
)
def test_webhook_that_cannot_be_is_refused_with_one_line(page, wrong):
    answer = page.post(reverse("webhook-new"), NEW | wrong)
    assert answer.status_code == 400
    assert not WebhookEndpoint.objects.exists()


def test_webhook_is_changed_tested_told_again_and_removed(page, endpoint, there):
    path = reverse("webhook", args=[endpoint.pk])
    page.post(reverse("webhook-test", args=[endpoint.pk]))
    delivering.deliver_due()
    assert there.taken[0][1]["type"] == "webhook.test"
    row = WebhookDelivery.objects.get()
    page.post(reverse("delivery-again", args=[row.pk]))
    delivering.deliver_due()
    assert there.taken[0][0] == there.taken[1][0]
    assert row.event_id in page.get(path).content.decode()
    saved = page.post(path, {"name": "other", "url": there.url})
    assert saved.status_code == 302
    endpoint.refresh_from_db()
    assert (endpoint.name, endpoint.active) == ("other", False)
    page.post(reverse("webhook-remove", args=[endpoint.pk]))
    assert not WebhookEndpoint.objects.exists()


@pytest.mark.parametrize("lang", ["en", "fa"])
def test_why_it_was_not_taken_is_kept_in_english_and_said_in_the_readers_language(page, mina, lang):
    row, _key = endpoints.create(name="inside", url="https://127.0.0.1/", actor=mina)
    telling.tell_test(row)
    with translation.override("fa"):
        delivering.deliver_due()
    message = "%(host)s is not on the public internet: it is not fetched."
    assert WebhookDelivery.objects.get().error == message % {"host": "127.0.0.1"}
    page.cookies["django_language"] = lang
    with translation.override(lang):
        words = translation.gettext(message) % {"host": "127.0.0.1"}
    assert words in page.get(reverse("webhook", args=[row.pk])).content.decode()


def test_list_tells_who_fails(page, endpoint, there):
    there.answers = [(500, {})]
    make_ticket()
    delivering.deliver_due()
    (row,) = page.get(reverse("webhooks")).context["endpoints"]
    assert (row.waiting, row.failing_since is not None) == (1, True)


def test_api_makes_changes_and_removes(api):
    headers = {"Idempotency-Key": "k"}
    made = api.post(reverse("api-webhooks"), NEW, format="json", headers=headers)
    assert made.status_code == 201
    assert made.data["key"].startswith("whsec_")
    again = api.post(reverse("api-webhooks"), NEW, format="json", headers=headers)
    assert (again.status_code, again.data["key"]) == (201, None)
    same_name = api.post(reverse("api-webhooks"), NEW, format="json")
    assert same_name.status_code == 400
    path = reverse("api-webhook", args=[made.data["id"]])
    assert api.get(path).data["key"] is None
    assert api.patch(path, {"active": False}, format="json").data["active"] is False
    rotated = api.post(reverse("api-webhook-key", args=[made.data["id"]]))
    assert rotated.data["key"] not in (None, made.data["key"])
    sent = api.post(reverse("api-webhook-test", args=[made.data["id"]]))
    assert sent.status_code == 201
    log = api.get(reverse("api-deliveries", args=[made.data["id"]])).data
    assert [row["kind"] for row in log["results"]] == ["webhook.test"]
    WebhookDelivery.objects.update(state=WebhookDelivery.State.SENDING)
    busy = api.post(reverse("api-delivery-again", args=[sent.data["id"]]))
    assert busy.status_code == 409
    assert api.delete(path).status_code == 204
    assert api.get(path).status_code == 404


def test_api_needs_the_scope_and_an_admin(mina, parisa):
    for user, scopes in ((mina, ["tickets:read"]), (parisa, ["webhooks:write"])):
        token = issue_token(user, name="test", scopes=scopes)
        client = APIClient(headers={"Authorization": f"Bearer {token}"})
        assert client.get(reverse("api-webhooks")).status_code == 403
