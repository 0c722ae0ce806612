"""The model page: what serves, what is wrong, what it costs; and the page of one version."""

import pytest
from django.urls import reverse
from django.utils import translation
from django.utils.html import strip_tags

from llm import registry
from llm.models import ModelVersion, Server, Slot
from llm.servers.registering import add_served
from llm.templatetags.model_figures import measured
from tests.llm.test_registry import make_folder
from tests.tickets.factories import make_drafts, make_ticket
from tickets.models import Suggestion


@pytest.fixture
def versions(db, tmp_path):
    base = registry.add_version(make_folder(tmp_path, "base")[1])
    found = {"base": base}
    for name in ("one", "two"):
        metrics = {"chrf": 51.5, "holdout": {"rows": 60}}
        folder = make_folder(tmp_path, name, base=base, metrics=metrics)[1]
        found[name] = registry.add_version(folder)
        registry.set_slot("A", found[name])
    return found


@pytest.fixture
def desk(client, mina):
    client.force_login(mina)
    return client


def draft_of(version: ModelVersion, **fields) -> None:
    draft = make_drafts(make_ticket())[0]
    Suggestion.objects.filter(pk=draft.pk).update(version=version, slot="A", **fields)


def slot(page, name: str = "A") -> dict:
    return next(one for one in page.context["slots"] if one["row"].slot == name)


def test_page_shows_versions_to_an_agent(versions, client, sara):
    client.force_login(sara)
    page = client.get(reverse("models"))
    assert page.status_code == 200
    assert [row.name for row in page.context["versions"]] == ["two", "one", "base"]
    assert "two" in page.content.decode()


def test_page_is_closed_to_outsiders(versions, client, outsider):
    paths = [reverse("models"), reverse("model-version", args=["one"])]
    assert [client.get(path).status_code for path in paths] == [302, 302]
    client.force_login(outsider)
    assert [client.get(path).status_code for path in paths] == [403, 403]


def test_page_cannot_be_posted_to(versions, desk):
    assert desk.post(reverse("models")).status_code == 405


def test_only_an_admin_is_offered_changes(versions, client, sara, mina):
    Server.objects.create(name="far", base_url="https://far.test/v1", hosted=True)
    registry.set_canary("A", versions["one"], share=0.1)
    client.force_login(sara)
    page = client.get(reverse("models")).content.decode()
    main = page[page.index("<main") :]
    assert "<form" not in main
    client.force_login(mina)
    page = client.get(reverse("models")).content.decode()
    for name in ("slot-promote", "slot-roll-back", "slot-canary", "slot-canary-end"):
        assert f'action="{reverse(name, args=["A"])}"' in page, name
    assert f'action="{reverse("server-allow", args=[Server.objects.get().pk])}"' in page


def test_every_form_of_the_page_does_what_it_says(versions, desk):
    registry.set_canary("A", versions["one"], share=0.1)
    place = {"version": "one", "expected": "two"}
    assert 'name="expected" value="two"' in desk.get(reverse("models")).content.decode()
    desk.post(reverse("slot-promote", args=["A"]), place)
    assert Slot.objects.get(name="A").version == versions["one"]


def test_trouble_of_a_slot_is_seen_at_once(versions, desk, tmp_path):
    assert slot(desk.get(reverse("models")))["row"].trouble == ""
    (tmp_path / "two" / "model.safetensors").unlink()
    page = desk.get(reverse("models"))
    assert slot(page)["row"].detail == "Model version two: model.safetensors is missing."
    assert "model.safetensors is missing" in page.content.decode()


def test_server_that_is_not_asked_is_seen_at_once(versions, desk):
    server = Server.objects.create(name="near", base_url="http://127.0.0.1:9/v1", hosted=False)
    registry.set_slot("B", add_served(server, "shop-1"))
    assert slot(desk.get(reverse("models")), "B")["row"].trouble == ""
    server.last_error = "The model's server cannot be reached."
    server.state = Server.State.OPEN
    server.save()
    page = desk.get(reverse("models"))
    assert slot(page, "B")["row"].trouble
    assert page.context["servers"][0].trouble


def test_last_failure_is_shown_while_its_version_serves(versions, desk):
    draft_of(versions["two"], state="failed", error="The model wrote nothing.")
    assert slot(desk.get(reverse("models")))["failure"].error == "The model wrote nothing."
    registry.set_slot("A", versions["base"])
    assert slot(desk.get(reverse("models")))["failure"] is None


def test_failure_that_is_known_already_is_said_once(versions, desk):
    server = Server.objects.create(name="near", base_url="http://127.0.0.1:9/v1", hosted=False)
    served = add_served(server, "shop-1")
    registry.set_slot("A", served)
    line = "The model's server cannot be reached."
    draft_of(served, state="failed", error=line)
    assert slot(desk.get(reverse("models")))["failure"].error == line
    Server.objects.update(last_error=line)
    shown = slot(desk.get(reverse("models")))
    assert (shown["failure"], bool(shown["row"].trouble)) == (None, True)


def test_costs_of_a_period(versions, desk):
    draft_of(versions["two"], tokens=12, prefill_seconds=0.25, seconds=1.5, peak_mebibytes=412.4)
    page = desk.get(reverse("models"))
    costs = {cost.version: cost for cost in page.context["costs"]}
    assert (costs["two"].tokens, costs["two"].prefill_seconds) == (12.0, 0.25)
    assert page.context["days"] == 30


@pytest.mark.parametrize(
    ("given", "days"),
    [("7", 7), ("90", 90), ("all", None), ("", 30), ("8", 30), ("x", 30), ("۷", 30), ("-1", 30)],
)
def test_period_is_one_of_those_offered(versions, desk, given, days):
    assert desk.get(reverse("models"), {"days": given}).context["days"] == days


def test_version_page_shows_its_lineage_to_the_base(versions, client, sara):
    client.force_login(sara)
    draft_of(versions["two"], tokens=12)
    client.cookies["django_language"] = "en"
    page = client.get(reverse("model-version", args=["two"]))
    assert [one["name"] for one in page.context["lineage"]] == ["two", "base"]
    assert page.context["cost"].tokens == 12.0
    assert [event.version.name for event in page.context["events"]] == ["two"]
    text = page.content.decode()
    assert "dddddddddddddddd" in text  # the data set's digest
    assert "On the holdout" in text


SAMPLE = {"base_chrf": 6.81, "chrf": 81.3, "difference": -74.49, "high": 82.0, "low": -66.3}


def test_figures_are_told_by_what_they_were_measured_on():
    gate = {"measure": "score", "canaries": 0, "new": {"evaluation": 7, "score": 1.5}}
    means = {
        "settings": {"seed": 1},
        "rows": 60,
        "odd": 2,
        "score": 3,
        "formula": "x",
        "good": True,
    }
    metrics = {"loss": 0.5, "new_tickets": SAMPLE | {"rows": 40}, "gate": gate}
    with translation.override("en"):
        groups = measured(metrics | {"holdout": means | {"languages": {"fa": {"chrf": 9}}}})
    told = [(one.title, [(name, strip_tags(value)) for name, value in one.rows]) for one in groups]
    assert told == [
        ("", [("Loss", "0.5")]),
        ("On the holdout", [("Score", "3"), ("Rows", "60"), ("odd", "2")]),
        ("On the holdout · by language · Persian", [("chrF", "9")]),
        (
            "On new tickets",
            [
                ("chrF", "81.3"),
                ("chrF of the base", "6.81"),
                ("Difference", "−74.49 95% interval −66.3 to +82"),
                ("Rows", "40"),
            ],
        ),
        ("The gate’s decision", [("Planted values", "0")]),
        ("The gate’s decision · new version", [("Score", "1.5")]),
    ]


def test_version_page_and_list_show_no_raw_keys(versions, desk):
    ModelVersion.objects.filter(name="two").update(metrics={"holdout": SAMPLE, "loss": 0.25})
    desk.cookies["django_language"] = "en"
    page = desk.get(reverse("model-version", args=["two"])).content.decode()
    assert "81.3" in page
    assert not [key for key in ("base_chrf", "max_new_tokens", ">low", ">loss") if key in page]
    assert ">loss" not in desk.get(reverse("models")).content.decode()


def test_version_page_survives_odd_metrics(versions, desk):
    ModelVersion.objects.filter(name="two").update(
        metrics=["x"], manifest={"dataset": 5, "generation": "no"}
    )
    assert desk.get(reverse("model-version", args=["two"])).status_code == 200
    assert desk.get(reverse("models")).status_code == 200


@pytest.mark.parametrize("name", ["nobody", "two%00", "a b", "x" * 201])
def test_version_page_of_nobody_is_not_found(versions, desk, name):
    assert desk.get(f"/models/versions/{name}/").status_code == 404


def test_page_takes_the_same_queries_for_many_versions(
    versions, desk, tmp_path, django_assert_max_num_queries
):
    desk.get(reverse("models"))
    with django_assert_max_num_queries(25) as first:
        desk.get(reverse("models"))
    for number in range(5):
        folder = make_folder(tmp_path, f"more-{number}", base=versions["base"])[1]
        draft_of(registry.add_version(folder))
    with django_assert_max_num_queries(len(first)):
        desk.get(reverse("models"))
