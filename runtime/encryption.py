"""Encryption under the desk's own keys, `settings.KEYS.vault`: the first writes, all of them read.

For what has to be read again: personal values and typed replies (`tickets.vault`), secrets of
doors and of people's second factors. `manage.py rotate_keys` puts all of it under the newest key.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.utils.translation import gettext as _

from runtime.errors import InputError

NOTHING: Final = b""


class UnreadableVault(InputError):
    """No key of this desk opens a value: its key is lost, or not in the environment."""

    def __init__(self) -> None:
        super().__init__(
            _(
                "No vault key of this desk opens this value: put the key that wrote it back into "
                "PASOKH_VAULT_KEYS."
            )
        )


def encrypt(value: str) -> bytes:
    return fernet().encrypt(value.encode()) if value else NOTHING


def decrypt(token: bytes | memoryview) -> str:
    """Raises UnreadableVault when no key of the desk opens it."""
    if not token:
        return ""
    try:
        return fernet().decrypt(bytes(token)).decode()
    except InvalidToken:
        raise UnreadableVault from None


def is_current(token: bytes | memoryview) -> bool:
    """Whether the newest key wrote it."""
    try:
        _with(settings.KEYS.vault[:1]).decrypt(bytes(token))
    except InvalidToken:
        return False
    return True


def fernet() -> MultiFernet:
    return _with(settings.KEYS.vault)


@lru_cache(maxsize=8)
def _with(keys: Sequence[str]) -> MultiFernet:
    return MultiFernet([Fernet(key) for key in keys])
