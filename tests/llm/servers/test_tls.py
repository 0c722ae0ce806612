"""A server behind https: its certificate is checked, and hanging up reaches it all the same."""

import ssl
import threading
from ipaddress import ip_address

import pytest
from cryptography import x509

from llm.servers import connecting
from llm.servers.backend import write
from llm.servers.errors import ServerError, Trouble
from llm.servers.registering import add_served, add_server
from tests.certificates import self_signed
from tests.llm.servers.conftest import PARTS
from tests.llm.servers.scripted import MODEL, PATIENT, scripted

pytestmark = pytest.mark.django_db


@pytest.fixture
def made(tmp_path):
    """A certificate for this machine that signs itself, with its key."""
    path = tmp_path / "server.pem"
    path.write_bytes(self_signed("gpu", serves=x509.IPAddress(ip_address("127.0.0.1"))))
    return path


@pytest.fixture
def context(made):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(made)
    return context


@pytest.fixture
def _trusted(made, monkeypatch):
    """By the system, as a company's own authority is."""
    monkeypatch.setenv("SSL_CERT_FILE", str(made))
    connecting._certificates.cache_clear()
    yield
    connecting._certificates.cache_clear()


@pytest.mark.usefixtures("_trusted")
def test_write_over_tls_with_a_companys_own_authority(context):
    with scripted(certificate=context) as server:
        version = add_served(add_server("gpu", server.url, seconds=PATIENT), MODEL)
        assert write(version, PARTS).text == "سلام، فردا می‌رسد."


def test_write_to_a_server_with_a_strange_certificate_sends_nothing(context):
    connecting._certificates.cache_clear()
    with scripted(certificate=context) as server:
        version = add_served(add_server("gpu", server.url, seconds=PATIENT), MODEL)
        with pytest.raises(ServerError) as failed:
            write(version, PARTS)
    assert failed.value.trouble is Trouble.CERTIFICATE
    assert server.requests == []


@pytest.mark.usefixtures("_trusted")
def test_write_that_is_cancelled_hangs_up_over_tls(context):
    gone = threading.Event()
    seen: list[str] = []

    def script(connection, number):
        connection.begin()
        connection.say("سلام")
        if connection.is_gone():
            gone.set()

    with scripted(script, certificate=context) as server:
        version = add_served(add_server("gpu", server.url, seconds=PATIENT), MODEL)
        write(version, PARTS, on_text=seen.append, should_stop=lambda: bool(seen))
        assert gone.wait(100)
