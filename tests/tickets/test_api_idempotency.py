"""Idempotency-Key: the same request makes one thing, whatever comes at the same moment."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.urls import reverse
from django.utils import timezone
from rest_framework.test import APIClient

from tests.tickets.factories import PHONE, make_drafts, make_ticket
from tickets.api.idempotency import forget_old
from tickets.api.tokens import issue_token
from tickets.models import Attachment, IdempotencyKey, Message, Note, Rating, Reply, Ticket

BODY = {"text": "Where is it?"}


def _client(user) -> APIClient:
    return APIClient(headers={"Authorization": f"Bearer {issue_token(user, name='test')}"})


@pytest.fixture
def api(sara):
    return _client(sara)


def _post(api, path, body, key="k", **more):
    return api.post(path, body, format="json", headers={"Idempotency-Key": key}, **more)


@pytest.mark.django_db
def test_repetition_is_answered_as_the_first(api):
    path = reverse("api-tickets")
    first, second = (_post(api, path, BODY) for _ in range(2))
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json() == second.json()
    assert "Idempotent-Replayed" not in first
    assert second["Idempotent-Replayed"] == "true"
    assert Ticket.objects.count() == 1
    assert _post(api, path, BODY, key="other").json()["id"] != first.json()["id"]


@pytest.mark.django_db
def test_every_post_knows_the_key(api):
    ticket = make_ticket()
    draft = make_drafts(ticket)[0]
    for name, number, body, model in (
        ("api-messages", ticket.pk, {"text": "again"}, Message),
        ("api-notes", ticket.pk, {"text": "note"}, Note),
        ("api-ratings", draft.pk, {"stars": 3}, Rating),
        ("api-replies", ticket.pk, {"text": f"call {PHONE}", "send_key": "s"}, Reply),
    ):
        path = reverse(name, args=[number])
        first = _post(api, path, body, key=name)
        before = model.objects.count()
        second = _post(api, path, body, key=name)
        assert (first.status_code, second.status_code) == (201, 201), first.data
        assert first.json() == second.json()
        assert model.objects.count() == before


@pytest.mark.django_db
def test_file_is_taken_once(api):
    path = reverse("api-attachments", args=[make_ticket().pk])
    headers = {"Idempotency-Key": "f"}
    sent = [
        api.post(path, {"file": SimpleUploadedFile("a.txt", text)}, headers=headers)
        for text in (b"receipt", b"receipt", b"another")
    ]
    assert [one.status_code for one in sent] == [201, 201, 422], sent[0].data
    assert Attachment.objects.count() == 1


@pytest.mark.django_db
def test_another_request_with_the_key_is_422(api):
    assert _post(api, reverse("api-tickets"), BODY).status_code == 201
    other = _post(api, reverse("api-tickets"), {"text": "Something else"})
    assert (other.status_code, other["Content-Type"]) == (422, "application/problem+json")
    number = Ticket.objects.get().pk
    assert _post(api, reverse("api-messages", args=[number]), BODY).status_code == 422
    assert Message.objects.count() == 1


@pytest.mark.django_db
def test_refused_request_keeps_no_key(api):
    assert _post(api, reverse("api-tickets"), {"text": ""}).status_code == 400
    assert not IdempotencyKey.objects.exists()
    assert _post(api, reverse("api-tickets"), BODY).status_code == 201


@pytest.mark.django_db
@pytest.mark.parametrize("key", ["", "x" * 256, "two words", "é"])
def test_key_that_cannot_be_used_is_400(api, key):
    assert _post(api, reverse("api-tickets"), BODY, key=key).status_code == 400
    assert not Ticket.objects.exists()


@pytest.mark.django_db
def test_keys_are_each_tokens_own_and_nothing_of_a_body_is_kept(api, omid):
    text = f"call {PHONE}"
    _post(api, reverse("api-tickets"), {"text": text}, key=f"key {PHONE}".replace(" ", "-"))
    assert _post(_client(omid), reverse("api-tickets"), BODY).status_code == 201
    for row in IdempotencyKey.objects.values():
        assert PHONE not in str(row)


@pytest.mark.django_db
def test_key_is_forgotten_after_two_days(api):
    _post(api, reverse("api-tickets"), BODY)
    assert forget_old() == 0
    IdempotencyKey.objects.update(created_at=timezone.now() - timedelta(hours=49))
    assert forget_old() == 1


@pytest.mark.django_db
def test_repetition_shows_nothing_of_a_ticket_that_went_to_another_team(api, support, navid):
    first = _post(api, reverse("api-tickets"), BODY)
    Ticket.objects.update(team=navid.teams.get())
    assert _post(api, reverse("api-tickets"), BODY).status_code == 404
    assert first.status_code == 201


@pytest.mark.django_db(transaction=True)
def test_many_at_once_make_one(sara):
    token = issue_token(sara, name="threads")
    path, start = reverse("api-tickets"), threading.Barrier(8)

    def send(_number: int) -> int:
        client = APIClient(headers={"Authorization": f"Bearer {token}"})
        try:
            start.wait(60)
            return _post(client, path, BODY).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        codes = list(pool.map(send, range(8)))
    assert set(codes) <= {201, 409}
    assert 201 in codes
    assert Ticket.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_one_that_is_under_way_is_409_and_one_that_died_is_forgotten(sara, monkeypatch):
    """The first stands in its transaction; a second is told so; the first dies, and nothing of it
    is left; a third makes the ticket."""
    from tickets.api import views

    token, path = issue_token(sara, name="threads"), reverse("api-tickets")
    inside, go_on = threading.Event(), threading.Event()
    receive = views.receive

    def slow(new):
        receive(new)
        inside.set()
        go_on.wait(60)
        raise SystemExit(1)

    monkeypatch.setattr(views, "receive", slow)
    client = APIClient(headers={"Authorization": f"Bearer {token}"})

    def die() -> None:
        try:
            _post(client, path, BODY)
        except SystemExit:
            pass
        finally:
            connection.close()

    first = threading.Thread(target=die)
    first.start()
    assert inside.wait(60)
    monkeypatch.setattr(views, "receive", receive)
    second = _post(APIClient(headers={"Authorization": f"Bearer {token}"}), path, BODY)
    assert second.status_code == 409
    go_on.set()
    first.join(60)
    assert not Ticket.objects.exists()
    assert _post(client, path, BODY).status_code == 201
