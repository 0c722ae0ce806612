"""Signing what goes out as Standard Webhooks 1.0 has it: `headers(keys, message_id, body)`.

With several keys there are several signatures: a receiver that knows any of them can check, so a
key can be changed without a gap.
"""

import base64
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime

from standardwebhooks.webhooks import Webhook

PREFIX = "whsec_"


def new_key() -> str:
    return PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def signature(key: str, message_id: str, timestamp: int, body: bytes) -> str:
    """`key`: as Standard Webhooks write it, "whsec_" and base64."""
    moment = datetime.fromtimestamp(timestamp, UTC)
    return Webhook(key).sign(message_id, moment, body.decode())


def headers(keys: Sequence[str], message_id: str, body: bytes, *, timestamp: int) -> dict[str, str]:
    return {
        "Content-Type": "application/json",
        "User-Agent": "Pasokh",
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(signature(key, message_id, timestamp, body) for key in keys),
    }
