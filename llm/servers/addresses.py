"""Where a server stands: `checked_url`, `is_own`, `addresses_of`, `is_inside`.

Whose machine it is decides whether customers' words may go there unasked, so it is read from the
address and not from what somebody typed beside it.
"""

import ipaddress
import socket
from typing import Final
from urllib.parse import urlsplit

from runtime.errors import InputError

MAX_URL: Final = 500
_CARRIER_GRADE: Final = ipaddress.ip_network("100.64.0.0/10")  # what overlay networks use inside


class BadAddress(InputError):
    """The address is none that a server can be asked at."""


def checked_url(given: str) -> str:
    """`http(s)://HOST[:PORT][/PATH]`, without a slash at its end. Raises BadAddress."""
    url = given.strip().rstrip("/")
    try:
        parts = urlsplit(url)
        host, _port = parts.hostname, parts.port
    except ValueError:
        host = None
    if not host or parts.scheme not in ("http", "https") or len(url) > MAX_URL:
        raise BadAddress("The address must be like http://127.0.0.1:8000/v1.")
    if not url.isascii() or not url.isprintable() or " " in url:
        raise BadAddress("The address must be plain ASCII, like http://127.0.0.1:8000/v1.")
    if parts.username is not None or parts.password is not None or parts.query or parts.fragment:
        raise BadAddress("The address may hold no key, question mark or hash; see --key-env.")
    return url


def host_of(url: str) -> str:
    return (urlsplit(url).hostname or "").lower()


def addresses_of(host: str) -> set[ipaddress.IPv4Address | ipaddress.IPv6Address]:
    """None for a name that does not resolve."""
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return set()
    return {ipaddress.ip_address(str(row[4][0]).partition("%")[0]) for row in found}


def is_own(host: str) -> bool:
    """Whether all addresses of the host are this machine's or a private network's. A name that
    does not resolve is nobody's."""
    addresses = addresses_of(host)
    return bool(addresses) and all(map(is_inside, addresses))


def is_inside(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    mapped = getattr(address, "ipv4_mapped", None)
    one = mapped or address
    inside = isinstance(one, ipaddress.IPv4Address) and one in _CARRIER_GRADE
    return one.is_loopback or one.is_private or inside
