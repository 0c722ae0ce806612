"""The guide to the first real model, walked with a server that answers and with all that can be
wrong: each step can be left, and says in one line what is the matter."""

import pytest
from django.urls import reverse

from llm.models import ModelVersion, Server, Slot, SlotEvent
from llm.servers import options
from people.models import AuditEntry
from tests.llm.servers.scripted import MODEL, PATIENT, closed_port, scripted
from tests.llm.test_registry import make_folder

LISTED = f'{{"object": "list", "data": [{{"id": "{MODEL}", "object": "model"}}]}}'
SAYS = "در «سفارش‌های من» دکمهٔ «پس دادن» را بزنید، پول تا سه روز کاری برمی‌گردد."


@pytest.fixture
def desk(client, mina, monkeypatch, time_enough):
    monkeypatch.setattr(options, "_refused", {})
    client.force_login(mina)
    return client


def _served(connection, number):
    """Lists its model first, writes whatever else is asked."""
    if number == 0:
        connection.reply("200 OK", LISTED)
        return
    connection.begin()
    connection.say(SAYS)
    connection.done()


def _add(desk, url, *, way="vllm", name="gpu", **more):
    form = {"name": name, "url": url, "key_env": "", "seconds": str(PATIENT)} | more
    return desk.post(reverse("model-connect-where", args=[way]), form)


def test_guide_leads_from_nothing_to_a_slot(desk):
    page = desk.get(reverse("model-connect")).content.decode()
    assert reverse("model-connect-where", args=["ollama"]) in page
    with scripted(_served) as server:
        added = _add(desk, server.url)
        row = Server.objects.get()
        here = reverse("model-connect-server", args=[row.pk])
        assert (added.status_code, added.url) == (302, here)
        # left, and gone on with
        assert here in desk.get(reverse("model-connect")).content.decode()
        page = desk.post(here, {"do": "check"}).content.decode()
        assert MODEL in page
        used = desk.post(here, {"do": "use", "served": MODEL})
        version = ModelVersion.objects.get()
        there = reverse("model-connect-version", args=[version.name])
        assert used.url == there
        assert there in desk.get(reverse("model-connect")).content.decode()
        tried = desk.post(there, {"do": "try"}, headers={"Accept-Language": "fa"})
        assert "پول تا سه روز کاری" in tried.content.decode()
    done = desk.post(there, {"do": "use", "slot": "B", "how": "live"})
    assert (done.status_code, done.url) == (302, reverse("models"))
    assert Slot.objects.get(name="B").version == version
    assert there not in desk.get(reverse("model-connect")).content.decode()
    actions = set(AuditEntry.objects.values_list("action", flat=True))
    assert {"server.added", "version.added", "version.promoted"} <= actions


def test_canary_needs_something_to_be_held_against(desk):
    with scripted(_served) as server:
        _add(desk, server.url)
        row = Server.objects.get()
        desk.post(reverse("model-connect-server", args=[row.pk]), {"do": "use", "served": MODEL})
    there = reverse("model-connect-version", args=[ModelVersion.objects.get().name])
    refused = desk.post(there, {"do": "use", "slot": "A", "how": "10"})
    assert refused.status_code == 400
    assert not SlotEvent.objects.exists()
    other = ModelVersion.objects.create(
        name="old", method="lora", folder="x", digest="1" * 64, prompt_version="support-1"
    )
    Slot.objects.filter(name="A").delete()
    Slot.objects.create(name="A", version=other)
    assert desk.post(there, {"do": "use", "slot": "A", "how": "10"}).status_code == 302
    slot = Slot.objects.get(name="A")
    assert (slot.version, slot.canary_share) == (other, 0.1)


@pytest.mark.parametrize(
    "wrong",
    [
        {"url": "ftp://gpu/v1"},
        {"url": "http://key@gpu/v1"},
        {"name": "no spaces"},
        {"name": ""},
        {"key_env": "sk-1234 secret"},
        {"seconds": "0"},
        {"url": "http://8.8.8.8/v1"},
    ],
)
def test_wrong_address_is_one_line_and_makes_nothing(desk, wrong):
    answer = _add(desk, **({"url": "http://127.0.0.1:9/v1"} | wrong))
    assert answer.status_code == 400
    assert not Server.objects.exists()
    assert not AuditEntry.objects.exists()


def test_hosted_server_is_allowed_by_its_name_first(desk):
    with scripted(_served) as server:
        _add(desk, server.url.replace("http:", "https:"), way="hosted", name="far")
        row = Server.objects.get()
        assert row.hosted
        here = reverse("model-connect-server", args=[row.pk])
        assert 'value="check"' not in desk.get(here).content.decode()
        desk.post(here, {"do": "check"})
        assert server.connections == 0
        assert desk.post(here, {"do": "allow", "name": "fa"}).status_code == 400
        row.refresh_from_db()
        assert row.allowed_at is None
        assert desk.post(here, {"do": "allow", "name": "far"}).status_code == 302
    row.refresh_from_db()
    assert row.allowed_by.username == "mina"
    assert 'value="check"' in desk.get(here).content.decode()


@pytest.mark.parametrize("fault", ["closed", "401", "page", "empty"])
def test_what_is_wrong_with_a_server_is_one_line(desk, fault):
    def script(connection, number):
        if fault == "401":
            connection.reply("401 Unauthorized", "{}")
        elif fault == "page":
            connection.reply("200 OK", "<html>hello</html>", kind="text/html")
        else:
            connection.reply("200 OK", '{"object": "list", "data": []}')

    said = {
        "closed": "cannot be reached",
        "401": "refused the key",
        "page": "something that is no answer",
        "empty": "lists no model",
    }
    with scripted(script) as server:
        url = f"http://127.0.0.1:{closed_port()}/v1" if fault == "closed" else server.url
        _add(desk, url)
        here = reverse("model-connect-server", args=[Server.objects.get().pk])
        page = desk.post(here, {"do": "check"}, headers={"Accept-Language": "en"})
    assert page.status_code == 200
    assert said[fault] in page.content.decode()
    assert 'value="use"' not in page.content.decode()


def test_version_that_cannot_write_says_why(desk):
    def script(connection, number):
        connection.reply("404 Not Found", '{"error": {"message": "no such model"}}')

    with scripted(script) as server:
        _add(desk, server.url)
        row = Server.objects.get()
        desk.post(reverse("model-connect-server", args=[row.pk]), {"do": "use", "served": "gone"})
        there = reverse("model-connect-version", args=[ModelVersion.objects.get().name])
        page = desk.post(there, {"do": "try"}, headers={"Accept-Language": "en"}).content.decode()
    assert "does not know the model" in page


def test_folder_below_the_models_folder_is_registered(desk, settings, tmp_path):
    settings.PASOKH_HOME = tmp_path
    address = reverse("model-connect-where", args=["folder"])
    assert "<select" not in desk.get(address).content.decode()
    make_folder(tmp_path / "models", "base")
    (tmp_path / "models" / "base" / "model.safetensors").touch()
    page = desk.get(address).content.decode()
    assert ">base<" in page
    assert desk.post(address, {"folder": "../../etc", "name": "x"}).status_code == 400
    assert not ModelVersion.objects.exists()


def test_agents_may_not(client, sara):
    client.force_login(sara)
    assert client.get(reverse("model-connect")).status_code == 403
