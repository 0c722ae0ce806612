"""The rows that the model page shows, and what an admin changes there."""

import socket
from datetime import timedelta

import pytest
from django.contrib.messages import get_messages
from django.urls import reverse
from django.utils import timezone

from llm import registry
from llm.models import Server, Slot, SlotEvent
from llm.reports import server_rows, slot_rows, version_rows
from llm.servers.registering import add_served, allow
from tests.llm.test_registry import make_folder


@pytest.fixture
def versions(db, tmp_path):
    base, folder = make_folder(tmp_path, "base")
    registry.add_version(folder)
    for name in ("one", "two"):
        _, folder = make_folder(tmp_path, name, base=base, trainable_parameters=12, seconds=3.5)
        registry.set_slot("A", registry.add_version(folder))
    registry.set_slot("B", registry.version_named("two"))


def test_version_rows_are_newest_first_with_their_slots(versions):
    rows = version_rows()
    assert [(row.name, row.slots, row.state) for row in rows] == [
        ("two", "AB", "live"),
        ("one", "", "retired"),
        ("base", "", "candidate"),
    ]
    assert (rows[0].rows, rows[0].trainable_parameters, rows[0].seconds) == (7, 12, 3.5)
    assert rows[2].trainable_parameters is None
    assert rows[0].metrics == {"chrf": 51.5}


def test_version_rows_survive_a_manifest_of_odd_values(versions):
    version = registry.version_named("two")
    version.manifest |= {"dataset": "none", "seconds": "long", "trainable_parameters": True}
    version.save()
    row = version_rows()[0]
    assert (row.rows, row.seconds, row.trainable_parameters) == (None, None, None)


def test_slot_rows_name_all_three(versions):
    rows = slot_rows()
    assert [(row.slot, row.version, row.previous) for row in rows] == [
        ("A", "two", "one"),
        ("B", "two", ""),
        ("C", "", ""),
    ]


def test_rows_take_the_same_queries_for_many_versions(
    versions, tmp_path, django_assert_num_queries
):
    base, _ = make_folder(tmp_path, "base")
    for number in range(5):
        registry.add_version(make_folder(tmp_path, f"more-{number}", base=base)[1])
    with django_assert_num_queries(4):
        assert len(version_rows()) == 8
        slot_rows()


def test_slot_rows_tell_since_when_a_version_serves(versions):
    served = SlotEvent.objects.filter(slot="A").latest("pk")
    before = slot_rows()[0]
    registry.set_canary("A", registry.version_named("one"), share=0.5)
    row = slot_rows()[0]
    assert (row.since, row.canary, row.canary_share) == (served.at, "one", 0.5)
    assert row.since == before.since
    assert row.updated_at > before.updated_at


def test_server_rows_tell_who_allowed_it(versions, mina):
    server = Server.objects.create(name="far", base_url="https://far.test/v1", hosted=True)
    add_served(server, "model-1")
    (row,) = server_rows()
    assert (row.allowed, row.allowed_by, row.versions) == (False, "", ["far-model-1"])
    assert row.trouble
    allow(server, by=mina)
    (row,) = server_rows()
    assert (row.allowed, row.allowed_by, row.trouble) == (True, "mina", "")


@pytest.mark.parametrize(("ago", "is_shown"), [(1, True), (3600, False)])
def test_server_row_tells_when_it_is_asked_again_while_that_is_to_come(db, ago, is_shown):
    Server.objects.create(
        name="near",
        base_url="http://127.0.0.1:9/v1",
        hosted=False,
        state=Server.State.OPEN,
        failures=10,  # left alone for ten minutes
        opened_at=timezone.now() - timedelta(seconds=ago),
    )
    (row,) = server_rows()
    assert (row.asked_again_at is not None) is is_shown
    assert row.trouble


@pytest.fixture
def far(db):
    return Server.objects.create(name="far", base_url="https://127.0.0.1:9/v1", hosted=True)


def said(answer) -> str:
    assert answer.status_code == 302
    assert answer["Location"] == reverse("models")
    return " ".join(str(one) for one in get_messages(answer.wsgi_request))


def test_admin_promotes_and_rolls_back(versions, client, mina):
    client.force_login(mina)
    place = {"version": "base", "expected": "two"}
    assert "base" in said(client.post(reverse("slot-promote", args=["A"]), place))
    assert Slot.objects.get(name="A").version.name == "base"
    event = SlotEvent.objects.first()
    assert (event.kind, event.by, event.previous.name) == ("promote", mina, "two")
    back = {"expected": "base"}
    said(client.post(reverse("slot-roll-back", args=["A"]), back))
    assert Slot.objects.get(name="A").version.name == "two"
    said(client.post(reverse("slot-roll-back", args=["A"]), back))  # clicked twice
    assert Slot.objects.get(name="A").version.name == "two"


def test_admin_with_an_old_page_changes_nothing(versions, client, mina):
    client.force_login(mina)
    place = {"version": "base", "expected": "one"}
    line = said(client.post(reverse("slot-promote", args=["A"]), place))
    assert "two" in line
    assert Slot.objects.get(name="A").version.name == "two"


def test_admin_starts_and_ends_a_canary(versions, client, mina):
    client.force_login(mina)
    said(client.post(reverse("slot-canary", args=["A"]), {"version": "one", "share": "25"}))
    slot = Slot.objects.get(name="A")
    assert (slot.canary.name, slot.canary_share) == ("one", 0.25)
    said(client.post(reverse("slot-canary-end", args=["A"])))
    assert Slot.objects.get(name="A").canary is None


def test_admin_cannot_promote_damaged_files(versions, client, mina, tmp_path):
    client.force_login(mina)
    (tmp_path / "base" / "model.safetensors").write_bytes(b"x")
    place = {"version": "base", "expected": "two"}
    line = said(client.post(reverse("slot-promote", args=["A"]), place))
    assert "model.safetensors" in line
    assert Slot.objects.get(name="A").version.name == "two"


def test_admin_allows_a_hosted_server_by_its_name_only(far, client, mina):
    client.force_login(mina)
    path = reverse("server-allow", args=[far.pk])
    for wrong in ({}, {"name": "near"}, {"name": "FAR"}):
        said(client.post(path, wrong))
        far.refresh_from_db()
        assert far.allowed_at is None
    said(client.post(path, {"name": "far"}))
    far.refresh_from_db()
    assert (far.allowed_by, far.allowed_at is None) == (mina, False)
    said(client.post(reverse("server-forbid", args=[far.pk])))
    far.refresh_from_db()
    assert far.allowed_at is None


def test_asking_a_server_that_is_not_allowed_opens_no_connection(far, client, mina, monkeypatch):
    opened = []
    monkeypatch.setattr(socket.socket, "connect", lambda self, to: opened.append(to))
    client.force_login(mina)
    assert said(client.post(reverse("server-check", args=[far.pk])))
    assert [to for to in opened if not isinstance(to, str | bytes)] == []


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("slot-promote", {}),
        ("slot-promote", {"version": "x" * 201}),
        ("slot-promote", {"version": "o\0ne"}),
        ("slot-roll-back", {}),
        ("slot-canary", {"version": "one"}),
        ("slot-canary", {"version": "one", "share": "11"}),
        ("slot-canary", {"version": "one", "share": "nan"}),
    ],
)
def test_what_no_page_offers_is_a_bad_request(versions, client, mina, name, given):
    client.force_login(mina)
    before = list(Slot.objects.values())
    assert client.post(reverse(name, args=["A"]), given).status_code == 400
    assert list(Slot.objects.values()) == before


@pytest.mark.parametrize("slot", ["D", "a", "AB"])
def test_unknown_slot_or_version_changes_nothing(versions, client, mina, slot):
    client.force_login(mina)
    before = list(Slot.objects.values())
    said(client.post(reverse("slot-promote", args=[slot]), {"version": "one"}))
    said(client.post(reverse("slot-promote", args=["A"]), {"version": "nobody"}))
    assert list(Slot.objects.values()) == before


CHANGES = [
    ("slot-promote", ["A"], {"version": "base", "expected": "two"}),
    ("slot-roll-back", ["A"], {"expected": "two"}),
    ("slot-canary", ["A"], {"version": "one", "share": "10"}),
    ("slot-canary-end", ["A"], {}),
    ("server-allow", [], {"name": "far"}),
    ("server-forbid", [], {}),
    ("server-check", [], {}),
]


@pytest.mark.parametrize(("name", "arguments", "given"), CHANGES, ids=[one[0] for one in CHANGES])
def test_only_an_admin_changes_and_only_by_a_post(
    versions, far, client, sara, mina, name, arguments, given
):
    path = reverse(name, args=arguments or [far.pk])
    before = list(Slot.objects.values()), list(Server.objects.values())
    assert client.post(path, given)["Location"].startswith(reverse("login"))
    client.force_login(sara)
    assert client.post(path, given).status_code == 403
    client.force_login(mina)
    assert client.get(path).status_code == 405
    assert (list(Slot.objects.values()), list(Server.objects.values())) == before
