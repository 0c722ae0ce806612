"""What a webhook door is told: `of(door)`, `checked(options)`, and its keys, `secrets_of(door)`.

All but the keys stands in `Door.options`. The keys: `key_in` proves who sends to us, `key_out`
signs what we send, `header_value` goes along in a header of their choosing (their API's key).
"""

import json
import re
import time
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from django.utils.translation import gettext as _

from doors.http import check_url
from doors.models import Door
from doors.webhook import mapping
from doors.webhook.signing import (
    ALGORITHMS,
    ENCODINGS,
    SCHEMES,
    SIGNED,
    STANDARD,
    Scheme,
    is_key,
)
from runtime.errors import InputError
from tickets.vault import decrypt, encrypt

METHODS: Final = ("POST", "PUT")
OUT_NAMES: Final = ("text", "html", "ticket", "reply", "lang")
_HEADER = re.compile(r"[A-Za-z0-9_-]{1,100}")
_OWN_HEADERS: Final = frozenset({"host", "content-length", "content-type", "transfer-encoding"})
_VALUE = re.compile(r"[\x20-\x7e]{0,1000}")


class BadOptions(InputError):
    """Something in the form of a webhook door cannot be used."""


@dataclass(frozen=True)
class WebhookOptions:
    """`url` empty: nothing goes out by itself. In it {ticket} stands for the number over there.
    `repeats`: the receiver knows a webhook-id that comes again, so that what was perhaps sent is
    sent again; otherwise a person looks."""

    scheme: Scheme = field(default_factory=Scheme)
    mapping: dict[str, str] = field(default_factory=dict)
    events: dict[str, str] = field(default_factory=dict)
    url: str = ""
    method: str = "POST"
    template: dict[str, str] = field(default_factory=dict)
    header: str = ""
    repeats: bool = True
    remote_id: str = "id"
    """Where their answer says the number of the reply over there."""
    ticket_page: str = ""
    """The address of a ticket over there, with {ticket} in it."""


@dataclass(frozen=True)
class Keys:
    key_in: str = field(default="", repr=False)
    key_out: str = field(default="", repr=False)
    header_value: str = field(default="", repr=False)
    key_before: str = field(default="", repr=False)
    before_until: float = 0.0
    """The key that `key_in` took the place of, and until when it is good: their side changes it
    at another moment."""

    def known(self, *, now: float | None = None) -> tuple[str, ...]:
        """Keys that prove who sends."""
        moment = time.time() if now is None else now
        before = self.key_before if moment < self.before_until else ""
        return (self.key_in, before) if before else (self.key_in,)


def of(door: Door) -> WebhookOptions:
    told = dict(door.options)
    scheme = Scheme(**told.pop("scheme", {}))
    return WebhookOptions(scheme=scheme, **told)


def secrets_of(door: Door) -> Keys:
    """Raises UnreadableVault."""
    written = decrypt(door.secret_encrypted)
    return Keys(**json.loads(written)) if written else Keys()


def sealed(keys: Keys) -> bytes:
    return encrypt(json.dumps(asdict(keys)))


def checked(options: WebhookOptions, keys: Keys) -> dict[str, Any]:
    """As it is stored. Raises BadOptions, BadMapping or BadAddress."""
    _check_scheme(options.scheme, keys)
    mapping.check_mapping(options.mapping, options.events)
    if options.url:
        check_url(options.url.replace("{ticket}", "1"))
        if "{" in options.url.replace("{ticket}", ""):
            raise BadOptions(_("In the address only {ticket} stands for something."))
        if options.method not in METHODS:
            raise BadOptions(_("Choose one of the given ways."))
        mapping.check_template(options.template, OUT_NAMES)
        if not is_key(keys.key_out):
            raise BadOptions(_("The key is not one of Standard Webhooks (whsec_ and base64)."))
    if options.ticket_page:
        check_url(options.ticket_page.replace("{ticket}", "1"))
    named = options.header
    if named and (not _HEADER.fullmatch(named) or named.lower() in _OWN_HEADERS):
        raise BadOptions(_("This is no name of a header that can be sent."))
    if not _VALUE.fullmatch(keys.header_value):
        raise BadOptions(_("A header's value has Latin letters, digits and signs only."))
    return asdict(options)


def _check_scheme(scheme: Scheme, keys: Keys) -> None:
    known = (
        scheme.kind in SCHEMES
        and scheme.algorithm in ALGORITHMS
        and scheme.encoding in ENCODINGS
        and scheme.signed in SIGNED
    )
    if not known:
        raise BadOptions(_("Choose one of the given ways."))
    if scheme.kind == STANDARD:
        if not is_key(keys.key_in):
            raise BadOptions(_("The key is not one of Standard Webhooks (whsec_ and base64)."))
        return
    if not _HEADER.fullmatch(scheme.header):
        raise BadOptions(_("Write the name of the header that carries the signature."))
    if len(keys.key_in) < 16:
        raise BadOptions(_("A key has 16 characters at least."))
    if len(scheme.prefix) > 20:
        raise BadOptions(_("What stands before the signature has 20 characters at most."))
    if "timestamp" in scheme.signed and not _HEADER.fullmatch(scheme.timestamp_header):
        raise BadOptions(_("Write the name of the header that carries the time."))
