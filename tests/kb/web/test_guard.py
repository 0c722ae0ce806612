"""No fetch reaches what is not the public internet."""

import ipaddress
import socket

import pytest

from config import checks
from kb.importing.web import fetching
from kb.importing.web.addresses import BadAddress
from kb.importing.web.fetching import BlockedAddress, Fetcher
from kb.importing.web.guard import Guard, NotAnAllowance, is_public, parse_allowed
from tests.kb.web.sites import Site, html, redirect

PRIVATE_TEXT = """
127.0.0.1 127.8.9.1 0.0.0.0 10.0.0.1 172.16.3.4 192.168.1.1 169.254.169.254 169.254.170.2
100.64.0.1 100.100.100.200 168.63.129.16 192.0.0.192 192.0.2.1 198.18.0.1 198.51.100.7 224.0.0.1
240.0.0.1 255.255.255.255 192.88.99.1 ::1 :: ::127.0.0.1 ::ffff:127.0.0.1 ::ffff:169.254.169.254
64:ff9b::7f00:1 64:ff9b::a9fe:a9fe 64:ff9b:1::1 2002:7f00:1:: 2001:0:7f00:1:: 2001:db8::1 fe80::1
fec0::1 fc00::1 fd00:ec2::254 fd20:ce::254 ff02::1 3fff::1 5f00::1 100::1
"""
PUBLIC_TEXT = "1.1.1.1 93.184.216.34 ::ffff:1.1.1.1 64:ff9b::101:101 2606:4700:4700::1111"
SPELLINGS_TEXT = """localhost LOCALHOST localhost. 127.0.0.1 127.1 2130706433 0x7f000001 0177.0.0.1
0 [::1] [::ffff:127.0.0.1] [::ffff:7f00:1] [0:0:0:0:0:0:0:1] 169.254.169.254 2852039166 0xA9FEA9FE
[fe80::1] [64:ff9b::7f00:1] 127.0.0.1. ①②⑦.0.0.1 127。0。0。1"""


def fetcher(*allowed: str, resolve=socket.getaddrinfo) -> Fetcher:
    return Fetcher(Guard(parse_allowed(allowed), resolve), connect_seconds=60, read_seconds=60)


@pytest.mark.parametrize("address", PRIVATE_TEXT.split())
def test_an_address_of_an_inner_network_is_not_public(address):
    assert not is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", PUBLIC_TEXT.split())
def test_an_address_of_the_internet_is_public(address):
    assert is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize("host", SPELLINGS_TEXT.split())
def test_a_spelling_of_an_inner_address_is_not_fetched(host):
    with pytest.raises((BlockedAddress, BadAddress)):
        fetcher().fetch(f"http://{host}/")


@pytest.mark.parametrize("port", ["", ":80", ":443"])
def test_a_listening_inner_server_is_blocked_by_its_address(port):
    with pytest.raises(BlockedAddress, match="not on the public internet"):
        fetcher().fetch(f"http://127.0.0.1{port}/")


def test_a_port_that_is_no_web_port_is_blocked(site):
    with pytest.raises(BlockedAddress, match=f"Port {site.port}"):
        fetcher().fetch(site.url())
    assert site.hits == []


@pytest.mark.parametrize(
    "url",
    [
        "http://user@example.com/",
        "http://example.com@127.0.0.1/",
        "ftp://example.com/",
        "file:///etc/passwd",
        "gopher://example.com/",
        "javascript:alert(1)",
        "http:///path",
        "http://[::1/",
        "http://exa mple\\.com/",
    ],
)
def test_an_address_of_another_kind_is_refused(url):
    with pytest.raises(BadAddress):
        fetcher().fetch(url)


def test_an_allowed_place_is_reached_and_its_neighbour_is_not(site):
    other = Site()
    site.pages["/"] = html("Hello")
    try:
        found = fetcher(site.place).fetch(site.url())
        assert b"Hello" in found.data
        with pytest.raises(BlockedAddress):
            fetcher(site.place).fetch(other.url())
    finally:
        other.close()
    assert other.hits == []


@pytest.mark.parametrize(
    "target",
    [
        "http://169.254.169.254/latest/meta-data/",
        "http://localhost/",
        "http://127.0.0.1/admin",
        "http://[::1]/",
        "http://2130706433/",
        "//169.254.169.254/latest",
        "file:///etc/passwd",
        "http://user:secret@10.0.0.1/",
    ],
)
@pytest.mark.parametrize("status", [301, 302, 307])
def test_a_redirect_to_an_inner_address_is_not_followed(site, target, status):
    site.pages["/"] = redirect(target, status)
    with pytest.raises((BlockedAddress, fetching.FetchFailed)) as raised:
        fetcher(site.place).fetch(site.url())
    assert "secret" not in str(raised.value)


def test_the_address_that_was_checked_is_the_one_that_is_connected_to():
    """A name server that changes its answer between two look-ups."""
    public, inner = Site("127.0.0.2"), Site("127.0.0.1")
    asked: list[str] = []

    def resolve(host, port, **kwargs):
        asked.append(host)
        address = "127.0.0.2" if len(asked) == 1 else "127.0.0.1"
        place = public.port if len(asked) == 1 else inner.port
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, place))]

    public.pages["/"], inner.pages["/"] = html("Public"), html("Inner")
    fetch = fetcher("127.0.0.2/32", resolve=resolve).fetch
    try:
        assert b"Public" in fetch("http://rebind.example/").data
        assert asked == ["rebind.example"]  # looked up once for one connection
        with pytest.raises(BlockedAddress):
            fetch("http://rebind.example/")
        assert len(asked) == 2
    finally:
        public.close()
        inner.close()
    assert inner.hits == []


def test_a_name_with_one_inner_address_among_others_is_blocked():
    def resolve(host, port, **kwargs):
        return [
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))
            for address in ("93.184.216.34", "10.0.0.1")
        ]

    with pytest.raises(BlockedAddress):
        fetcher(resolve=resolve).fetch("http://mixed.example/")


@pytest.mark.parametrize(
    "address", ["169.254.169.254", "100.100.100.200", "fd00:ec2::254", "0.0.0.0"]
)
def test_metadata_is_not_reached_whatever_is_allowed(address):
    family = socket.AF_INET6 if ":" in address else socket.AF_INET

    def resolve(host, port, **kwargs):
        return [(family, socket.SOCK_STREAM, 6, "", (address, port))]

    guarded = fetcher("help.intranet:80", "0.0.0.0/0", "::/0", resolve=resolve)
    with pytest.raises(BlockedAddress):
        guarded.fetch("http://help.intranet/")


def test_a_proxy_of_the_environment_is_not_used(site, monkeypatch):
    proxy = Site()
    site.pages["/"] = html("Direct")
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, proxy.url())
    try:
        assert b"Direct" in fetcher(site.place).fetch(site.url()).data
    finally:
        proxy.close()
    assert proxy.requests == []


@pytest.mark.parametrize(
    "entry", ["localhost", "10.0.0.0", "host:0", "a b:80", "http://x:80", "10.0.0.1/8"]
)
def test_an_allowance_that_says_too_little_is_refused(entry):
    with pytest.raises(NotAnAllowance, match="host:port"):
        parse_allowed([entry])


def test_an_allowance_is_a_place_or_a_network():
    allowed = parse_allowed(["Help.intranet:8080", "[fd00::1]:80", "10.1.0.0/16"])
    assert allowed.hosts == {("help.intranet", 8080), ("fd00::1", 80)}
    assert [str(network) for network in allowed.networks] == ["10.1.0.0/16"]


def test_an_answer_is_not_an_instruction_to_send_headers_elsewhere(site):
    """Validators are for the page that gave them."""
    other = Site()
    other.pages["/b"] = html("Elsewhere")
    site.pages["/a"] = redirect(other.url("/b"), 302)
    try:
        found = fetcher(site.place, other.place).fetch(site.url("/a"), etag='"1"')
    finally:
        other.close()
    assert found.url == other.url("/b")
    assert "If-None-Match" not in other.requests[0]


@pytest.mark.parametrize(
    ("name", "value", "count"),
    [
        ("FETCH_ALLOW", ["help.intranet:8080", "10.1.0.0/16"], 0),
        ("FETCH_ALLOW", ["help.intranet"], 1),
        ("FETCH_CONTACT", "https://desk.example/", 0),
        ("FETCH_CONTACT", "a\r\nHost: evil", 1),
    ],
)
def test_a_bad_setting_is_found_at_the_start(settings, name, value, count):
    setattr(settings, name, value)
    found = checks.fetching(None)
    assert len(found) == count
    assert all(f"PASOKH_{name}" in problem.msg for problem in found)
