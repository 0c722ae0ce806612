"""HTTPS by name: the certificate is checked for the name, the connection made to the address."""

import socket
import ssl

import pytest
from cryptography import x509

from kb.importing.web.connecting import trust
from kb.importing.web.fetching import Fetcher, FetchFailed
from kb.importing.web.guard import Guard, parse_allowed
from tests.certificates import self_signed
from tests.kb.web.sites import Site, html


@pytest.fixture
def certificate(tmp_path, monkeypatch):
    """For help.example, made by an authority that the system trusts."""
    path = tmp_path / "server.pem"
    path.write_bytes(self_signed("help.example", serves=x509.DNSName("help.example")))
    monkeypatch.setenv("SSL_CERT_FILE", str(path))
    trust.cache_clear()
    yield path
    trust.cache_clear()


@pytest.fixture
def secure_site(certificate):
    names: list[str | None] = []
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    context.sni_callback = lambda sock, name, context: names.append(name)
    site = Site(context=context)
    site.pages["/"] = html("Secure")
    site.names = names
    yield site
    site.close()


def fetcher(site: Site, name: str) -> Fetcher:
    def resolve(host, port, **kwargs):
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", site.port))]

    guard = Guard(parse_allowed([f"{name}:443"]), resolve)
    return Fetcher(guard, wait=lambda seconds: None, connect_seconds=60, read_seconds=60)


def test_a_page_is_read_over_tls_by_its_name(secure_site):
    found = fetcher(secure_site, "help.example").fetch("https://help.example/")
    assert b"Secure" in found.data
    assert secure_site.names == ["help.example"]
    assert secure_site.requests[0]["Host"] == "help.example"


def test_a_certificate_for_another_name_is_refused(secure_site):
    with pytest.raises(FetchFailed, match=r"certificate of other\.example is not valid"):
        fetcher(secure_site, "other.example").fetch("https://other.example/")
    assert secure_site.requests == []
