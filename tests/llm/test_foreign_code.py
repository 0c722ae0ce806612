"""A model folder from elsewhere runs nothing: real folders, real loaders, and code that would leave
a mark if anybody ran it."""

import json
import pickle
import shutil
from pathlib import Path

import pytest

from llm.foreign_code import asks_for_code
from llm.manifest import FILE_NAME, ManifestError, file_digest


class Mark:
    """Unpickled, it makes the file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self):
        return (Path.touch, (self.path,))


@pytest.fixture
def mark(tmp_path) -> Path:
    return tmp_path / "somebody-ran-me"


@pytest.fixture
def base(tiny, tmp_path) -> Path:
    return Path(shutil.copytree(tiny / "base", tmp_path / "base"))


@pytest.fixture
def tuned(tiny, tmp_path) -> Path:
    return Path(shutil.copytree(tiny / "first", tmp_path / "first"))


def change_json(path: Path, **fields) -> None:
    path.write_text(json.dumps(json.loads(path.read_text()) | fields))


def sign(folder: Path) -> None:
    """Whoever changes files can write their hashes as well: the manifest fits again."""
    names = [path.name for path in folder.iterdir() if path.name != FILE_NAME]
    change_json(
        folder / FILE_NAME, files={name: file_digest(folder / name) for name in sorted(names)}
    )


def load(base: Path, tuned: Path | None = None) -> None:
    from llm.engine.local import LocalEngine

    LocalEngine(base).load("one", tuned)


def test_mark_would_be_left(mark):
    pickle.loads(pickle.dumps(Mark(mark)))  # what the others must not do
    assert mark.exists()


def test_untouched_copies_load(base, tuned):
    load(base, tuned)


def test_code_beside_a_configuration_that_names_it_is_not_run(base, mark):
    code = f"import pathlib\npathlib.Path({str(mark)!r}).touch()\nclass Evil: pass\n"
    (base / "modeling_evil.py").write_text(code)
    change_json(base / "config.json", auto_map={"AutoModelForCausalLM": "modeling_evil.Evil"})
    sign(base)
    with pytest.raises(ManifestError, match="no file that a model may have"):
        load(base)
    (base / "modeling_evil.py").unlink()
    sign(base)
    with pytest.raises(ManifestError, match=r"config\.json asks for code"):
        load(base)
    assert not mark.exists()


def test_adapter_that_names_a_module_is_not_loaded(base, tuned, mark):
    mapping = {"base_model_class": "Evil", "parent_library": "antigravity"}
    change_json(tuned / "adapter_config.json", auto_mapping=mapping)
    sign(tuned)
    with pytest.raises(ManifestError, match=r"adapter_config\.json asks for code"):
        load(base, tuned)


@pytest.mark.parametrize("signed", [False, True])
def test_pickled_weights_are_not_opened(base, tuned, mark, signed):
    (tuned / "adapter_model.safetensors").unlink()
    (tuned / "adapter_model.bin").write_bytes(pickle.dumps(Mark(mark)))
    if signed:
        sign(tuned)
    with pytest.raises(ManifestError):
        load(base, tuned)
    assert not mark.exists()


@pytest.mark.parametrize("of", ["base", "tuned"])
def test_pickle_under_the_name_of_safetensors_is_not_unpickled(base, tuned, mark, of):
    folder, name = (base, "model") if of == "base" else (tuned, "adapter_model")
    (folder / f"{name}.safetensors").write_bytes(pickle.dumps(Mark(mark)))
    sign(folder)
    with pytest.raises(ManifestError):
        load(base, tuned)
    assert not mark.exists()


@pytest.mark.parametrize(
    ("data", "asks"),
    [
        ({}, False),
        ([], False),
        ("auto_map", False),
        ({"auto_map": None}, False),
        ({"auto_map": {}}, False),
        ({"auto_map": {"AutoModel": "x.Y"}}, True),
        ({"a": [{"b": {"custom_generate": "x.py"}}]}, True),
        ({"_attn_implementation": "sdpa"}, False),
        ({"_attn_implementation": "owner/kernel"}, True),
        ({"attn_implementation": {"": "owner/kernel"}}, True),
        ({"megatron_core": "megatron.core", "megatron_config": None}, False),
        ({"megatron_core": "evil", "megatron_config": {"x": 1}}, True),
    ],
)
def test_asks_for_code(data, asks):
    assert asks_for_code(data) is asks
