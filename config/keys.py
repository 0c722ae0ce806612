"""The desk's secret keys: made once, kept in `$PASOKH_HOME/keys` with mode 0600.

`load_keys` is called by the settings. A key given in the environment wins over the file, so
that a company can keep its keys in its own secret store.
"""

import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from cryptography.fernet import Fernet

from runtime.errors import InputError


class KeysFromElsewhere(InputError):
    """The keys stand in the environment, where this program cannot write."""


@dataclass(frozen=True)
class Keys:
    """`secret`: Django's signing key. `vault`: Fernet keys, newest first. `contact`: the key of
    the HMAC under which a customer's contact is looked up."""

    secret: str
    vault: tuple[str, ...]
    contact: str


def load_keys(home: Path, problems: list[str] | None = None) -> Keys:
    """A home that cannot be used is one more of `problems`, as a bad setting is; the keys are then
    of this process alone."""
    try:
        return _load(home)
    except OSError as error:
        if problems is None:
            raise
        problems.append(f"PASOKH_HOME ({home}) cannot be used: {error.strerror}.")
        return Keys(secrets.token_urlsafe(50), (Fernet.generate_key().decode(),), "none")


def _load(home: Path) -> Keys:
    folder = home / "keys"
    vault = os.environ.get("PASOKH_VAULT_KEYS") or _read_or_make(
        folder / "vault", Fernet.generate_key().decode()
    )
    return Keys(
        secret=os.environ.get("SECRET_KEY")
        or _read_or_make(folder / "secret", secrets.token_urlsafe(50)),
        vault=tuple(key.strip() for key in vault.split(",") if key.strip()),
        contact=os.environ.get("PASOKH_CONTACT_KEY")
        or _read_or_make(folder / "contact", secrets.token_hex(32)),
    )


def add_vault_key(home: Path) -> int:
    """Put a new key before the others in the file; how many there are then. Processes that run
    read with the old ones until they are started again."""
    if os.environ.get("PASOKH_VAULT_KEYS"):
        raise KeysFromElsewhere(
            "The vault's keys come from PASOKH_VAULT_KEYS: put the new key first there."
        )
    path = home / "keys" / "vault"
    keys = [Fernet.generate_key().decode(), *load_keys(home).vault]
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(",".join(keys))
    draft.replace(path)
    return len(keys)


def _read_or_make(path: Path, fresh: str) -> str:
    """Two processes may start at once: the first to link its file into place wins."""
    if path.exists():
        return path.read_text().strip()
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(fresh)
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
    return path.read_text().strip()
