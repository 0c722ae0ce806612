"""A model folder is what its manifest says, or it is refused with one line that names it."""

import hashlib
import json
import os

import pytest

from llm.manifest import (
    ManifestError,
    digest_of,
    manifest_from,
    read_manifest,
    verified_manifest,
    write_manifest,
)
from llm.prompts import PromptBudget

FIELDS = {
    "name": "tuned-x",
    "method": "alora",
    "base": {"name": "base", "digest": "a" * 64},
    "prompt_version": "support-1",
    "generation": {"max_new_tokens": 5},
}


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "tuned-x"
    folder.mkdir()
    (folder / "config.json").write_text("{}")
    (folder / "model.safetensors").write_bytes(b"weights")
    write_manifest(folder, FIELDS)
    return folder


def change(folder, **fields):
    path = folder / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | fields))


def test_write_manifest_is_read_back_with_hashes(folder):
    manifest = verified_manifest(folder)
    assert manifest.name == "tuned-x"
    assert manifest.base.digest == "a" * 64
    assert manifest.files["model.safetensors"] == hashlib.sha256(b"weights").hexdigest()
    assert set(manifest.files) == {"config.json", "model.safetensors"}
    assert sorted(path.name for path in folder.parent.iterdir()) == ["tuned-x"]


def test_digest_is_of_the_sorted_names_and_hashes():
    lines = "a.json:" + "1" * 64 + "\n" + "b.json:" + "2" * 64
    expected = hashlib.sha256(lines.encode()).hexdigest()
    assert digest_of({"b.json": "2" * 64, "a.json": "1" * 64}) == expected
    assert digest_of({"b.json": "1" * 64, "a.json": "2" * 64}) != expected


def test_digest_does_not_depend_on_what_else_the_manifest_says(folder):
    before = read_manifest(folder).digest
    change(folder, metrics={"chrf": 50})
    assert read_manifest(folder).digest == before


def test_verified_manifest_refuses_a_changed_file(folder):
    (folder / "model.safetensors").write_bytes(b"Weights")
    with pytest.raises(ManifestError, match=r"tuned-x: model\.safetensors is not the file"):
        verified_manifest(folder)


def test_verified_manifest_refuses_a_missing_file(folder):
    (folder / "model.safetensors").unlink()
    with pytest.raises(ManifestError, match=r"tuned-x: model\.safetensors is missing"):
        verified_manifest(folder)


def test_verified_manifest_refuses_a_link(folder, tmp_path):
    (tmp_path / "elsewhere").write_bytes(b"weights")
    (folder / "model.safetensors").unlink()
    os.symlink(tmp_path / "elsewhere", folder / "model.safetensors")
    with pytest.raises(ManifestError, match="is missing"):
        verified_manifest(folder)


@pytest.mark.parametrize("name", ["pytorch_model.bin", "modeling_x.py", "special_tokens_map.json"])
def test_verified_manifest_refuses_a_file_that_it_does_not_name(folder, name):
    (folder / name).write_text("{}")
    with pytest.raises(ManifestError, match="is not in its manifest"):
        verified_manifest(folder)


@pytest.mark.parametrize(
    "name", ["pytorch_model.bin", "weights.pkl", "modeling.py", "../x.json", "/etc/x.json", ""]
)
def test_read_manifest_refuses_a_file_that_no_model_may_have(folder, name):
    change(folder, files={name: "0" * 64})
    with pytest.raises(ManifestError, match="no file that a model may have"):
        read_manifest(folder)


@pytest.mark.parametrize("key", ["auto_map", "auto_mapping"])
def test_verified_manifest_refuses_a_configuration_that_asks_for_code(folder, key):
    (folder / "config.json").write_text(json.dumps({key: {"AutoModel": "evil.Model"}}))
    with pytest.raises(ManifestError, match="asks for code"):
        write_manifest(folder, FIELDS)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"format": 2}, "not of format 1"),
        ({"name": "../up"}, "no usable name"),
        ({"name": 5}, "no usable name"),
        ({"method": None}, "lacks method"),
        ({"generation": []}, "lacks generation"),
        ({"base": {"name": "base"}}, "which base"),
        ({"base": "base"}, "which base"),
        ({"files": {}}, "lists no files"),
        ({"files": {"a.json": "short"}}, "has no SHA-256"),
    ],
)
def test_read_manifest_refuses_what_it_cannot_use(folder, fields, message):
    change(folder, **fields)
    with pytest.raises(ManifestError, match=message):
        read_manifest(folder)


@pytest.mark.parametrize("text", ["", "[]", "{", "\x00\x01"])
def test_read_manifest_refuses_what_is_no_json_object(folder, text):
    (folder / "manifest.json").write_text(text)
    with pytest.raises(ManifestError, match="tuned-x: its manifest"):
        read_manifest(folder)


def test_read_manifest_refuses_bytes_that_are_no_text(folder):
    (folder / "manifest.json").write_bytes(b"\xff\xfe{")
    with pytest.raises(ManifestError, match="not JSON"):
        read_manifest(folder)


def test_read_manifest_refuses_a_huge_file(folder):
    (folder / "manifest.json").write_text(" " * (1024 * 1024 + 1))
    with pytest.raises(ManifestError, match="larger than 1 MiB"):
        read_manifest(folder)


def test_read_manifest_refuses_a_folder_that_is_not_there(tmp_path):
    with pytest.raises(ManifestError, match="nowhere"):
        read_manifest(tmp_path / "nowhere")


def test_prompt_budget_comes_from_the_recipe(folder):
    change(folder, recipe={"prompt": {"budget": 320, "passages": 2, "answer_tokens": 25}})
    assert read_manifest(folder).prompt_budget == PromptBudget(
        total=320, passages=2, answer_tokens=25
    )


def test_prompt_budget_without_a_recipe_is_the_default(folder):
    assert read_manifest(folder).prompt_budget == PromptBudget()


@pytest.mark.parametrize("prompt", [{"budgets": 1}, {"budget": "many"}, [1], {"budget": None}])
def test_prompt_budget_refuses_what_it_does_not_know(folder, prompt):
    manifest = manifest_from(read_manifest(folder).data | {"recipe": {"prompt": prompt}})
    with pytest.raises(ManifestError, match="tuned-x: its recipe's prompt"):
        manifest.prompt_budget  # noqa: B018


@pytest.mark.parametrize(
    "config",
    [
        {"text_config": {"auto_map": {"AutoModel": "evil--repo.Model"}}},
        {"parts": [{"auto_mapping": {"parent_library": "evil"}}]},
        {"custom_pipelines": {"x": {"impl": "evil.Pipeline"}}},
        {"custom_generate": "generate.py"},
        {"megatron_config": {"a": 1}, "megatron_core": "evil"},
        {"_attn_implementation": "somebody/kernel"},
        {"attn_implementation": {"text": "somebody/kernel@main"}},
    ],
)
def test_verified_manifest_refuses_code_at_any_depth(folder, config):
    (folder / "config.json").write_text(json.dumps(config))
    with pytest.raises(ManifestError, match=r"tuned-x: config\.json asks for code"):
        write_manifest(folder, FIELDS)


def test_verified_manifest_takes_what_transformers_and_peft_save(folder):
    saved = {"auto_mapping": None, "megatron_config": None, "megatron_core": "megatron.core"}
    (folder / "config.json").write_text(json.dumps(saved | {"_attn_implementation": "sdpa"}))
    assert write_manifest(folder, FIELDS).name == "tuned-x"


@pytest.mark.parametrize("text", ["[" * 200_000, '{"a":' * 200_000, "{", "\x00"])
def test_verified_manifest_refuses_a_configuration_that_is_no_json(folder, text):
    (folder / "config.json").write_text(text)
    with pytest.raises(ManifestError, match=r"tuned-x: config\.json is not JSON"):
        write_manifest(folder, FIELDS)


@pytest.mark.parametrize("name", ["adapter_model.bin", "weights.pt", "x.pickle", "pickle"])
def test_write_manifest_refuses_weights_that_can_run_code(folder, name):
    (folder / name).write_bytes(b"\x80\x04.")
    with pytest.raises(ManifestError, match="weights must be safetensors"):
        write_manifest(folder, FIELDS)


def test_verified_manifest_refuses_a_folder_in_the_folder(folder):
    (folder / "code").mkdir()
    with pytest.raises(ManifestError, match="'code' is not in its manifest"):
        verified_manifest(folder)


def test_verified_manifest_refuses_a_folder_in_place_of_a_file(folder):
    (folder / "config.json").unlink()
    (folder / "config.json").mkdir()
    with pytest.raises(ManifestError, match=r"config\.json is missing"):
        verified_manifest(folder)


@pytest.mark.parametrize(
    "extra", ['"a": NaN', '"a": Infinity', '"a": "\\u0000"', '"a": "\\ud800"'], ids=repr
)
def test_read_manifest_refuses_what_no_database_stores(folder, extra):
    path = folder / "manifest.json"
    path.write_text(path.read_text().replace("{", "{" + extra + ",", 1))
    with pytest.raises(ManifestError, match="is not JSON"):
        read_manifest(folder)


@pytest.mark.parametrize("key", ["method", "prompt_version"])
def test_read_manifest_refuses_a_long_word(folder, key):
    change(folder, **{key: "x" * 41})
    with pytest.raises(ManifestError, match=f"{key} is longer than 40"):
        read_manifest(folder)


def test_write_manifest_refuses_links_and_folders(folder, tmp_path):
    (folder / "more").mkdir()
    with pytest.raises(ManifestError, match="'more' is no plain file"):
        write_manifest(folder, FIELDS)
    (folder / "more").rmdir()
    os.symlink("/etc/hostname", folder / "link.json")
    with pytest.raises(ManifestError, match=r"'link\.json' is no plain file"):
        write_manifest(folder, FIELDS)
