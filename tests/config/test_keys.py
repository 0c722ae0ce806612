import stat
import threading

from cryptography.fernet import Fernet

from config.keys import load_keys


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
