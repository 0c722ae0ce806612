"""What is told apart when a request goes wrong: whether anything was asked."""

import socket
import ssl
import threading
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from cryptography import x509

from doors import http
from kb.importing.web import connecting
from tests.certificates import self_signed


@pytest.fixture
def breaking_tls(tmp_path, monkeypatch, settings):
    """An https server that hears the request and then speaks no TLS any more."""
    certificate = tmp_path / "server.pem"
    certificate.write_bytes(self_signed("localhost", serves=x509.DNSName("localhost")))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    trusted = ssl.create_default_context(cafile=str(certificate))
    listener = socket.create_server(("127.0.0.1", 0))
    heard = []

    def serve() -> None:
        plain, _address = listener.accept()
        with context.wrap_socket(plain, server_side=True) as secure:
            heard.append(secure.recv(10_000))
            socket.socket(fileno=secure.detach()).sendall(b"\x17\x03\x03\x00\x20" + b"no TLS" * 6)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    monkeypatch.setattr(connecting, "trust", lambda: trusted)
    port = listener.getsockname()[1]
    settings.FETCH_ALLOW = [f"localhost:{port}"]
    yield f"https://localhost:{port}/", heard
    listener.close()
    thread.join(10)


@pytest.mark.parametrize(
    ("told", "least", "most"),
    [
        ("120", 120, 120),
        ("Sun, 06 Nov 1994 08:49:37 GMT", 0, 0),
        ("9" * 500, http.LONGEST_WAIT, http.LONGEST_WAIT),
        ("Fri, 31 Dec 9999 23:59:59 -2359", http.LONGEST_WAIT, http.LONGEST_WAIT),
        ("soon", 0, 0),
        ("", 0, 0),
        ("-5", 0, 0),
    ],
)
def test_time_to_wait_is_told_in_seconds_or_by_a_date(told, least, most):
    assert least <= http.Answer(503, {"Retry-After": told}, b"").wait <= most


def test_time_to_wait_is_counted_from_now():
    told = format_datetime(datetime.now(UTC) + timedelta(hours=1), usegmt=True)
    assert 3000 <= http.Answer(503, {"Retry-After": told}, b"").wait <= 3600


def test_tls_that_breaks_after_the_request_may_have_done_it(breaking_tls):
    url, heard = breaking_tls
    with pytest.raises(http.Unanswered):
        http.request("POST", url, body=b"{}")
    assert heard[0].startswith(b"POST")


def test_certificate_that_is_not_valid_means_that_nothing_was_asked(breaking_tls, monkeypatch):
    url, heard = breaking_tls
    monkeypatch.setattr(connecting, "trust", ssl.create_default_context)
    with pytest.raises(http.Unreachable):
        http.request("POST", url, body=b"{}")
    assert not heard
