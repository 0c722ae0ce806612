"""Versions and slots: what is registered, what serves, and the one step back."""

import shutil
import threading

import pytest
from django.db import connection
from django.utils import translation

from llm import registry
from llm.manifest import ManifestError, write_manifest
from llm.models import ModelVersion, Server, Slot
from llm.registry import RegistryError

State = ModelVersion.State


def make_folder(root, name: str, *, base=None, weights: bytes = b"", **fields):
    """A folder that the registry takes: it never opens the weights."""
    folder = root / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    (folder / "model.safetensors").write_bytes(weights or name.encode())
    given = {
        "name": name,
        "method": "alora" if base else "pretrain",
        "base": {"name": base.name, "digest": base.digest} if base else None,
        "prompt_version": "support-1",
        "generation": {},
        "recipe_name": "small",
        "dataset": {"digest": "d" * 64, "rows": 7},
        "metrics": {"chrf": 51.5},
    }
    return write_manifest(folder, given | fields), folder


@pytest.fixture(autouse=True)
def english():
    with translation.override("en"):
        yield


@pytest.fixture
def base(db, tmp_path):
    return registry.add_version(make_folder(tmp_path, "base")[1])


@pytest.fixture
def tuned(base, tmp_path):
    def make(name: str, **options) -> ModelVersion:
        return registry.add_version(make_folder(tmp_path, name, base=base, **options)[1])

    return make


def slots() -> dict[str, str]:
    return {choice.slot: choice.version.name for choice in registry.slots_now()}


def test_add_version_keeps_what_the_manifest_says(base, tuned):
    version = tuned("one")
    version.refresh_from_db()
    assert (version.base, version.method, version.recipe) == (base, "alora", "small")
    assert (version.state, version.dataset_digest) == (State.CANDIDATE, "d" * 64)
    assert version.metrics == {"chrf": 51.5}
    assert registry.verify_version(version).digest == version.digest


def test_add_version_twice_gives_the_same_row(base, tmp_path):
    assert registry.add_version(tmp_path / "base") == base
    assert ModelVersion.objects.count() == 1


def test_add_version_refuses_a_name_that_other_files_have(base, tmp_path):
    _, folder = make_folder(tmp_path / "again", "base", weights=b"other")
    with pytest.raises(RegistryError, match="base belongs to another version"):
        registry.add_version(folder)


def test_add_version_refuses_an_unknown_base(db, tmp_path):
    manifest, _ = make_folder(tmp_path, "base")
    _, folder = make_folder(tmp_path, "one", base=manifest)
    with pytest.raises(RegistryError, match="one stands on base, which is not registered"):
        registry.add_version(folder)
    assert not ModelVersion.objects.exists()


def test_add_version_refuses_a_damaged_folder(db, tmp_path):
    _, folder = make_folder(tmp_path, "base")
    (folder / "model.safetensors").write_bytes(b"x")
    with pytest.raises(ManifestError, match="version base"):
        registry.add_version(folder)
    assert not ModelVersion.objects.exists()


def test_verify_version_finds_a_damaged_base_below_a_sound_version(base, tuned, tmp_path):
    version = tuned("one")
    (tmp_path / "base" / "model.safetensors").write_bytes(b"x")
    with pytest.raises(ManifestError, match="version base"):
        registry.verify_version(version)


def test_verify_version_finds_a_folder_that_was_replaced(base, tmp_path):
    make_folder(tmp_path, "base", weights=b"a new training")
    with pytest.raises(ManifestError, match="not what was registered"):
        registry.verify_version(base)


def test_folder_below_home_and_sample_moves_with_them(db, tmp_path, settings):
    for setting in ("PASOKH_HOME", "SAMPLE_DIR"):
        setattr(settings, setting, tmp_path / setting)
    home = registry.add_version(make_folder(settings.PASOKH_HOME / "models", "at-home")[1])
    sample = registry.add_version(make_folder(settings.SAMPLE_DIR / "models", "shipped")[1])
    assert (home.folder, sample.folder) == ("home:models/at-home", "sample:models/shipped")
    (tmp_path / "PASOKH_HOME").rename(tmp_path / "moved")
    settings.PASOKH_HOME = tmp_path / "moved"
    assert registry.folder_of(home) == tmp_path / "moved" / "models" / "at-home"


def test_set_slot_makes_live_and_retires_what_left(base, tuned):
    one, two = tuned("one"), tuned("two")
    registry.set_slot("A", one)
    registry.set_slot("B", one)
    registry.set_slot("A", two)
    assert slots() == {"A": "two", "B": "one"}
    one.refresh_from_db()
    assert one.state == State.LIVE  # still in B
    registry.set_slot("B", two)
    one.refresh_from_db()
    assert one.state == State.RETIRED


def test_set_slot_same_version_again_keeps_the_way_back(base, tuned):
    one, two = tuned("one"), tuned("two")
    for version in (one, two, two):
        registry.set_slot("A", version)
    assert registry.rollback("A").version == one


def test_rollback_goes_one_step_back(base, tuned):
    one, two = tuned("one"), tuned("two")
    registry.set_slot("A", one)
    registry.promote("A", two)
    registry.rollback("A")
    one.refresh_from_db()
    two.refresh_from_db()
    assert slots() == {"A": "one"}
    assert (one.state, two.state) == (State.LIVE, State.RETIRED)
    with pytest.raises(RegistryError, match="nothing to go back to"):
        registry.rollback("A")


def test_promote_refuses_what_is_no_candidate(base, tuned):
    one = tuned("one")
    registry.promote("A", one)
    with pytest.raises(RegistryError, match="one is live"):
        registry.promote("B", one)
    assert slots() == {"A": "one"}


def test_set_slot_refuses_a_broken_version(base):
    base.state = State.BROKEN
    base.save()
    with pytest.raises(RegistryError, match="marked as broken"):
        registry.set_slot("A", base)


@pytest.mark.parametrize("name", ["D", "", "AB"])
def test_set_slot_refuses_an_unknown_slot(base, name):
    with pytest.raises(RegistryError, match="A, B or C"):
        registry.set_slot(name, base)
    assert not Slot.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_set_slot_two_at_once_lose_neither(tmp_path):
    base = registry.add_version(make_folder(tmp_path, "base")[1])
    versions = [
        registry.add_version(make_folder(tmp_path, name, base=base)[1]) for name in ("one", "two")
    ]

    def place(version):
        registry.set_slot("A", version)
        connection.close()

    threads = [threading.Thread(target=place, args=(version,)) for version in versions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    slot = Slot.objects.get(name="A")
    assert {slot.version, slot.previous} == set(versions)


@pytest.fixture
def sample(tmp_path, settings, db):
    """Sample models as the repository ships them, of bytes."""
    settings.SAMPLE_DIR = tmp_path
    base, _ = make_folder(tmp_path / "models", "base")
    for name in ("tuned-a", "tuned-b"):
        make_folder(tmp_path / "models", name, base=base)
    return base


def test_install_default_models_fills_the_slots_once(sample):
    assert len(registry.install_default_models()) == 3
    assert slots() == {"A": "tuned-a", "B": "tuned-b", "C": "base"}
    registry.install_default_models()
    assert ModelVersion.objects.count() == 3


def test_install_default_models_leaves_a_filled_slot(sample):
    registry.install_default_models()
    registry.set_slot("A", registry.version_named("tuned-b"))
    registry.install_default_models()
    assert slots() == {"A": "tuned-b", "B": "tuned-b", "C": "base"}


def test_install_default_models_without_samples_does_nothing(db, tmp_path, settings):
    settings.SAMPLE_DIR = tmp_path
    assert registry.install_default_models() == []
    assert slots() == {}


def test_install_default_models_built_again_replaces_where_they_served(sample, tmp_path):
    registry.install_default_models()
    old = registry.version_named("tuned-a")
    manifest, _ = make_folder(tmp_path / "models", "tuned-a", base=sample, weights=b"again")
    registry.install_default_models()
    old.refresh_from_db()
    assert old.state == State.BROKEN
    new_name = f"tuned-a-{manifest.digest[:8]}"
    assert slots() == {"A": new_name, "B": "tuned-b", "C": "base"}
    with pytest.raises(RegistryError):
        registry.rollback("A")  # its files are gone


def test_describe_base_makes_a_folder_from_elsewhere_addable(db, tmp_path):
    folder = tmp_path / "downloaded"
    folder.mkdir()
    (folder / "config.json").write_text("{}")
    registry.describe_base(folder, name="other-base")
    version = registry.add_version(folder)
    assert (version.name, version.base, version.method) == ("other-base", None, "pretrain")
    with pytest.raises(RegistryError, match="has a manifest"):
        registry.describe_base(folder, name="twice")


def test_describe_base_leaves_no_manifest_in_a_folder_with_code(tmp_path):
    (tmp_path / "modeling.py").write_text("")
    with pytest.raises(ManifestError):
        registry.describe_base(tmp_path, name="other-base")
    assert [path.name for path in tmp_path.iterdir()] == ["modeling.py"]


def test_add_version_survives_a_manifest_of_odd_values(base, tuned):
    version = tuned("odd", metrics=["a"], dataset={"digest": "x" * 200}, recipe_name="y" * 500)
    assert version.metrics == {}
    assert (len(version.dataset_digest), len(version.recipe)) == (64, 200)


def test_revision_of_a_base_is_kept_for_what_stands_on_it(db, tmp_path):
    folder = tmp_path / "downloaded"
    folder.mkdir()
    (folder / "config.json").write_text("{}")
    registry.describe_base(folder, name="other-base", revision="3b5f2")
    base = registry.add_version(folder)
    tuned = registry.add_version(make_folder(tmp_path, "one", base=base)[1])
    assert (base.base_revision, tuned.base_revision) == ("3b5f2", "3b5f2")


def test_verify_version_refuses_one_that_stands_on_a_server(base):
    base.server = Server.objects.create(name="vllm", base_url="http://127.0.0.1:9/v1")
    with pytest.raises(ManifestError, match="base stands on a server"):
        registry.verify_version(base)


def test_install_default_models_built_again_ends_a_canary_of_the_former(sample, tmp_path):
    registry.install_default_models()
    registry.set_canary("C", registry.version_named("tuned-a"), share=0.5)
    make_folder(tmp_path / "models", "tuned-a", base=sample, weights=b"again")
    registry.install_default_models()
    assert Slot.objects.get(name="C").canary is None
