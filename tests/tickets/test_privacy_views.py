"""The privacy pages: for admins alone, and no value on them that was not asked for."""

import dataclasses
import json
import re

import pytest
from cryptography.fernet import Fernet
from django.urls import reverse

from tests.tickets.factories import EMAIL, PHONE, make_ticket
from tickets import patterns
from tickets.models import (
    Customer,
    CustomPattern,
    Message,
    RetentionRule,
    RightsRequest,
    Ticket,
    VaultReading,
)
from tickets.vault import values_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def nothing_remembered():
    patterns.forget()
    yield
    patterns.forget()


@pytest.fixture
def desk(client, mina, settings):
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"
    client.force_login(mina)
    return client


@pytest.fixture
def ticket():
    return make_ticket()


def _paths(ticket):
    customer, pattern = ticket.customer_id, 1
    return [
        ("get", reverse("privacy")),
        ("get", reverse("privacy-readings")),
        ("post", reverse("privacy-retention")),
        ("get", reverse("privacy-customers")),
        ("post", reverse("privacy-customers")),
        ("get", reverse("privacy-customer", args=[customer])),
        ("post", reverse("customer-export", args=[customer])),
        ("post", reverse("customer-erase", args=[customer])),
        ("get", reverse("privacy-tester")),
        ("post", reverse("privacy-tester")),
        ("post", reverse("pattern-switch", args=[pattern])),
        ("get", reverse("ticket-imports")),
        ("get", reverse("ticket-import")),
        ("post", reverse("ticket-import")),
        ("get", reverse("ticket-import-run", args=[1])),
        ("post", reverse("ticket-import-stop", args=[1])),
        ("post", reverse("ticket-import-continue", args=[1])),
    ]


DATA = {
    "contact": EMAIL,
    "kind": "spam",
    "days": "1",
    "text": "a",
    "name": "ORDER",
    "template": "KZ-#####",
    "add": "1",
}


@pytest.mark.parametrize("number", range(17))
def test_agent_is_turned_away(client, sara, ticket, number):
    method, path = _paths(ticket)[number]
    assert getattr(client, method)(path, DATA)["Location"].startswith(reverse("login"))
    client.force_login(sara)
    assert getattr(client, method)(path, DATA).status_code == 403
    assert not RightsRequest.objects.exists()
    assert not CustomPattern.objects.exists()
    assert not RetentionRule.objects.exclude(days=None).exists()
    assert Customer.objects.exists()


@pytest.mark.parametrize("number", [2, 6, 7, 10, 15, 16])
def test_what_changes_something_is_a_post(desk, ticket, number):
    assert desk.get(_paths(ticket)[number][1]).status_code == 405


def test_only_an_admin_is_shown_the_way(client, sara, mina):
    client.force_login(sara)
    assert reverse("privacy") not in client.get(reverse("inbox")).content.decode()
    client.force_login(mina)
    page = client.get(reverse("inbox")).content.decode()
    assert reverse("privacy") in page
    assert reverse("ticket-imports") in page


def test_overview_counts_without_values(desk, ticket):
    page = desk.get(reverse("privacy"))
    report = page.context["report"]
    assert report.masked >= 1
    assert report.values >= 1
    assert PHONE not in page.content.decode()
    assert not VaultReading.objects.exists()


def test_rule_is_saved_and_taken_back(desk):
    path = reverse("privacy-retention")
    assert desk.post(path, {"kind": "spam", "days": "30"}).status_code == 302
    assert RetentionRule.objects.get(kind="spam").days == 30
    assert desk.post(path, {"kind": "spam", "days": ""}).status_code == 302
    assert RetentionRule.objects.get(kind="spam").days is None


@pytest.mark.parametrize(
    ("kind", "days"), [("spam", "0"), ("spam", "-1"), ("spam", "x"), ("spam", "99999999")]
)
def test_bad_rule_is_refused(desk, kind, days):
    answer = desk.post(reverse("privacy-retention"), {"kind": kind, "days": days})
    assert answer.status_code == 400
    assert "errorlist" in answer.content.decode()
    assert not RetentionRule.objects.exclude(days=None).exists()


def test_unknown_rule_is_refused(desk):
    assert desk.post(reverse("privacy-retention"), {"kind": "all", "days": "1"}).status_code == 400


def test_readings_are_filtered_by_person_and_ticket(desk, mina, sara, ticket):
    other = make_ticket(contact="other@mail.test")
    values_of(ticket, reader=sara, purpose=VaultReading.Purpose.SEND)
    values_of(other, reader=mina, purpose=VaultReading.Purpose.REVEAL)
    values_of(other, reader=None, purpose=VaultReading.Purpose.EXPORT)
    path = reverse("privacy-readings")

    def shown(**query):
        return [(row.user, row.ticket_number) for row in desk.get(path, query).context["page_obj"]]

    assert shown() == [(None, other.pk), (mina, other.pk), (sara, ticket.pk)]
    assert shown(person=sara.pk) == [(sara, ticket.pk)]
    assert shown(person="commands") == [(None, other.pk)]
    assert shown(ticket=other.pk, person=mina.pk) == [(mina, other.pk)]
    assert shown(person="x") == []
    assert shown(ticket="9" * 19) == []
    persian = str(ticket.pk).translate(str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹"))
    assert shown(ticket=persian) == [(sara, ticket.pk)]
    assert PHONE not in desk.get(path).content.decode()


def test_customer_is_found_and_the_contact_is_in_no_address(desk, ticket):
    answer = desk.post(reverse("privacy-customers"), {"contact": EMAIL.upper()})
    assert answer["Location"] == reverse("privacy-customer", args=[ticket.customer_id])
    page = desk.get(answer["Location"])
    assert "no-store" in page["Cache-Control"]
    assert page.context["counts"]["tickets"] == 1


def test_contact_is_looked_for_in_tickets_of_others(desk, ticket):
    other = make_ticket(text=f"write to {EMAIL} please", contact="other@mail.test")
    path = reverse("privacy-customer", args=[ticket.customer_id])
    assert desk.get(path).context["mentions"] is None
    page = desk.get(path, {"mentions": "1"})
    assert page.context["mentions"] == [other.pk]
    assert reverse("ticket", args=[other.pk]) in page.content.decode()


def test_contact_that_no_key_opens_is_not_said_to_stand_nowhere(desk, ticket, settings):
    keys = dataclasses.replace(settings.KEYS, vault=(Fernet.generate_key().decode(),))
    settings.KEYS = keys
    page = desk.get(reverse("privacy-customer", args=[ticket.customer_id]), {"mentions": "1"})
    assert page.context["mentions"] is None
    assert "PASOKH_VAULT_KEYS" in page.content.decode()


def test_unknown_customer_is_said(desk, ticket):
    answer = desk.post(reverse("privacy-customers"), {"contact": "nobody@mail.test"})
    assert answer.status_code == 404
    assert "There is no customer" in answer.content.decode()
    assert desk.post(reverse("privacy-customers"), {"contact": ""}).status_code == 400


def test_export_is_a_file_with_everything(desk, mina, ticket):
    answer = desk.post(reverse("customer-export", args=[ticket.customer_id]))
    assert answer["Content-Disposition"].startswith("attachment")
    assert "no-store" in answer["Cache-Control"]
    assert PHONE in json.dumps(json.loads(answer.content), ensure_ascii=False)
    request = RightsRequest.objects.get(kind="export")
    assert request.requested_by == mina
    assert VaultReading.objects.filter(user=mina, purpose="export").exists()


def test_erase_wants_the_contact_again(desk, ticket):
    path = reverse("customer-erase", args=[ticket.customer_id])
    for contact in ("", "other@mail.test"):
        assert desk.post(path, {"contact": contact}).status_code == 400
        assert Ticket.objects.filter(pk=ticket.pk).exists()
    answer = desk.post(path, {"contact": EMAIL.upper()})
    assert answer["Location"] == reverse("privacy-customers")
    assert not Customer.objects.exists()
    assert not Message.objects.exists()
    page = desk.get(reverse("privacy-customers"))
    assert [row.kind for row in page.context["page_obj"]] == ["erase"]
    assert EMAIL not in page.content.decode()


def test_tester_shows_what_is_found_and_why_and_keeps_nothing(desk):
    answer = desk.post(reverse("privacy-tester"), {"text": f"my mobile is {PHONE} <b>"})
    page = answer.content.decode()
    assert "no-store" in answer["Cache-Control"]
    [part] = answer.context["found"]
    assert (part.text, part.type) == (PHONE, "PHONE")
    assert part.reasons
    assert "<b>" not in re.sub(r"(?s)<header.*?</header>", "", page)
    assert "".join(one.text for one in answer.context["parts"]) == f"my mobile is {PHONE} <b>"
    assert not Message.objects.exists()


def test_pattern_is_tried_before_it_is_added(desk):
    data = {"text": "order KZ-48213 and KZ-11111", "template": "KZ-#####"}
    answer = desk.post(reverse("privacy-tester"), data, HTTP_HX_REQUEST="true")
    assert "<html" not in answer.content.decode()
    assert answer.context["tried_count"] == 2
    assert not CustomPattern.objects.exists()


def test_pattern_is_added_and_switched_off(desk, mina):
    path = reverse("privacy-tester")
    data = {"text": "order KZ-48213", "template": "KZ-#####", "name": "order", "add": "1"}
    answer = desk.post(path, data)
    assert answer.status_code == 200
    row = CustomPattern.objects.get()
    assert (row.name, row.template, row.created_by) == ("ORDER", "KZ-#####", mina)
    assert make_ticket(text="about KZ-48213").messages.get().text == "about [ORDER_1]"
    desk.post(reverse("pattern-switch", args=[row.pk]), {"active": ""})
    row.refresh_from_db()
    assert not row.active
    desk.post(reverse("pattern-switch", args=[row.pk]), {"active": "1"})
    row.refresh_from_db()
    assert row.active


@pytest.mark.parametrize(
    "data",
    [
        {"template": "##", "name": "ORDER"},
        {"template": "KZ-#####", "name": ""},
        {"template": "", "name": "ORDER"},
        {"template": "KZ-#####", "name": "PHONE"},
    ],
)
def test_refused_pattern_keeps_the_text_on_the_page(desk, data):
    text = "my words stay"
    answer = desk.post(reverse("privacy-tester"), {"text": text, "add": "1", **data})
    assert answer.status_code == 400
    assert text in answer.content.decode()
    assert not CustomPattern.objects.exists()


def test_text_that_is_too_long_is_refused(desk, settings):
    settings.MAX_TICKET_CHARACTERS = 10
    assert desk.post(reverse("privacy-tester"), {"text": "x" * 11}).status_code == 400


@pytest.mark.parametrize("kind", ["", "vault", "%s%d"])
def test_kind_of_rule_that_no_page_offers_is_a_bad_request(desk, kind):
    answer = desk.post(reverse("privacy-retention"), {"kind": kind, "days": "3"})
    assert answer.status_code == 400
    assert RetentionRule.objects.filter(days=3).count() == 0
