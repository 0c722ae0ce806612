"""Whether a request comes from who has our key: `verify(scheme, keys, headers, body)`.

Standard Webhooks (standardwebhooks, with its tolerance of five minutes), an HMAC of the body in
a header, as many desks have it, or, where a desk signs nothing, a secret word in a header.
"""

import base64
import binascii
import hashlib
import hmac
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.utils.translation import gettext_noop as _
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from runtime.errors import InputError

STANDARD: Final = "standard"
HMAC: Final = "hmac"
WORD: Final = "word"
SCHEMES: Final = (STANDARD, HMAC, WORD)
ALGORITHMS: Final = ("sha256", "sha512", "sha1")
ENCODINGS: Final = ("hex", "base64")
SIGNED: Final = ("{body}", "{timestamp}{body}", "{timestamp}.{body}")
TOLERANCE: Final = 300


class NotSigned(InputError):
    """The signature is missing or wrong, or its time is too long ago."""


@dataclass(frozen=True)
class Scheme:
    """`timestamp_header`: only where the time is signed too."""

    kind: str = STANDARD
    header: str = ""
    algorithm: str = "sha256"
    encoding: str = "hex"
    prefix: str = ""
    signed: str = "{body}"
    timestamp_header: str = ""


def verify(scheme: Scheme, keys: Sequence[str], headers: Mapping[str, str], body: bytes) -> None:
    """`keys`: one of them is enough. `headers` by lower-case names. Raises NotSigned."""
    *others, last = keys
    for key in others:
        with suppress(NotSigned):
            return _verify(scheme, key, headers, body)
    return _verify(scheme, last, headers, body)


def _verify(scheme: Scheme, key: str, headers: Mapping[str, str], body: bytes) -> None:
    if scheme.kind == STANDARD:
        _standard(key, headers, body)
    elif scheme.kind == WORD:
        _equal(key, headers.get(scheme.header.lower(), ""))
    else:
        _hmac(scheme, key, headers, body)


def is_key(key: str) -> bool:
    """A key of Standard Webhooks: base64 of 24 to 64 bytes, with whsec_ before it or without."""
    try:
        return 24 <= len(base64.b64decode(key.removeprefix("whsec_"), validate=True)) <= 64
    except (binascii.Error, ValueError):
        return False


def _standard(key: str, headers: Mapping[str, str], body: bytes) -> None:
    names = ("webhook-id", "webhook-timestamp", "webhook-signature")
    told = {name: headers.get(name, "") for name in names}
    try:
        Webhook(key).verify(body, told, json_parse=False)
    except (WebhookVerificationError, ValueError):  # the latter: no base64, no number
        raise NotSigned(_("The signature is missing, wrong or too old.")) from None


def _hmac(scheme: Scheme, key: str, headers: Mapping[str, str], body: bytes) -> None:
    stamp = headers.get(scheme.timestamp_header.lower(), "") if scheme.timestamp_header else ""
    if scheme.timestamp_header:
        _check_time(stamp)
    joint = b"." if "." in scheme.signed else b""
    signed = stamp.encode() + joint + body if "timestamp" in scheme.signed else body
    digest = hmac.new(key.encode(), signed, getattr(hashlib, scheme.algorithm)).digest()
    right = digest.hex() if scheme.encoding == "hex" else base64.b64encode(digest).decode()
    given = headers.get(scheme.header.lower(), "").strip()
    _equal(scheme.prefix + right, given)


def _equal(right: str, given: str) -> None:
    if not right or not hmac.compare_digest(right.encode(), given.encode()):
        raise NotSigned(_("The signature is missing, wrong or too old."))


def _check_time(stamp: str) -> None:
    """Seconds, milliseconds, or ISO 8601."""
    try:
        if stamp.isascii() and stamp.isdecimal() and len(stamp) < 15:
            moment = int(stamp) / (1000 if len(stamp) > 11 else 1)
        else:
            moment = datetime.fromisoformat(stamp).timestamp()
    except (ValueError, OverflowError, OSError):
        raise NotSigned(_("The signature is missing, wrong or too old.")) from None
    if abs(time.time() - moment) > TOLERANCE:
        raise NotSigned(_("The signature is missing, wrong or too old."))
