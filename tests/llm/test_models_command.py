"""`manage.py models`: the registry from the command line."""

import io
import json

import pytest
from django.core.management import CommandError, call_command

from llm import registry
from llm.models import ModelVersion, Server, SlotEvent
from llm.servers.registering import add_served
from tests.llm.test_registry import make_folder

pytestmark = pytest.mark.django_db


def models(*arguments: str, **options) -> dict:
    out = io.StringIO()
    call_command("models", *arguments, as_json=True, stdout=out, **options)
    (line,) = out.getvalue().splitlines()
    return json.loads(line)


@pytest.fixture
def folders(tmp_path):
    base, folder = make_folder(tmp_path, "base")
    return {"base": folder, "one": make_folder(tmp_path, "one", base=base)[1]}


@pytest.fixture
def registered(folders):
    for folder in folders.values():
        registry.add_version(folder)


def test_models_add_then_list(folders):
    for name, folder in folders.items():
        assert models("add", str(folder))["name"] == name
    rows = models()
    assert [row["version"] for row in rows["slots"]] == ["", "", ""]
    assert [(row["name"], row["base"]) for row in rows["versions"]] == [
        ("one", "base"),
        ("base", ""),
    ]
    assert rows["versions"][0]["rows"] == 7
    assert models("list") == rows


def test_models_slot_promote_rollback(registered):
    assert models("slot", "a", "base")["version"] == "base"
    assert models("promote", "A", "one") | {"updated_at": "", "since": ""} == {
        "slot": "A",
        "version": "one",
        "method": "alora",
        "previous": "base",
        "updated_at": "",
        "server": "",
        "canary": "",
        "canary_share": 0.0,
        "trouble": "",
        "detail": "",
        "canary_trouble": "",
        "canary_detail": "",
        "since": "",
    }
    assert models("rollback", "A")["version"] == "base"
    assert models("list")["versions"][0]["state"] == "retired"


def test_models_show_gives_the_manifest(registered):
    registry.set_slot("B", registry.version_named("one"))
    shown = models("show", "one")
    assert shown["manifest"]["metrics"] == {"chrf": 51.5}
    assert shown["slots"] == ["B"]


def test_models_canary_promote_and_retire(registered):
    models("slot", "A", "base", why="to begin with")
    shown = models("canary", "a", "one", share=0.25)
    assert (shown["version"], shown["canary"], shown["canary_share"]) == ("base", "one", 0.25)
    assert models("show", "one")["canary_in"] == ["A"]
    assert models("list")["versions"][0]["canary_in"] == "A"
    assert models("retire", "A")["canary"] == ""
    assert models("canary", "A", "one")["canary_share"] == 0.1
    assert models("promote", "A", "one")["canary"] == ""
    kinds = list(SlotEvent.objects.order_by("pk").values_list("kind", "why"))
    assert kinds == [
        ("promote", "to begin with"),
        ("canary", ""),
        ("retire", ""),
        ("canary", ""),
        ("promote", ""),
    ]


def test_models_show_gives_the_lineage_to_the_base(registered):
    lineage = models("show", "one")["lineage"]
    assert lineage["method"] == "alora"
    assert lineage["recipe"] == "small"
    assert (lineage["dataset_digest"], lineage["dataset_rows"]) == ("d" * 64, 7)
    assert lineage["metrics"] == {"chrf": 51.5}
    assert (lineage["base"]["name"], lineage["base"]["base"]) == ("base", None)


def test_models_show_for_a_person_names_what_it_was_made_of(registered, capsys):
    call_command("models", "show", "one")
    lines = capsys.readouterr().out.splitlines()
    assert "recipe: small" in lines
    assert "base: base" in lines
    assert "  dataset_digest: " + "d" * 64 in lines


def test_models_show_of_a_version_on_a_server_looks_for_no_files(registered):
    server = Server.objects.create(name="vllm", base_url="http://127.0.0.1:9/v1", hosted=False)
    one = registry.version_named("one")
    add_served(server, "shop-1", name="served", tuned=one)
    shown = models("show", "served")["lineage"]
    assert (shown["server"], shown["served_name"], shown["tuned_as"]) == ("vllm", "shop-1", "one")
    assert shown["dataset_digest"] == "d" * 64


def test_models_list_says_what_is_wrong_with_a_slot(registered, folders, capsys):
    registry.set_slot("A", registry.version_named("one"))
    (folders["one"] / "model.safetensors").write_bytes(b"x")
    assert "model.safetensors is not the file" in models("list")["slots"][0]["detail"]
    call_command("models")
    assert "model.safetensors is not the file" in capsys.readouterr().out


def test_models_add_base_keeps_its_revision(tmp_path):
    (tmp_path / "config.json").write_text("{}")
    models("add", str(tmp_path), name="mistral-7b", revision="3b5f2")
    assert models("show", "mistral-7b")["lineage"]["base_revision"] == "3b5f2"


def test_models_show_says_that_files_are_damaged(registered, folders):
    (folders["base"] / "model.safetensors").write_bytes(b"x")
    with pytest.raises(CommandError, match="version base") as failed:
        models("show", "one")
    assert failed.value.returncode == 2


def test_models_add_base_from_elsewhere(tmp_path):
    (tmp_path / "config.json").write_text("{}")
    assert models("add", str(tmp_path), name="mistral-7b")["name"] == "mistral-7b"


@pytest.mark.parametrize(
    "arguments",
    [
        ["slot", "A"],
        ["slot", "D", "one"],
        ["slot", "A", "nobody"],
        ["promote", "A", "nobody"],
        ["rollback", "A"],
        ["rollback"],
        ["show"],
        ["add", "/nowhere"],
        ["add"],
        ["list", "extra"],
        ["explode"],
        ["show", "one", "--name", "x"],
        ["canary", "A", "one"],
        ["canary", "A", "one", "--share", "0"],
        ["canary", "A", "one", "--share", "nan"],
        ["canary", "A", "one", "--share", "2"],
        ["canary", "A", "one", "--share", "many"],
        ["retire", "A"],
        ["promote", "A", "one", "--share", "0.1"],
        ["list", "--why", "x"],
        ["show", "one", "--revision", "x"],
        ["add", "/nowhere", "--revision", "x"],
    ],
)
def test_models_wrong_input_is_one_line_and_changes_nothing(registered, arguments):
    before = list(ModelVersion.objects.values())
    with pytest.raises(CommandError) as failed:
        call_command("models", *arguments)
    assert failed.value.returncode == 2
    assert "\n" not in str(failed.value)
    assert list(ModelVersion.objects.values()) == before
    assert registry.slots_now() == []


def test_models_list_for_a_person(registered, capsys):
    registry.set_slot("A", registry.version_named("one"))
    call_command("models")
    lines = capsys.readouterr().out.splitlines()
    assert lines[:3] == ["slot A: one", "slot B: (empty)", "slot C: (empty)"]
    assert lines[3].startswith("one: live, alora on base, ")
