import stat
import threading

import pytest
from cryptography.fernet import Fernet

from config.keys import KeysFromElsewhere, add_vault_key, load_keys


@pytest.fixture(autouse=True)
def own_keys(monkeypatch):
    """The tests' settings name one of them."""
    monkeypatch.delenv("PASOKH_CONTACT_KEY", raising=False)


def test_load_keys_makes_them_once_and_closes_the_files(tmp_path):
    first = load_keys(tmp_path)
    assert load_keys(tmp_path) == first
    Fernet(first.vault[0])
    for name in ("secret", "vault", "contact"):
        assert stat.S_IMODE((tmp_path / "keys" / name).stat().st_mode) == 0o600


def test_load_keys_prefers_the_environment(tmp_path, monkeypatch):
    newer, older = Fernet.generate_key().decode(), Fernet.generate_key().decode()
    monkeypatch.setenv("PASOKH_VAULT_KEYS", f"{newer}, {older}")
    assert load_keys(tmp_path).vault == (newer, older)
    assert not (tmp_path / "keys" / "vault").exists()


def test_new_vault_key_writes_and_the_old_one_still_reads(tmp_path):
    old = load_keys(tmp_path)
    assert add_vault_key(tmp_path) == 2
    new = load_keys(tmp_path)
    assert new.vault[1:] == old.vault
    assert new.vault[0] != old.vault[0]
    assert stat.S_IMODE((tmp_path / "keys" / "vault").stat().st_mode) == 0o600
    assert [path.name for path in (tmp_path / "keys").iterdir() if path.name[0] == "."] == []


def test_key_is_not_added_to_a_file_that_is_not_read(tmp_path, monkeypatch):
    monkeypatch.setenv("PASOKH_VAULT_KEYS", Fernet.generate_key().decode())
    with pytest.raises(KeysFromElsewhere, match="PASOKH_VAULT_KEYS"):
        add_vault_key(tmp_path)
    assert not (tmp_path / "keys" / "vault").exists()


def test_load_keys_is_one_key_for_processes_that_start_together(tmp_path):
    found = []
    threads = [
        threading.Thread(target=lambda: found.append(load_keys(tmp_path).contact)) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(found)) == 1


def test_home_that_cannot_be_used_is_a_problem_and_no_traceback(tmp_path):
    home = tmp_path / "file"
    home.write_text("no folder")
    problems = []
    assert load_keys(home, problems).secret
    assert problems == [f"PASOKH_HOME ({home}) cannot be used: Not a directory."]
    with pytest.raises(NotADirectoryError):
        load_keys(home)
