"""Keyed hashes of personal values; what is read again is encrypted by `runtime.encryption`."""

import hashlib
import hmac

from django.conf import settings
from django.utils.translation import gettext as _

from runtime.encryption import UnreadableVault, decrypt, encrypt, fernet, is_current
from text.privacy import normal_value
from text.privacy.spans import EMAIL, PHONE

__all__ = [
    "UnreadableVault",
    "contact_hmac",
    "decrypt",
    "encrypt",
    "fernet",
    "is_current",
    "keyed",
    "opaque_id",
    "readable",
    "value_hmac",
]


def readable(token: bytes | memoryview) -> str:
    """As `decrypt`, for a page that has more to show than this one value: says in the reader's
    language where no key opens it."""
    try:
        return decrypt(token)
    except UnreadableVault:
        return _("(its vault key is missing)")


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
