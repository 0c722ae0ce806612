"""Which addresses of the net a fetch may connect to: `Guard.connect(host, port)`.

The check happens where the connection is made: the name is looked up once, every address that it
gives is checked, and the socket is opened to one of those very addresses. So nothing that is done
to the spelling of an address, to a redirect or to the name server between two look-ups leads
anywhere else.
"""

import ipaddress
import re
import socket
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from runtime.errors import InputError

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Resolve = Callable[..., list[tuple[Any, ...]]]
PORTS = frozenset({80, 443})

_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_PUBLIC_IPV6 = ipaddress.IPv6Network("2000::/3")
_NOT_PUBLIC: tuple[Network, ...] = tuple(
    ipaddress.ip_network(text)
    for text in (
        "100.64.0.0/10",  # carrier-grade NAT
        "192.0.0.0/24",  # protocol assignments
        "192.88.99.0/24",  # 6to4 relays
        "2001::/23",  # Teredo, ORCHID and other protocol assignments
        "2001:db8::/32",
        "2002::/16",  # 6to4: an IPv4 address inside
        "3fff::/20",
    )
)
_NEVER: tuple[Network, ...] = tuple(
    ipaddress.ip_network(text)
    for text in (
        "0.0.0.0/8",
        "169.254.0.0/16",  # link-local; metadata of most clouds
        "100.100.100.200/32",  # metadata: Alibaba
        "168.63.129.16/32",  # metadata: Azure, in a public range
        "192.0.0.192/32",  # metadata: Oracle
        "224.0.0.0/3",  # multicast, reserved, broadcast
        "::/128",
        "fd00:ec2::/32",  # metadata: Amazon
        "fd20:ce::/32",  # metadata: Google
        "fe80::/10",
        "ff00::/8",
    )
)
"""Not reached, whatever an admin allows."""


class BlockedAddress(InputError):
    """The address lies in a network that is not the public internet. Never tried again."""


class NotAnAllowance(InputError):
    """PASOKH_FETCH_ALLOW holds something that is neither host:port nor a network."""


@dataclass(frozen=True)
class Allowed:
    """What an admin has opened beyond the public internet: names with a port, and networks."""

    hosts: frozenset[tuple[str, int]] = frozenset()
    networks: tuple[Network, ...] = ()


def parse_allowed(entries: Iterable[str]) -> Allowed:
    hosts: set[tuple[str, int]] = set()
    networks: list[Network] = []
    for entry in entries:
        match = re.fullmatch(r"(\[[0-9a-fA-F:.]+\]|[^\s:/@\[\]]+):(\d{1,5})", entry)
        if match and 0 < int(match.group(2)) < 65536:
            hosts.add((match.group(1).strip("[]").lower().rstrip("."), int(match.group(2))))
            continue
        try:
            if "/" not in entry:
                raise ValueError
            networks.append(ipaddress.ip_network(entry))
        except ValueError as error:
            raise NotAnAllowance(
                _("PASOKH_FETCH_ALLOW: write host:port or a network like 10.1.0.0/16.")
            ) from error
    return Allowed(frozenset(hosts), tuple(networks))


@dataclass(frozen=True)
class Guard:
    """`resolve` is socket.getaddrinfo, or what a test puts in its place."""

    allowed: Allowed = Allowed()
    resolve: Resolve = socket.getaddrinfo

    def check_port(self, host: str, port: int) -> None:
        if port not in PORTS and (host, port) not in self.allowed.hosts:
            raise BlockedAddress(_("Port %(port)s is not fetched from.") % {"port": port})

    def check_address(self, address: str, *, host: str, port: int) -> None:
        """BlockedAddress unless it is public, or an admin opened it."""
        found = _plain(ipaddress.ip_address(address))
        if not _in(found, _NEVER):
            if (host, port) in self.allowed.hosts or _in(found, self.allowed.networks):
                return
            if is_public(found):
                return
        raise BlockedAddress(
            _("%(host)s is not on the public internet: it is not fetched.") % {"host": host[:100]}
        )

    def connect(self, host: str, port: int, timeout: float | None) -> socket.socket:
        """A socket to an address of `host` that was checked; OSError if none answers."""
        host = host.strip("[]").lower().rstrip(".")
        self.check_port(host, port)
        found = self.resolve(host, port, type=socket.SOCK_STREAM)
        for *_rest, place in found:
            self.check_address(place[0], host=host, port=port)
        failure: OSError = OSError("no address")
        for family, kind, protocol, _name, place in found[:4]:
            try:
                return _open(family, kind, protocol, place, timeout)
            except OSError as error:
                failure = error
        raise failure


def is_public(address: Address) -> bool:
    found = _plain(address)
    if isinstance(found, ipaddress.IPv6Address) and found not in _PUBLIC_IPV6:
        return False
    return found.is_global and not _in(found, _NOT_PUBLIC) and not _in(found, _NEVER)


def _plain(address: Address) -> Address:
    """An IPv4 address that is written as an IPv6 one, as what it is."""
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return address.ipv4_mapped
        if address in _NAT64:
            return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address


def _in(address: Address, networks: Sequence[Network]) -> bool:
    return any(address in network for network in networks)


def _open(
    family: int, kind: int, protocol: int, place: tuple[Any, ...], timeout: float | None
) -> socket.socket:
    sock = socket.socket(family, kind, protocol)
    try:
        sock.settimeout(timeout)
        sock.connect(place)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    except OSError:
        sock.close()
        raise
    return sock
