"""Encryption and keyed hashes of personal values. The keys are `settings.KEYS`."""

import hashlib
import hmac
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.utils.translation import gettext as _

from runtime.errors import InputError
from text.privacy import normal_value
from text.privacy.spans import EMAIL, PHONE

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


def readable(token: bytes | memoryview) -> str:
    """As `decrypt`, for a page that has more to show than this one value: says in the reader's
    language where no key opens it."""
    try:
        return decrypt(token)
    except UnreadableVault:
        return _("(its vault key is missing)")


def is_current(token: bytes | memoryview) -> bool:
    """Whether the newest key wrote it."""
    try:
        _with(settings.KEYS.vault[:1]).decrypt(bytes(token))
    except InvalidToken:
        return False
    return True


def contact_hmac(contact: str) -> str:
    """The same for every spelling of an e-mail address or telephone number."""
    return keyed("contact", normal_value(EMAIL if "@" in contact else PHONE, contact) or contact)


def opaque_id(external_id: str) -> str:
    """Stands for an outside id that is personal data itself; always the same for the same id."""
    return f"id-{keyed('external-id', external_id)[:32]}"


def value_hmac(*, source: str, external_id: str, type_: str, normal: str) -> str:
    """Tells whether a ticket has a value already, without anybody reading it."""
    return keyed("value", f"{source}\n{external_id}\n{type_}\n{normal}")


def keyed(purpose: str, value: str) -> str:
    key = f"pasokh:{purpose}:{settings.KEYS.contact}".encode()
    return hmac.new(key, value.encode(), hashlib.sha256).hexdigest()


def fernet() -> MultiFernet:
    return _with(settings.KEYS.vault)


@lru_cache(maxsize=8)
def _with(keys: Sequence[str]) -> MultiFernet:
    return MultiFernet([Fernet(key) for key in keys])
