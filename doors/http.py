"""One request to another program, for every door: `request(method, url, …)`.

Told apart is what matters for sending once: `Unreachable` (nothing was asked, so it may be tried
again) and `Unanswered` (asked, and no whole answer came: perhaps done). Addresses are guarded as
everywhere (`kb.importing.web.guard`): the public internet, and what PASOKH_FETCH_ALLOW opens; plain
http only to a host and port that stand there by name. No redirect is followed, no proxy used, and
nothing of an answer stands in an error.
"""

import json
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Any, Final
from urllib.parse import urlsplit

import urllib3
from django.conf import settings
from django.utils.translation import gettext as _
from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    NameResolutionError,
    NewConnectionError,
    SSLError,
)

from kb.importing.web.addresses import BadAddress
from kb.importing.web.connecting import Deadline, pools
from kb.importing.web.guard import Guard, parse_allowed
from runtime.errors import InputError

MAX_BYTES: Final = 20 * 1024 * 1024
MAX_URL: Final = 500
CONNECT_SECONDS: Final = 10.0
TOTAL_SECONDS: Final = 30.0
LONGEST_WAIT: Final = 24 * 3600.0
"""No program is waited for any longer, whatever it asks for."""
_PIECE: Final = 65536


class Unreachable(InputError):
    """No connection: nothing was asked."""


class Unanswered(InputError):
    """It was asked, and no whole answer came: perhaps it was done."""


class BadAnswer(InputError):
    """An answer that is not what this program says."""


class TooLong(BadAnswer):
    """More bytes than were asked for."""


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str] = field(repr=False)
    data: bytes = field(repr=False)

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300

    @property
    def wait(self) -> float:
        """Seconds for which Retry-After asks, told as such or as a moment; 0 where it does not."""
        told = self.headers.get("Retry-After", "").strip()
        if told.isascii() and told.isdecimal():
            seconds = float(told[:9])
        else:
            try:
                moment = parsedate_to_datetime(told)
            except (ValueError, TypeError, OverflowError):
                return 0.0
            if moment.tzinfo is None:
                moment = moment.replace(tzinfo=UTC)
            seconds = moment.timestamp() - time.time()
        return min(max(seconds, 0.0), LONGEST_WAIT)

    def json(self) -> Any:
        try:
            return json.loads(self.data)
        except (ValueError, RecursionError):
            raise BadAnswer(_("The answer is not JSON.")) from None


def check_url(url: str) -> str:
    """The address, if a door may ask there; BadAddress where not. Names are looked up, and the
    addresses behind them checked, when the connection is made."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise BadAddress(_("Write an address like https://help.example.com.")) from None
    host = (parts.hostname or "").lower().rstrip(".")
    printable = url.isascii() and url.isprintable() and " " not in url
    if not host or "@" in parts.netloc or not printable or len(url) > MAX_URL:
        raise BadAddress(_("Write an address like https://help.example.com."))
    if parts.scheme == "https":
        return url
    if parts.scheme == "http" and (host, port or 80) in _guard().allowed.hosts:
        return url
    raise BadAddress(
        _("The address must begin with https://, or its host and port stand in PASOKH_FETCH_ALLOW.")
    )


def request(
    method: str,
    url: str,
    *,
    headers: Mapping[str, str] | None = None,
    body: bytes | None = None,
    most: int = MAX_BYTES,
    seconds: float = TOTAL_SECONDS,
    only_status: bool = False,
) -> Answer:
    """`only_status`: what the answer says besides is nothing to us, and is not read. Raises
    BadAddress and the guard's BlockedAddress (never tried again), Unreachable, Unanswered."""
    check_url(url)
    deadline = Deadline(seconds)
    sent = {"User-Agent": "Pasokh/1.0", "Accept": "application/json", "Connection": "close"}
    try:
        with deadline, pools(_guard(), deadline) as manager:
            response = manager.request(
                method,
                url,
                headers={**sent, "Accept-Encoding": "identity", **(headers or {})},
                body=body,
                redirect=False,
                retries=False,
                preload_content=False,
                decode_content=False,
                timeout=urllib3.Timeout(connect=min(CONNECT_SECONDS, seconds), read=seconds),
            )
            try:
                data = b"" if only_status else _read(response, most)
            finally:
                response.close()
        if deadline.passed:
            raise Unanswered(_("The host did not answer in time."))
    except (HTTPError, OSError) as error:
        raise _named(error, late=deadline.passed) from error
    return Answer(response.status, dict(response.headers), data)


def _guard() -> Guard:
    return Guard(parse_allowed(settings.FETCH_ALLOW))


def _read(response: urllib3.BaseHTTPResponse, most: int) -> bytes:
    found = bytearray()
    while piece := response.read1(_PIECE):
        found += piece
        if len(found) > most:
            raise TooLong(_("The answer is too long."))
    length = response.headers.get("Content-Length", "")
    if length.isdecimal() and len(found) < int(length):
        raise urllib3.exceptions.ProtocolError("cut off")
    return bytes(found)


def _is_certificate(error: SSLError) -> bool:
    """Found before anything was asked. Other faults of TLS come at any moment."""
    return any(
        isinstance(one, ssl.SSLCertVerificationError) for one in (*error.args, error.__cause__)
    )


def _named(error: Exception, *, late: bool) -> InputError:
    if isinstance(error, NameResolutionError):
        return Unreachable(_("The name of the host is not known."))
    if isinstance(error, SSLError) and _is_certificate(error):
        return Unreachable(_("The host's certificate is not valid."))
    if isinstance(error, NewConnectionError | ConnectTimeoutError):
        return Unreachable(_("The host does not answer."))
    if late or isinstance(error, TimeoutError | urllib3.exceptions.TimeoutError):
        return Unanswered(_("The host did not answer in time."))
    return Unanswered(_("The connection broke before the whole answer was there."))
