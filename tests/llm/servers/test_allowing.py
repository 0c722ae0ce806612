"""A hosted model gets nothing, not even a connection, until an admin has allowed it by name."""

import logging
import socket

import pytest

from llm.models import Server
from llm.servers import addresses, check, connecting
from llm.servers.backend import write
from llm.servers.errors import ServerError, Trouble
from llm.servers.registering import add_served, add_server, allow, disallow
from tests.llm.servers.conftest import PARTS
from tests.llm.servers.scripted import MODEL, PATIENT, scripted

pytestmark = pytest.mark.django_db
PROXIES = ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy")


@pytest.fixture
def hosted(monkeypatch):
    """A server that stands for somebody else's; only its row says so, so that it can be reached:
    past the proxy that this machine may have."""
    for name in PROXIES:
        monkeypatch.delenv(name, raising=False)
    with scripted() as server:
        row = Server.objects.create(
            name="far",
            base_url=server.url,
            hosted=True,
            key_env="FAR_KEY",
            timeout_seconds=PATIENT,
        )
        server.version = add_served(row, MODEL)
        server.row = row
        yield server


@pytest.fixture
def _no_names_resolved(monkeypatch):
    """Even asking for the address would tell somebody."""

    def resolve(*arguments, **options):
        raise AssertionError("a name was resolved")

    monkeypatch.setattr(socket, "getaddrinfo", resolve)


@pytest.mark.usefixtures("_no_names_resolved")
def test_hosted_server_that_nobody_allowed_is_not_connected_to(hosted, monkeypatch):
    monkeypatch.setenv("FAR_KEY", "sk-secret")
    with pytest.raises(ServerError) as failed:
        write(hosted.version, PARTS)
    assert failed.value.trouble is Trouble.NOT_ALLOWED
    with pytest.raises(ServerError):
        write(hosted.version, PARTS, insist=True)
    assert check(hosted.row).error == Trouble.NOT_ALLOWED.value
    assert hosted.connections == 0


def test_hosted_server_is_asked_once_an_admin_allowed_it_and_no_more_after(
    hosted, mina, monkeypatch
):
    monkeypatch.setenv("FAR_KEY", "sk-secret")
    row = allow(hosted.row, by=mina)
    assert row.allowed_by == mina
    assert row.allowed_at is not None
    write(hosted.version, PARTS)
    assert hosted.connections == 1
    disallow(row)
    with pytest.raises(ServerError):
        write(hosted.version, PARTS)  # whatever the version in memory still says
    assert hosted.connections == 1


def test_allow_again_keeps_who_allowed_it_first(hosted, mina, sara):
    first = allow(hosted.row, by=mina).allowed_at
    again = allow(hosted.row, by=sara)
    assert (again.allowed_by, again.allowed_at) == (mina, first)


def test_own_server_whose_name_leads_outside_now_is_sent_nothing(monkeypatch):
    with scripted() as server:
        version = add_served(add_server("gpu", server.url, seconds=PATIENT), MODEL)
        outside = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("93.184.215.14", 443))]
        monkeypatch.setattr(addresses.socket, "getaddrinfo", lambda *a, **k: outside)
        with pytest.raises(ServerError) as failed:
            write(version, PARTS)
    assert failed.value.trouble is Trouble.NOT_ALLOWED
    assert server.connections == 0
    assert Server.objects.get().failures == 0


def test_key_comes_from_the_environment_and_goes_nowhere_else(hosted, monkeypatch, caplog):
    monkeypatch.setenv("FAR_KEY", "sk-very-secret")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-another")
    monkeypatch.setenv("OPENAI_ORG_ID", "org-ours")
    monkeypatch.setenv("OPENAI_LOG", "debug")
    logging.getLogger("openai").setLevel(logging.DEBUG)
    allow(hosted.row)
    with caplog.at_level(logging.DEBUG):
        write(hosted.version, PARTS)
        monkeypatch.setenv("FAR_KEY", "sk-newer")
        write(hosted.version, PARTS)
    assert "authorization: bearer sk-very-secret" in hosted.heads[0].lower()
    assert "authorization: bearer sk-newer" in hosted.heads[1].lower()
    assert not any("sk-another" in head or "org-ours" in head for head in hosted.heads)
    assert "secret" not in caplog.text
    assert "گلستان" not in caplog.text
    assert not any("secret" in str(value) for value in Server.objects.values().get().values())


@pytest.mark.parametrize("value", [None, "", "  ", "two\nlines", "کلید", "x" * 5000])
def test_key_that_is_missing_or_none_sends_nothing(hosted, monkeypatch, value):
    if value is None:
        monkeypatch.delenv("FAR_KEY", raising=False)
    else:
        monkeypatch.setenv("FAR_KEY", value)
    allow(hosted.row)
    with pytest.raises(ServerError) as failed:
        write(hosted.version, PARTS)
    assert failed.value.trouble is Trouble.NO_KEY
    assert hosted.connections == 0


def test_proxy_is_not_used_for_a_server_of_ones_own(monkeypatch):
    with scripted() as proxy, scripted() as server:
        for name in PROXIES:
            monkeypatch.setenv(name, proxy.url.removesuffix("/v1"))
        write(add_served(add_server("gpu", server.url, seconds=PATIENT), MODEL), PARTS)
    assert (proxy.connections, server.connections) == (0, 1)


def test_server_without_a_key_gets_none_of_ours(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-another")
    with scripted() as server:
        write(add_served(add_server("gpu", server.url, seconds=PATIENT), MODEL), PARTS)
    assert "sk-another" not in server.heads[0]
    assert connecting.NO_KEY in server.heads[0]
