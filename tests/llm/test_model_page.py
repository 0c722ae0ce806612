"""The model page and the rows that it shows."""

import pytest
from django.urls import reverse

from llm import registry
from llm.reports import slot_rows, version_rows
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
    with django_assert_num_queries(3):
        assert len(version_rows()) == 8
        slot_rows()


def test_page_shows_versions_to_an_agent(versions, client, sara):
    client.force_login(sara)
    page = client.get(reverse("models"))
    assert page.status_code == 200
    assert [row.name for row in page.context["versions"]] == ["two", "one", "base"]
    assert "two" in page.content.decode()


def test_page_is_closed_to_outsiders(versions, client, outsider):
    assert client.get(reverse("models")).status_code == 302
    client.force_login(outsider)
    assert client.get(reverse("models")).status_code == 403


def test_page_cannot_be_posted_to(versions, client, mina):
    client.force_login(mina)
    assert client.post(reverse("models")).status_code == 405
