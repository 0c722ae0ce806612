"""Servers and versions on them, from the command line."""

import io
import json
import os
import socket

import pytest
from django.core.management import CommandError, call_command

from llm import registry
from llm.models import ModelVersion, Server
from llm.servers import addresses
from llm.servers.registering import add_served, add_server, server_named
from tests.llm.servers.scripted import MODEL, PATIENT, closed_port, good, scripted
from tests.llm.test_registry import make_folder

pytestmark = pytest.mark.django_db
OWN = "http://127.0.0.1:8000/v1"


def models(*arguments: str, **options) -> dict:
    out = io.StringIO()
    call_command("models", *arguments, as_json=True, stdout=out, **options)
    (line,) = out.getvalue().splitlines()
    return json.loads(line)


@pytest.fixture
def _outside(monkeypatch):
    """A name that leads to an address on the net."""
    found = [(2, 1, 6, "", ("93.184.215.14", 443))]
    monkeypatch.setattr(addresses.socket, "getaddrinfo", lambda *a, **k: found)


def test_add_server_of_ones_own_needs_no_leave():
    row = models("add-server", "gpu", f"{OWN}/", seconds=12)
    assert (row["url"], row["hosted"], row["allowed"], row["seconds"]) == (OWN, False, True, 12)
    assert models("servers")["servers"][0]["name"] == "gpu"


@pytest.mark.usefixtures("_outside")
def test_add_server_outside_is_hosted_and_waits_for_leave(mina):
    row = models("add-server", "far", "https://api.example.com/v1", key_env="FAR_KEY")
    assert (row["hosted"], row["allowed"], row["key_env"]) == (True, False, "FAR_KEY")
    assert "allowed it by name" in row["trouble"]
    assert models("allow", "far", by="mina")["allowed"] is True
    assert server_named("far").allowed_by == mina
    assert models("disallow", "far")["allowed"] is False
    assert server_named("far").allowed_by is None


def test_add_server_in_the_house_may_be_somebody_elses():
    row = models("add-server", "gateway", "https://127.0.0.1/v1", hosted=True)
    assert (row["hosted"], row["allowed"]) == (True, False)


@pytest.mark.parametrize(
    ("host", "own"),
    [
        ("127.0.0.1", True),
        ("::1", True),
        ("localhost", True),
        ("10.1.2.3", True),
        ("192.168.0.7", True),
        ("100.64.1.2", True),
        ("::ffff:10.0.0.1", True),
        ("::ffff:8.8.8.8", False),
        ("8.8.8.8", False),
        ("2606:4700::1111", False),
        ("", False),
    ],
)
def test_is_own(host, own):
    assert addresses.is_own(host) is own or host == ""


def test_name_that_does_not_resolve_is_nobodys(monkeypatch):
    def resolve(*arguments, **options):
        raise socket.gaierror("Name or service not known")

    monkeypatch.setattr(addresses.socket, "getaddrinfo", resolve)
    assert not addresses.is_own("no-such-host.invalid")


@pytest.mark.parametrize(
    "arguments",
    [
        ["add-server"],
        ["add-server", "gpu"],
        ["add-server", "gpu 1", OWN],
        ["add-server", "gpu", "127.0.0.1:8000"],
        ["add-server", "gpu", "ftp://127.0.0.1/v1"],
        ["add-server", "gpu", "http://:8000/v1"],
        ["add-server", "gpu", "http://127.0.0.1:x/v1"],
        ["add-server", "gpu", "http://sk-key@127.0.0.1/v1"],
        ["add-server", "gpu", "http://127.0.0.1/v1?key=sk"],
        ["add-server", "gpu", "http://127.0.0.1/" + "x" * 600],
        ["add-server", "gpu", "http://خانه/v1"],
        ["add-server", "gpu", "http://8.8.8.8/v1"],
        ["add-server", "gpu", OWN, "--key-env", "sk-a-key"],
        ["add-server", "gpu", OWN, "--seconds", "0"],
        ["add-server", "gpu", OWN, "--seconds", "601"],
        ["add-server", "gpu", OWN, "--seconds", "nan"],
        ["add-server", "gpu", OWN, "--name", "x"],
        ["add-server", "here", OWN],
        ["add-served", "here"],
        ["add-served", "nobody", MODEL],
        ["add-served", "here", " "],
        ["add-served", "here", "x" * 201],
        ["add-served", "here", MODEL, "--of", "nobody"],
        ["add-served", "here", MODEL, "--name", "a b"],
        ["allow", "nobody"],
        ["allow", "here", "--by", "sara"],
        ["allow", "here", "--by", "nobody"],
        ["disallow"],
        ["check", "nobody"],
        ["servers", "extra"],
        ["list", "--hosted"],
        ["slot", "A", "x", "--of", "y"],
    ],
)
def test_models_wrong_input_about_servers_is_one_line(sara, arguments):
    add_server("here", OWN)
    before = list(Server.objects.values()), list(ModelVersion.objects.values())
    with pytest.raises(CommandError) as failed:
        call_command("models", *arguments)
    assert failed.value.returncode == 2
    assert "\n" not in str(failed.value)
    assert (list(Server.objects.values()), list(ModelVersion.objects.values())) == before


def test_add_served_gives_a_candidate_that_serves_in_a_slot():
    add_server("gpu", OWN)
    assert models("add-served", "gpu", "qwen/qwen3:8b")["name"] == "gpu-qwen-qwen3-8b"
    assert models("add-served", "gpu", "qwen/qwen3:8b")["name"] == "gpu-qwen-qwen3-8b"
    assert models("promote", "A", "gpu-qwen-qwen3-8b")["version"] == "gpu-qwen-qwen3-8b"
    (choice,) = registry.slots_now()
    assert choice.version.served_name == "qwen/qwen3:8b"
    assert models("servers")["servers"][0]["versions"] == ["gpu-qwen-qwen3-8b"]
    assert [row["name"] for row in models("list")["versions"]] == ["gpu-qwen-qwen3-8b"]
    assert models("show", "gpu-qwen-qwen3-8b")["name"] == "gpu-qwen-qwen3-8b"


def test_add_served_of_a_tuned_version_keeps_its_lineage(tmp_path):
    base, folder = make_folder(tmp_path, "base")
    registry.add_version(folder)
    tuned = registry.add_version(make_folder(tmp_path, "one", base=base)[1])
    add_server("gpu", OWN)
    models("add-served", "gpu", "shop-2026-11-20", of="one", name="one-on-gpu")
    served = registry.version_named("one-on-gpu")
    for name in ("method", "recipe", "dataset_digest", "metrics", "prompt_version"):
        assert getattr(served, name) == getattr(tuned, name)
    assert served.manifest["tuned_as"] == "one"
    assert served.digest != tuned.digest
    with pytest.raises(CommandError, match="stands on a server itself"):
        call_command("models", "add-served", "gpu", "two", of="one-on-gpu")


def test_add_served_refuses_a_name_that_is_taken():
    server = add_server("gpu", OWN)
    add_served(server, "one", name="shop")
    with pytest.raises(CommandError, match="belongs to another version"):
        call_command("models", "add-served", "gpu", "two", name="shop")


def test_remove_server_only_without_versions():
    server = add_server("gpu", OWN)
    add_served(server, MODEL)
    with pytest.raises(CommandError, match="Model versions stand on"):
        call_command("models", "remove-server", "gpu")
    ModelVersion.objects.all().delete()
    assert models("remove-server", "gpu") == {"removed": "gpu"}


def check_script(connection, number):
    if number == 0:
        connection.reply("200 OK", json.dumps({"object": "list", "data": [{"id": MODEL}]}))
    else:
        good(connection, number)


def test_check_of_a_server_asks_for_its_list_and_a_few_tokens_of_each_version():
    with scripted(check_script) as server:
        add_served(add_server("gpu", server.url, seconds=PATIENT), MODEL)
        checked = models("check", "gpu")
    assert checked["server"]["models"] == [MODEL]
    assert [(row["tokens"], row["error"]) for row in checked["versions"]] == [(3, "")]
    assert server.heads[0].startswith("GET /v1/models ")
    assert server.requests[1]["max_tokens"] == 12


def test_check_of_a_version_says_what_is_wrong_and_exits_1(capsys):
    server = add_server("gpu", f"http://127.0.0.1:{closed_port()}/v1", seconds=PATIENT)
    version = add_served(server, MODEL)
    for name in (version.name, "gpu"):
        with pytest.raises(SystemExit) as left:
            call_command("models", "check", name)
        assert left.value.code == 1
        assert "cannot be reached" in capsys.readouterr().out


@pytest.mark.parametrize("body", ["<html>", "[]", '{"data": 5}', "x" * 2_000_000, ""])
def test_check_of_nonsense_is_one_line(body, capsys):
    with scripted(lambda connection, number: connection.reply("200 OK", body)) as server:
        add_server("gpu", server.url, seconds=PATIENT)
        with pytest.raises(SystemExit):
            call_command("models", "check", "gpu")
    (line,) = capsys.readouterr().out.splitlines()
    assert line.startswith("gpu: The model's server sent ")


def test_check_closes_the_breaker_of_a_server_that_is_back():
    with scripted(check_script) as server:
        add_server("gpu", server.url, seconds=PATIENT)
        Server.objects.update(state="open", failures=9, opened_at="2999-01-01T00:00:00Z")
        models("check", "gpu")
    assert Server.objects.get().state == "closed"


def test_commands_show_no_key(monkeypatch):
    monkeypatch.setenv("FAR_KEY", "sk-secret")
    add_server("gpu", OWN, key_env="FAR_KEY")
    assert os.environ["FAR_KEY"] not in json.dumps(models("servers"))
