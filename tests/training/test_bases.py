"""A base is fetched from a hub once, registered with its commit, and refused in one line."""

import errno
import json
import shutil
from collections import namedtuple
from pathlib import Path

import pytest

from llm.manifest import ManifestError
from llm.models import ModelVersion
from tests.training.hub import COMMIT, Hub, serving
from tests.training.tiny import tuned_recipe
from training.bases import BaseNotHere, base_for
from training.recipes import Weights

pytestmark = pytest.mark.django_db
WANTED = {"config.json", "generation_config.json", "model.safetensors", "tokenizer.json"}


@pytest.fixture
def home(settings, tmp_path):
    settings.PASOKH_HOME = tmp_path / "home"
    return settings.PASOKH_HOME


@pytest.fixture
def online(monkeypatch):
    import huggingface_hub.constants

    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", False)
    for patience in ("HF_HUB_ETAG_TIMEOUT", "HF_HUB_DOWNLOAD_TIMEOUT"):
        monkeypatch.setattr(huggingface_hub.constants, patience, 600)  # a stall breaks nothing off
    monkeypatch.delenv("HF_TOKEN", raising=False)


@pytest.fixture(scope="module")
def files(tiny_base):
    """What the publisher of the tiny base put at the hub, with much that nobody needs."""
    own = {path.name: path.read_bytes() for path in tiny_base.iterdir()}
    own.pop("manifest.json")
    return own | {
        "README.md": b"# A card",
        "pytorch_model.bin": b"\x80\x04pickled",
        "modeling_own.py": b"import os",
        "consolidated.safetensors": b"the same again",
    }


@pytest.fixture
def hub(files, monkeypatch, online):
    with serving(Hub(dict(files))) as one:
        monkeypatch.setenv("HF_ENDPOINT", one.url)
        yield one


def recipe(**weights):
    return tuned_recipe(base="hub-base", weights={"repository": "owner/model", **weights})


def refused(some, match, error=BaseNotHere):
    with pytest.raises(error, match=match) as caught:
        base_for(some)
    assert "\n" not in str(caught.value)
    assert not ModelVersion.objects.exists()


def test_base_for_fetches_and_registers_a_base_that_serves(hub, home):
    said = []
    version = base_for(recipe(), report=said.append)
    folder = home / "models" / "hub-base"
    assert {path.name for path in folder.iterdir()} >= WANTED | {"manifest.json"}
    assert not {"README.md", "pytorch_model.bin", "modeling_own.py"} & hub.fetched
    assert "consolidated.safetensors" not in hub.fetched
    assert (version.base_revision, version.folder) == (COMMIT, "home:models/hub-base")
    assert said[0].startswith("Fetching owner/model at 0123456789ab: ")
    assert [path.name for path in (home / "models").iterdir()] == ["hub-base"]

    from llm.engine.local import LocalEngine

    assert LocalEngine(folder).base.digest == version.digest
    asked = len(hub.asked)
    assert base_for(recipe()) == version
    assert len(hub.asked) == asked  # what is registered is not asked for again


def test_base_for_goes_on_with_a_fetch_that_broke_off(hub, home, monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.DOWNLOAD_CHUNK_SIZE", 500)
    hub.cut = 1000
    try:
        base_for(recipe())
    except BaseNotHere:
        assert not ModelVersion.objects.exists()
        base_for(recipe())
    begun = [span for _, path, span in hub.asked if path.endswith(".safetensors") and span]
    assert begun  # the rest of the file, not the whole of it
    assert all(span.startswith("bytes=1000-") for span in begun)
    assert ModelVersion.objects.get().name == "hub-base"


def test_base_for_takes_a_token_for_a_gated_base(hub, home, monkeypatch):
    hub.token = "hf_secret"
    refused(recipe(gated=True), "gated: accept its licence on its page and set HF_TOKEN")
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    assert base_for(recipe(gated=True)).name == "hub-base"


def test_base_for_says_what_is_not_at_the_hub(hub, home):
    refused(recipe(repository="owner/other"), "The hub shows no owner/other; correct")
    refused(recipe(repository="nobody/x", gated=True), "nobody/x and HF_TOKEN is not set")
    refused(recipe(revision="v9"), "owner/model has no revision v9")


def test_base_for_never_fetches_pickled_weights(hub, home):
    del hub.files["model.safetensors"], hub.files["consolidated.safetensors"]
    refused(recipe(), "has pickled weights, which could run code")
    del hub.files["pytorch_model.bin"]
    refused(recipe(), "has no weights; convert")
    assert not hub.fetched


def test_base_for_refuses_a_base_that_asks_for_code(hub, home):
    config = json.loads(hub.files["config.json"])
    config["auto_map"] = {"AutoModelForCausalLM": "modeling_own.Own"}
    hub.files["config.json"] = json.dumps(config).encode()
    refused(recipe(), "asks for code of its own", ManifestError)
    assert not list((home / "models").iterdir())


def test_base_for_looks_for_room_before_it_fetches(hub, home, monkeypatch):
    hub.sizes["model.safetensors"] = 300 * 2**30
    refused(recipe(), "owner/model is larger than 200.0 GiB")
    hub.sizes["model.safetensors"] = 5 * 2**30
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage(0, 0, 2 * 2**30))
    refused(recipe(), r"hub-base takes 5.0 GiB and the disk of PASOKH_HOME has 2.0 GiB free")
    assert not hub.fetched


def test_base_for_says_that_the_disk_is_full(hub, home, monkeypatch):
    def full(self, *args, **kwargs):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    monkeypatch.setattr(shutil, "move", full)
    monkeypatch.setattr("huggingface_hub.file_download.http_get", full)
    refused(recipe(), "could not be written below PASOKH_HOME .No space left on device.")


def test_base_for_without_a_network_says_how_to_register_by_hand(hub, home, monkeypatch):
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    refused(recipe(), "the hub does not answer .*models add FOLDER --name hub-base")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    refused(recipe(), "HF_HUB_OFFLINE keeps this machine from fetching owner/model")


def test_base_for_without_a_repository_says_how_to_register(home):
    refused(tuned_recipe(), "stands on tiny-base, which is not registered; register its folder")
    assert tuned_recipe().weights == Weights()
