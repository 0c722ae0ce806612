"""What is wrong with a version is seen at the next look, without hashing what has not changed."""

import os
from types import SimpleNamespace

import pytest
from django.utils import timezone, translation

from llm import registry, troubles
from llm.models import ModelVersion, Server
from llm.servers.registering import add_served, allow
from llm.troubles import trouble_of
from tests.llm.test_registry import make_folder


@pytest.fixture(autouse=True)
def english():
    with translation.override("en"):
        yield


@pytest.fixture
def version(db, tmp_path):
    base, folder = make_folder(tmp_path, "base")
    registry.add_version(folder)
    return registry.add_version(make_folder(tmp_path, "one", base=base)[1])


def detail(version: ModelVersion) -> str:
    found = trouble_of(ModelVersion.objects.select_related("base", "server").get(pk=version.pk))
    return found.detail if found else ""


def test_sound_version_has_no_trouble(version):
    assert trouble_of(version) is None


def test_changed_file_is_seen_at_once_and_so_is_its_repair(version, tmp_path):
    path = tmp_path / "one" / "model.safetensors"
    sound = path.read_bytes()
    assert detail(version) == ""
    path.write_bytes(b"eno")  # as long as before
    assert "model.safetensors is not the file" in detail(version)
    path.write_bytes(sound)
    assert detail(version) == ""


def test_change_with_the_old_time_put_back_is_seen(version, tmp_path):
    path = tmp_path / "one" / "model.safetensors"
    before = path.stat()
    assert detail(version) == ""
    path.write_bytes(b"eno")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert "is not the file" in detail(version)


def test_change_within_a_tick_of_the_clock_is_seen(version, tmp_path, monkeypatch):
    """The file's times, its size and its inode are then what they were."""
    looks = {tmp_path / name: troubles._look_at(tmp_path / name) for name in ("base", "one")}
    monkeypatch.setattr(troubles, "_look_at", looks.__getitem__)
    newest = max(at for look in looks.values() for one in look for at in one[3:])
    monkeypatch.setattr(troubles, "time", SimpleNamespace(time_ns=lambda: newest))
    assert detail(version) == ""
    (tmp_path / "one" / "model.safetensors").write_bytes(b"eno")
    assert "model.safetensors is not the file" in detail(version)


def test_damaged_base_is_the_trouble_of_what_stands_on_it(version, tmp_path):
    (tmp_path / "base" / "model.safetensors").unlink()
    assert detail(version) == "Model version base: model.safetensors is missing."


def test_folder_that_is_gone_or_replaced(version, tmp_path):
    make_folder(tmp_path, "one", base=version.base, weights=b"another training")
    assert "not what was registered" in detail(version)
    (tmp_path / "one").rename(tmp_path / "elsewhere")
    assert detail(version) == "Model version one: its folder cannot be read."


def test_extra_file_and_link_are_seen(version, tmp_path):
    (tmp_path / "one" / "modeling.py").write_text("")
    assert "is not in its manifest" in detail(version)
    (tmp_path / "one" / "modeling.py").unlink()
    path = tmp_path / "one" / "model.safetensors"
    path.rename(tmp_path / "moved")
    path.symlink_to(tmp_path / "moved")
    assert "model.safetensors is missing" in detail(version)


def test_unchanged_files_are_hashed_once(version, monkeypatch):
    monkeypatch.setattr(troubles, "SETTLED_NS", 0)  # as if nothing had changed for long
    hashed = []
    real = troubles.verified_manifest
    monkeypatch.setattr(
        troubles, "verified_manifest", lambda folder: (hashed.append(folder), real(folder))[1]
    )
    for _ in range(3):
        assert detail(version) == ""
    assert len(hashed) <= 2  # the version and its base


def test_large_folder_is_not_hashed_but_looked_at(version, tmp_path, monkeypatch):
    monkeypatch.setattr(troubles, "HASHED_BYTES", 10)
    path = tmp_path / "one" / "model.safetensors"
    path.write_bytes(b"eno")
    assert detail(version) == ""  # found when it is loaded
    path.unlink()
    assert "is missing" in detail(version)


def test_broken_version_says_so(version):
    version.state = ModelVersion.State.BROKEN
    assert trouble_of(version).line == "This version is marked as broken."


def test_server_is_judged_by_its_row(db):
    server = Server.objects.create(name="far", base_url="https://far.test/v1", hosted=True)
    served = add_served(server, "model-1")
    assert "until an admin has allowed it" in trouble_of(served).line
    allow(server)
    assert trouble_of(served) is None
    server.state, server.opened_at = Server.State.OPEN, timezone.now()
    server.last_error = "The model's server cannot be reached."
    assert trouble_of(served).line == "The model's server cannot be reached."
