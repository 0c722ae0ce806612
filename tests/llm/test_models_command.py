"""`manage.py models`: the registry from the command line."""

import io
import json

import pytest
from django.core.management import CommandError, call_command

from llm import registry
from llm.models import ModelVersion
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
    assert models("promote", "A", "one") | {"updated_at": ""} == {
        "slot": "A",
        "version": "one",
        "method": "alora",
        "previous": "base",
        "updated_at": "",
    }
    assert models("rollback", "A")["version"] == "base"
    assert models("list")["versions"][0]["state"] == "retired"


def test_models_show_gives_the_manifest(registered):
    registry.set_slot("B", registry.version_named("one"))
    shown = models("show", "one")
    assert shown["manifest"]["metrics"] == {"chrf": 51.5}
    assert shown["slots"] == ["B"]


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
