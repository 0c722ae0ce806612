"""Lists, filters, changes, notes, files, refusals and events of tickets by the API."""

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone
from rest_framework.test import APIClient

from tests.tickets.factories import PHONE, make_drafts, make_ticket
from tickets.api.tokens import issue_token
from tickets.models import Attachment, NoGoodAnswer, Note, Ticket, TicketEvent, VaultReading

pytestmark = pytest.mark.django_db


@pytest.fixture
def api(sara):
    return _client(sara)


def _client(user) -> APIClient:
    return APIClient(headers={"Authorization": f"Bearer {issue_token(user, name='test')}"})


def _ids(api, **query):
    answer = api.get(reverse("api-tickets"), query)
    assert answer.status_code == 200, answer.data
    return [row["id"] for row in answer.data["results"]]


def test_pages_follow_by_cursor_and_miss_nothing(api):
    moment = timezone.now()
    tickets = [make_ticket() for _ in range(7)]
    Ticket.objects.filter(pk__in=[one.pk for one in tickets[:5]]).update(created_at=moment)
    found, path, counts = [], reverse("api-tickets") + "?limit=2", []
    while path:
        page = api.get(path).data
        counts.append(page["count"])
        found += [row["id"] for row in page["results"]]
        path = page["next"]
        make_ticket()  # newer ones shift nothing
    assert counts == [7, None, None, None]
    assert len(found) == len(set(found)) == 7
    assert set(found) == {one.pk for one in tickets}


def test_page_costs_the_same_number_of_queries_whatever_there_is(api, django_assert_num_queries):
    for rounds in (2, 9):
        for _ in range(rounds):
            make_ticket()
        first = api.get(reverse("api-tickets"), {"limit": 1}).data
        # token, its use, the rate, the role, the teams, the rows
        with django_assert_num_queries(6):
            api.get(first["next"])


@pytest.mark.parametrize(
    "query",
    [
        {"limit": 0},
        {"limit": 201},
        {"limit": "x"},
        {"cursor": "x"},
        {"cursor": "¨"},
        {"offset": 10**9},
    ],
)
def test_page_that_cannot_be_is_400(api, query):
    assert api.get(reverse("api-tickets"), query).status_code == 400


def test_tickets_are_filtered(api, sara, omid, support):
    one, two, three = (make_ticket() for _ in range(3))
    Ticket.objects.filter(pk=one.pk).update(
        assignee=sara, priority=3, lang="en", source="shop", team=support
    )
    Ticket.objects.filter(pk=two.pk).update(assignee=omid, external_id="e-7")
    assert _ids(api, assignee="me") == [one.pk]
    assert _ids(api, assignee="omid") == [two.pk]
    assert _ids(api, assignee="nobody") == [three.pk]
    assert (
        _ids(api, priority="urgent") == _ids(api, lang="en") == _ids(api, source="shop") == [one.pk]
    )
    assert _ids(api, team="support") == [one.pk]
    assert set(_ids(api, team="nobody")) == {two.pk, three.pk}
    assert _ids(api, external_id="e-7") == [two.pk]
    now = timezone.now()
    Ticket.objects.filter(pk=three.pk).update(created_at=now.replace(year=2020))
    assert _ids(api, created_before="2021-01-01T00:00:00Z") == [three.pk]
    assert set(_ids(api, created_since="2021-01-01T00:00:00Z")) == {one.pk, two.pk}
    assert _ids(api, updated_since=(now + timedelta(days=365)).isoformat()) == []
    for wrong in (
        {"priority": "9"},
        {"updated_since": "yesterday"},
        {"assignee": "x\0"},
        {"created_since": "2021-01-01T00:00:00Z", "created_before": "2020-01-01T00:00:00Z"},
    ):
        assert api.get(reverse("api-tickets"), wrong).status_code == 400


def test_another_teams_tickets_are_not_there(api, support, navid):
    ticket = make_ticket()
    draft = make_drafts(ticket)[0]
    Ticket.objects.update(team=navid.teams.get())
    assert _ids(api) == []
    for name, number in (
        ("api-ticket", ticket.pk),
        ("api-suggestions", ticket.pk),
        ("api-replies", ticket.pk),
        ("api-notes", ticket.pk),
        ("api-attachments", ticket.pk),
        ("api-refusals", ticket.pk),
        ("api-events", ticket.pk),
    ):
        assert api.get(reverse(name, args=[number])).status_code == 404, name
    rating = api.post(reverse("api-ratings", args=[draft.pk]), {"stars": 5}, format="json")
    assert rating.status_code == 404
    row = Ticket.objects.get()
    same = {"source": row.source, "external_id": row.external_id, "text": "x"}
    told = api.post(reverse("api-tickets"), same, format="json")
    assert told.status_code == 409
    assert "messages" not in told.data


def test_ticket_is_made_for_a_team_of_ones_own(api, support, navid):
    made = api.post(reverse("api-tickets"), {"text": "x", "team": "support"}, format="json")
    assert (made.status_code, made.data["team"]) == (201, "support")
    other = api.post(reverse("api-tickets"), {"text": "x", "team": "sales"}, format="json")
    assert (other.status_code, list(other.data["errors"])) == (400, ["team"])


def test_ticket_is_changed_all_or_nothing(api, sara, omid, support):
    ticket = make_ticket()
    path = reverse("api-ticket", args=[ticket.pk])
    changed = api.patch(
        path,
        {"assignee": "omid", "priority": "high", "team": "support", "state": "closed"},
        format="json",
    )
    assert changed.status_code == 200, changed.data
    seen = {name: changed.data[name] for name in ("assignee", "priority", "team", "state")}
    assert seen == {"assignee": "omid", "priority": "high", "team": "support", "state": "closed"}
    kinds = set(ticket.events.values_list("kind", flat=True))
    assert {"assigned", "priority", "team", "closed"} <= kinds
    refused = api.patch(path, {"state": "open", "assignee": "nobody-here"}, format="json")
    assert refused.status_code == 400
    assert Ticket.objects.get().state == "closed"
    for body in ({"state": "ready"}, {"priority": "9"}, {"team": "none"}, [1]):
        assert api.patch(path, body, format="json").status_code == 400
    assert (
        api.patch(path, {"state": "open", "assignee": None}, format="json").data["assignee"] is None
    )
    assert Ticket.objects.get().state in Ticket.OPEN_STATES


def test_notes_are_masked_and_listed(api):
    path = reverse("api-notes", args=[make_ticket().pk])
    made = api.post(path, {"text": f"called {PHONE}"}, format="json")
    assert (made.status_code, made.data["author"]) == (201, "sara")
    assert PHONE not in Note.objects.get().text
    assert api.get(path).data["results"] == [made.data]
    assert api.post(path, {"text": "x" * 10_000}, format="json").status_code == 400


def test_file_is_kept_or_refused(api, settings):
    ticket = make_ticket()
    path = reverse("api-attachments", args=[ticket.pk])
    kept = api.post(path, {"file": SimpleUploadedFile("a.txt", b"receipt")})
    assert (kept.status_code, kept.data["state"]) == (201, "kept"), kept.data
    assert kept.data["message"] == ticket.messages.get().pk
    bad = api.post(path, {"file": SimpleUploadedFile("a.exe", b"MZ\x90\0" * 50)})
    assert (bad.status_code, bad.data["state"]) == (201, "refused")
    assert bad.data["why"]
    settings.MAX_ATTACHMENT_BYTES = 10
    large = api.post(path, {"file": SimpleUploadedFile("b.txt", b"x" * 11)})
    assert large.data["state"] == "refused"
    assert len(api.get(path).data["results"]) == Attachment.objects.count() == 3
    other = api.post(path, {"file": SimpleUploadedFile("c.txt", b"x"), "message": 999_999})
    assert other.status_code == 400
    assert api.post(path, {"text": "x"}).status_code == 400
    assert api.post(path, {"file": "x"}, format="json").status_code == 415


def test_file_is_downloaded_by_who_sees_its_ticket(api, sara, navid):
    ticket = make_ticket()
    path = reverse("api-attachments", args=[ticket.pk])
    kept = api.post(path, {"file": SimpleUploadedFile("a.txt", b"receipt")}).data["id"]
    bad = api.post(path, {"file": SimpleUploadedFile("a.exe", b"MZ\x90\0" * 50)}).data["id"]
    there = reverse("api-attachment", args=[kept])
    for accept in ("*/*", "application/octet-stream"):
        answer = api.get(there, headers={"Accept": accept})
        assert (answer.status_code, answer.content) == (200, b"receipt")
        assert answer["Content-Disposition"].startswith("attachment")
        assert answer["Content-Type"] == "application/octet-stream"
        assert "RateLimit" in answer
    assert VaultReading.objects.filter(user=sara).count() == 2
    assert api.get(reverse("api-attachment", args=[bad])).status_code == 404
    Ticket.objects.update(team=navid.teams.get())
    hidden = api.get(there, headers={"Accept": "application/octet-stream"})
    assert (hidden.status_code, hidden.json()["status"]) == (404, 404)


def test_no_draft_is_good(api):
    ticket = make_ticket()
    make_drafts(ticket)
    path = reverse("api-refusals", args=[ticket.pk])
    body = {"reason": "no_article", "text": "nothing about returns"}
    assert api.post(path, body, format="json").status_code == 201
    assert NoGoodAnswer.objects.get().reason == "no_article"
    assert len(api.get(path).data["results"]) == 1
    assert api.post(path, {"reason": "nonsense"}, format="json").status_code == 400


def test_events_tell_what_happened_without_words(api):
    made = api.post(reverse("api-tickets"), {"text": "secret words"}, format="json")
    path = reverse("api-events", args=[made.data["id"]])
    api.post(reverse("api-notes", args=[made.data["id"]]), {"text": "more words"}, format="json")
    events = api.get(path)
    assert [row["kind"] for row in events.data["results"]] == ["received", "noted"]
    assert "words" not in events.content.decode()
    assert TicketEvent.objects.count() == 2
