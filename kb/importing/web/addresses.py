"""Addresses of pages: `normalise(url)` gives the one spelling of an address, `key(url)` what two
addresses of the same page share, `Scope` which addresses belong to a reading.

Fragments and parameters that only count clicks are dropped. For the key, http and https, a `www.`,
a slash at the end and the order of parameters make no difference.
"""

import hashlib
import re
from collections import Counter
from dataclasses import dataclass, field
from urllib.parse import quote, unquote, urljoin, urlsplit

import idna
from django.utils.translation import gettext as _

from kb.importing.document import MAX_EXTERNAL_ID, MAX_URL
from runtime.errors import InputError

MAX_SEGMENTS = 15
_TRACKING = re.compile(
    r"(?:utm_\w*|gclid|gclsrc|dclid|fbclid|yclid|msclkid|twclid|igshid|mc_cid|mc_eid|_ga|_gl"
    r"|_hs\w+|phpsessid|jsessionid|aspsessionid\w*)",
    re.I,
)
_CALENDAR = re.compile(r"^(.*?)/(?:19|20)\d\d(?:[/-]\d{1,2}){1,2}/?$")
_NO_PAGE = re.compile(
    r"\.(?:avif|bmp|css|eot|exe|apk|dmg|deb|gif|ico|iso|jpe?g|js|m4[av]|mov|mp[34]|mpe?g|ogg|png|ppt"
    r"x?|rar|rss|svg|tiff?|ttf|wasm|wav|web[mp]|woff2?|xlsx?|xml|zip|gz|tgz|7z|tar|csv)$",
    re.I,
)
_SAFE = "/%:@!$&'()*+,;=~-._"


class BadAddress(InputError):
    """It is no address of a web page."""


def normalise(url: str, base: str = "") -> str:
    """http(s)://host/path?query in one spelling, ASCII only; BadAddress where there is none."""
    cleaned = re.sub(r"[\x00-\x20\x7f]", "", url)
    try:
        parts = urlsplit(urljoin(base, cleaned))
        port = parts.port
    except ValueError as error:
        raise _bad() from error
    host = _host(parts.hostname or "")
    if parts.scheme not in ("http", "https") or not host or "@" in parts.netloc:
        raise _bad()
    shown = f"[{host}]" if ":" in host else host
    if port is not None and port != {"http": 80, "https": 443}[parts.scheme]:
        shown += f":{port}"
    root = f"{parts.scheme}://{shown}/"
    path = re.sub(r"(?i);jsessionid=[^/?]*", "", parts.path)
    found = urljoin(root, "/" + _quoted(path).lstrip("/"))
    query = _query(parts.query)
    found = f"{found}?{query}" if query else found
    if len(found) > MAX_URL:
        raise _bad()
    return found


def _bad() -> BadAddress:
    return BadAddress(_("Write the address of a web page: http(s)://host/path."))


def _host(name: str) -> str:
    name = name.rstrip(".").lower()
    if name.isascii():
        return name if re.fullmatch(r"[a-z0-9._:-]{1,253}", name) else ""
    try:
        return idna.encode(name, uts46=True).decode("ascii")
    except idna.IDNAError:
        return ""


def _quoted(text: str, more: str = "") -> str:
    quoted = quote(text, safe=_SAFE + more)
    return re.sub("%[0-9a-fA-F]{2}", lambda found: found.group().upper(), quoted)


def _query(query: str) -> str:
    parts = [part for part in query.split("&") if part]
    return "&".join(
        _quoted(part, "?") for part in parts if not _TRACKING.fullmatch(part.split("=")[0])
    )


def host_of(url: str) -> str:
    """Host and port, without `www.`: what pages of a site share."""
    return (urlsplit(url).netloc).removeprefix("www.")


def path_of(url: str) -> str:
    """As people write it: decoded."""
    return unquote(urlsplit(url).path)


def key(url: str) -> str:
    parts = urlsplit(url)
    query = "&".join(sorted(parts.query.split("&"))) if parts.query else ""
    path = parts.path.rstrip("/")
    return f"{host_of(url)}{path}?{query}" if query else f"{host_of(url)}{path}"


def hash_of(url: str) -> str:
    return hashlib.sha256(key(url).encode()).hexdigest()


def external_id(url: str) -> str:
    """The key as people read it; a very long one ends in a digest."""
    found = key(url)
    try:
        decoded = unquote(found, errors="strict")
    except UnicodeDecodeError:
        decoded = found
    found = decoded if decoded.isprintable() and decoded == decoded.strip() else found
    if len(found) <= MAX_EXTERNAL_ID:
        return found
    return f"{found[: MAX_EXTERNAL_ID - 20]}~{hashlib.sha256(found.encode()).hexdigest()[:16]}"


@dataclass
class Scope:
    """Which addresses belong to a reading: of this site, below these paths, and no trap.

    Counts what it lets in, so that calendars and endless queries come to an end."""

    host: str
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    most_variants: int = 100
    """Different queries of one path, and days or months of one calendar, that are looked at."""
    variants: Counter[str] = field(default_factory=Counter)

    def has(self, url: str) -> bool:
        if host_of(url) != self.host:
            return False
        path = path_of(url)
        if self.include and not path.startswith(self.include):
            return False
        return not (self.exclude and path.startswith(self.exclude))

    def is_page(self, url: str) -> bool:
        """By its address alone: no picture, no path that repeats itself."""
        path = path_of(url)
        segments = [segment for segment in path.split("/") if segment]
        if len(segments) > MAX_SEGMENTS or _NO_PAGE.search(path):
            return False
        return max(Counter(segments).values(), default=0) < 3

    def shape(self, url: str) -> str:
        """What addresses share that only differ in their query or their date; "" for others."""
        parts = urlsplit(url)
        calendar = _CALENDAR.match(parts.path)
        if parts.query:
            return f"{parts.path}?"
        return f"{calendar.group(1)}//" if calendar else ""

    def count(self, url: str) -> bool:
        """Whether there is still room for a page of this shape; takes the room."""
        shape = self.shape(url)
        if not shape:
            return True
        self.variants[shape] += 1
        return self.variants[shape] <= self.most_variants
