"""One address over HTTP, safely: `Fetcher.fetch(url)`.

Everything has a limit: redirects, time (to connect, to read, in all), bytes as sent and as
unpacked. Network errors, 429 and 503 are tried again a few times, politely. What fails is a
FetchFailed with a reason that people may read; nothing of the answer stands in it.
"""

import time
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import urllib3
from django.conf import settings
from django.utils.translation import gettext as _
from urllib3.exceptions import HTTPError
from urllib3.exceptions import TimeoutError as RequestTimeout
from urllib3.response import BaseHTTPResponse

from kb.importing.web.addresses import BadAddress, key, normalise
from kb.importing.web.connecting import Deadline, pools
from kb.importing.web.failures import (
    LONGEST_WAIT,
    FetchFailed,
    Gone,
    NotPermitted,
    Stopped,
    TryAgain,
    of_error,
    of_status,
)
from kb.importing.web.guard import BlockedAddress, Guard, parse_allowed

MAX_BYTES = 20 * 1024 * 1024
MAX_REDIRECTS = 5
CONNECT_SECONDS, READ_SECONDS, TOTAL_SECONDS = 10.0, 20.0, 60.0
TRIES = 3
FIRST_PAUSE = 1.0
AGENT = "Pasokh"
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_PERMANENT = frozenset({301, 308})
_ACCEPT = "text/html,application/xhtml+xml,application/xml;q=0.9,application/pdf;q=0.8,*/*;q=0.5"
_PIECE = 65536

Permit = Callable[[str], None]
"""Raises NotPermitted for an address that a redirect must not lead to."""


@dataclass(frozen=True)
class Fetched:
    """`url` is where the answer came from. `moved_to`: the page has moved there for good, and
    nothing was read. `unchanged`: 304."""

    url: str
    data: bytes = b""
    media_type: str = ""
    charset: str = ""
    etag: str = ""
    last_modified: str = ""
    robots: str = ""
    moved_to: str = ""
    unchanged: bool = False
    redirected: bool = False


@dataclass
class Fetcher:
    """`wait(seconds)` sleeps and may raise Stopped; `between(url)` is called before every request:
    it keeps the rate."""

    guard: Guard = field(default_factory=lambda: Guard(parse_allowed(settings.FETCH_ALLOW)))
    wait: Callable[[float], None] = time.sleep
    between: Callable[[str], None] = lambda url: None
    total_seconds: float = TOTAL_SECONDS
    read_seconds: float = READ_SECONDS
    connect_seconds: float = CONNECT_SECONDS
    max_bytes: int = MAX_BYTES

    def fetch(
        self,
        url: str,
        *,
        etag: str = "",
        last_modified: str = "",
        permit: Permit = lambda url: None,
        follow_permanent: bool = True,
        cut: int = 0,
    ) -> Fetched:
        """FetchFailed, Gone, BlockedAddress or NotPermitted. `cut`: so many bytes are
        enough, and a longer page is not refused."""
        headers = {"If-None-Match": etag, "If-Modified-Since": last_modified}
        headers = {name: value for name, value in headers.items() if value}
        here = normalise(url)
        for hop in range(MAX_REDIRECTS + 1):
            answer, target = self._try(here, headers, cut=cut)
            if not target:
                return Fetched(**{**answer.__dict__, "redirected": hop > 0})
            permit(target)
            if answer.moved_to and not follow_permanent and not _same_but_scheme(here, target):
                return Fetched(url=here, moved_to=target)
            here, headers = target, {}
        raise FetchFailed(_("The address is redirected too often."))

    def _try(self, url: str, headers: dict[str, str], *, cut: int) -> tuple[Fetched, str]:
        """The answer, and where it redirects to ("": nowhere)."""
        pause = FIRST_PAUSE
        for left in reversed(range(TRIES)):
            self.between(url)
            try:
                return self._once(url, headers, cut=cut)
            except TryAgain as failure:
                if not left or failure.after > LONGEST_WAIT:
                    raise failure.reason from failure.__cause__
                self.wait(max(failure.after, pause))
                pause *= 2
        raise AssertionError("unreachable")

    def _once(self, url: str, headers: dict[str, str], *, cut: int) -> tuple[Fetched, str]:
        host = urlsplit(url).hostname or ""
        deadline = Deadline(self.total_seconds)
        try:
            with deadline, pools(self.guard, deadline) as manager:
                response = manager.request(
                    "GET",
                    url,
                    headers={**_own_headers(), **headers},
                    redirect=False,
                    retries=False,
                    preload_content=False,
                    decode_content=False,
                    timeout=urllib3.Timeout(connect=self.connect_seconds, read=self.read_seconds),
                )
                try:
                    found = self._answer(url, response, cut=cut)
                finally:
                    response.close()
            if deadline.passed:  # the end of the body may have been ours
                raise RequestTimeout
            return found
        except (HTTPError, OSError) as error:
            raise of_error(error, host, late=deadline.passed) from error

    def _answer(self, url: str, response: BaseHTTPResponse, *, cut: int) -> tuple[Fetched, str]:
        status, headers = response.status, response.headers
        if status in _REDIRECTS and headers.get("Location"):
            try:
                target = normalise(headers["Location"], url)
            except BadAddress as error:
                raise FetchFailed(
                    _("It is redirected to an address that is not fetched."), status=status
                ) from error
            return Fetched(url, moved_to=target if status in _PERMANENT else ""), target
        if status == 304:
            return Fetched(url, unchanged=True), ""
        if status != 200:
            raise of_status(status, headers.get("Retry-After", ""))
        media_type, _bar, rest = headers.get("Content-Type", "").partition(";")
        return Fetched(
            url,
            data=self._body(response, cut=cut),
            media_type=media_type.strip().lower()[:100],
            charset=_charset(rest),
            etag=headers.get("ETag", "")[:500],
            last_modified=headers.get("Last-Modified", "")[:100],
            robots=",".join(headers.getlist("X-Robots-Tag"))[:1000],
        ), ""

    def _body(self, response: BaseHTTPResponse, *, cut: int) -> bytes:
        """In pieces as they come, each unpacked within what is left of the limit."""
        unpack = _unpacker(response.headers.get("Content-Encoding", ""))
        found = bytearray()
        taken = 0
        most = cut or self.max_bytes
        while piece := response.read1(_PIECE):
            taken += len(piece)
            found += unpack(piece, most + 1 - len(found))
            if max(len(found), taken) <= most:
                continue
            if cut:
                return bytes(found[:most])
            raise FetchFailed(_("The page has more than %(most)s bytes.") % {"most": f"{most:,}"})
        return bytes(found)


def _own_headers() -> dict[str, str]:
    contact = f" (+{settings.FETCH_CONTACT})" if settings.FETCH_CONTACT else ""
    return {
        "User-Agent": f"{AGENT}/1.0{contact}",
        "Accept": _ACCEPT,
        "Accept-Encoding": "gzip",
        "Connection": "close",
    }


def _charset(parameters: str) -> str:
    for part in parameters.split(";"):
        name, _is, value = part.partition("=")
        if name.strip().lower() == "charset":
            return value.strip(" \"'").lower()[:40]
    return ""


def _unpacker(encoding: str) -> Callable[[bytes, int], bytes]:
    """At most so many bytes out; what is left inside counts as too long."""
    encoding = encoding.strip().lower()
    if encoding in ("", "identity"):
        return lambda piece, most: piece
    if encoding not in ("gzip", "x-gzip", "deflate"):
        raise FetchFailed(_("The server packs the page in a way that is not read."))
    state = zlib.decompressobj(wbits=47)  # gzip or zlib, as its head says

    def unpack(piece: bytes, most: int) -> bytes:
        try:
            return state.decompress(piece, most)
        except zlib.error as error:
            raise FetchFailed(_("The packed page is broken.")) from error

    return unpack


def _same_but_scheme(one: str, other: str) -> bool:
    """The same page in another spelling: http and https, `www.`, a slash at the end."""
    return key(one) == key(other)


__all__ = [
    "AGENT",
    "BlockedAddress",
    "FetchFailed",
    "Fetched",
    "Fetcher",
    "Gone",
    "NotPermitted",
    "Stopped",
]
