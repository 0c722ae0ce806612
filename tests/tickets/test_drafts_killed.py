"""What becomes of the drafts when something dies under them: the engine's process, the server
behind a slot, an adapter's files. With real small models, and a real worker that is killed.

Nothing is shown as finished that is not, nothing is lost, and the desk says what is wrong.
"""

import os
import shutil
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from llm.engine import engines
from llm.models import ModelVersion, Server
from llm.registry import add_version, set_slot
from llm.servers import asking, options
from llm.servers.registering import add_served, add_server
from tests.another_process import TO_BE_KILLED, kill
from tests.live_desk import wait_for
from tests.llm import tiny_models
from tests.llm.servers.scripted import MODEL, PATIENT, closed_port, scripted
from tests.tickets.factories import make_ticket
from tickets.models import Suggestion, Ticket
from tickets.suggesting import suggest_for_ticket
from tickets.sweeping import sweep

pytestmark = pytest.mark.django_db(transaction=True)
State = Suggestion.State

HALTING = """
import pathlib, time
from tickets import draft_rows, suggesting
draft_rows.FLUSH_SECONDS = 0
grow, letters = draft_rows.DraftRows.on_text, {{}}
def halting(self, number, text):
    grow(self, number, text)
    letters[self.claim.ticket_id] = len(text)
    if len(letters) == 2 and min(letters.values()) > 4:
        pathlib.Path({stands!r}).touch()
        time.sleep(600)
draft_rows.DraftRows.on_text = halting
suggesting.suggest_for_ticket({ticket})
"""
"""A worker with the real engine that stands still, until it is killed, in the middle of a word of
two tickets; then the file `stands` is there."""


@pytest.fixture
def slots(models, monkeypatch):
    monkeypatch.setattr(options, "_refused", {})
    base = add_version(models / "base")
    for slot, name in (("A", "first"), ("B", "second")):
        set_slot(slot, add_version(models / name))
    set_slot("C", base)
    yield
    engines.keep_only([])


@pytest.fixture
def desk(client, mina):
    client.force_login(mina)
    client.cookies["django_language"] = "en"
    return client


def _ticket(number: int = 1) -> Ticket:
    return make_ticket(text=tiny_models.QUESTIONS[number], subject="", lang="fa")


def _right(number: int) -> dict[str, str]:
    answers = (tiny_models.ANSWERS[name][number] for name in ("first", "second", "base"))
    return dict(zip("ABC", answers, strict=True))


def _texts(ticket: Ticket) -> dict[str, str]:
    return dict(ticket.suggestions.values_list("slot", "text"))


def _worker(settings, ticket: Ticket, stands: Path) -> subprocess.Popen[bytes]:
    """A process of its own on this test's database."""
    if not settings.EMBEDDED_DATABASE:
        pytest.skip("the process is given the embedded test database by its name")
    home = str(connection.settings_dict["OPTIONS"]["home"])
    own = {"PASOKH_HOME": home, "PASOKH_DATABASE": str(connection.settings_dict["NAME"])}
    code = HALTING.format(ticket=ticket.pk, stands=str(stands))
    return subprocess.Popen(
        [sys.executable, "manage.py", "shell", "--no-imports", "-c", code],
        cwd=settings.BASE_DIR,
        env=os.environ | own | TO_BE_KILLED | {"DJANGO_SETTINGS_MODULE": "config.settings"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )


def test_killed_engine_leaves_nothing_finished_and_nothing_lost(slots, settings, tmp_path):
    tickets = [_ticket(0), _ticket(1)]
    process = _worker(settings, tickets[0], tmp_path / "stands")

    def stands() -> bool:
        assert process.poll() is None, process.communicate()[1].decode()[-2000:]
        return (tmp_path / "stands").exists()

    wait_for(stands, seconds=240)
    growing = Suggestion.objects.filter(state=State.WRITING).exclude(text="")
    assert growing.values("ticket").distinct().count() == 2
    kill(process)
    partly = {ticket.pk: _texts(ticket) for ticket in tickets}
    for number, ticket in enumerate(tickets):
        ticket.refresh_from_db()
        assert ticket.state == Ticket.State.DRAFTING
        assert not ticket.suggestions.exclude(state__in=(State.PENDING, State.WRITING)).exists()
        for slot, text in partly[ticket.pk].items():
            assert _right(number)[slot].startswith(text)  # whole letters of what it was to be
    assert any(
        0 < len(text) < len(_right(number)[slot])
        for number, ticket in enumerate(tickets)
        for slot, text in partly[ticket.pk].items()
    )
    later = timezone.now() + timedelta(seconds=settings.STALE_SECONDS + 1)
    assert sweep(now=later)["asked_again"] == 2
    for number, ticket in enumerate(tickets):
        assert suggest_for_ticket(ticket.pk)
        assert _texts(ticket) == _right(number)
        assert ticket.suggestions.filter(state=State.READY).count() == 3


def _slow(connection, number):
    connection.begin()
    connection.say("سلام، ")
    while not connection.is_gone():
        pass


def _silent(connection, number):
    connection.is_gone()


def _nonsense(connection, number):
    connection.reply("200 OK", "<html>Welcome to nginx</html>", kind="text/html")


def _half_json(connection, number):
    connection.begin()
    connection.send('data: {"choices": [{"index": 0, "delta": {"cont\n\n')
    connection.send("data: [DONE]\n\n")


def _cut(connection, number):
    connection.begin()
    connection.say("سلام، فردا")


@pytest.mark.parametrize("script", [None, _silent, _slow, _nonsense, _half_json, _cut])
def test_slot_whose_server_fails_says_so_and_the_others_go_on(slots, desk, script, monkeypatch):
    # Its silence alone ends an answer: where the whole time is over first, half a text is kept.
    monkeypatch.setattr(asking, "SILENCE_SHARE", 0.5 / PATIENT)
    with scripted(script or _silent) as server:
        url = server.url if script else f"http://127.0.0.1:{closed_port()}/v1"
        set_slot("C", add_served(add_server("gpu", url, seconds=PATIENT), MODEL))
        ticket = _ticket()
        assert suggest_for_ticket(ticket.pk)
    ticket.refresh_from_db()
    rows = {row.slot: row for row in ticket.suggestions.all()}
    assert ticket.state == Ticket.State.READY
    assert {slot: rows[slot].text for slot in "AB"} == {
        slot: text for slot, text in _right(1).items() if slot != "C"
    }
    assert [rows[slot].state for slot in "ABC"] == [State.READY, State.READY, State.FAILED]
    error = rows["C"].error
    assert "server" in error
    assert Server.objects.get().last_error == error
    page = desk.get(reverse("ticket", args=[ticket.pk])).content.decode()
    assert page.count('data-state="failed"') == 1
    (slot_c,) = (
        one for one in desk.get(reverse("models")).context["slots"] if one["row"].slot == "C"
    )
    assert slot_c["row"].trouble


def test_server_that_comes_back_writes_again(slots):
    down = []

    def at_first(connection, number):
        connection.begin()
        connection.say("سلام، برگشتیم.")
        if not down:
            connection.done()

    with scripted(at_first) as server:
        set_slot("C", add_served(add_server("gpu", server.url, seconds=60.0), MODEL))
        down.append(True)
        first, second = _ticket(0), _ticket(1)
        assert suggest_for_ticket(first.pk)
        assert {row.state for row in first.suggestions.filter(slot="C")} == {State.FAILED}
        down.clear()
        third = _ticket(1)
        assert suggest_for_ticket(third.pk)
        assert third.suggestions.get(slot="C").text == "سلام، برگشتیم."
    second.refresh_from_db()
    assert second.state == Ticket.State.READY  # it was written beside the first


def test_adapter_damaged_while_it_serves(slots, models, tmp_path, desk):
    """What is in memory is what was registered and goes on; the model page says what is wrong, and
    a worker that starts anew writes no draft from damaged files."""
    folder = tmp_path / "first"
    shutil.copytree(models / "first", folder)
    ModelVersion.objects.filter(name="first").update(folder=str(folder))
    before = _ticket()
    assert suggest_for_ticket(before.pk)
    weights = folder / "adapter_model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1] + b"x")
    served = _ticket()
    assert suggest_for_ticket(served.pk)
    assert _texts(before) == _texts(served) == _right(1)
    (slot_a,) = (
        one for one in desk.get(reverse("models")).context["slots"] if one["row"].slot == "A"
    )
    assert slot_a["row"].trouble
    engines.keep_only([])  # as after a restart
    after = _ticket()
    assert suggest_for_ticket(after.pk)
    assert _texts(after) == _right(1) | {"A": ""}
    assert after.suggestions.get(slot="A").state == State.FAILED
    assert "first" in after.suggestions.get(slot="A").error


def test_adapter_replaced_while_it_serves_is_never_taken_for_the_registered_one(
    slots, models, tmp_path
):
    folder = tmp_path / "first"
    shutil.copytree(models / "first", folder)
    ModelVersion.objects.filter(name="first").update(folder=str(folder))
    assert suggest_for_ticket(_ticket().pk)
    shutil.rmtree(folder)
    tiny_models.build_tuned(folder, models / "base", name="second", version="first", rank=2)
    served = _ticket()
    assert suggest_for_ticket(served.pk)
    assert _texts(served) == _right(1)
    engines.keep_only([])
    after = _ticket()
    assert suggest_for_ticket(after.pk)
    assert "not what was registered" in after.suggestions.get(slot="A").error
