"""The running desk from outside: its processes, and what happens when they are killed."""

import json
import threading
import time
from pathlib import Path

import httpx
import psutil
import pytest

from tests.live_desk import COMPANY, LiveDesk, wait_for
from tests.whole import WHOLE

KILLS = 6 if WHOLE else 3
QUESTION = "سلام دامنم رو خریدم ولی به هاستم وصل نمیشه، ns ها رو باید چی بزنم؟"


def _rows(desk: LiveDesk, query: str) -> list[dict]:
    code = (
        "import json; from django.db import connection; c = connection.cursor();"
        f"c.execute({query!r}); n = [d[0] for d in c.description];"
        "print(json.dumps([dict(zip(n, r)) for r in c.fetchall()], default=str))"
    )
    return json.loads(desk.manage("shell", "--no-imports", "-c", code).stdout)


def test_a_ticket_gets_three_drafts_of_three_versions_with_sources(desk_server):
    ticket = desk_server.new_ticket(QUESTION, external_id="three-drafts")
    drafts = wait_for(lambda: desk_server.drafts_ready(ticket), seconds=180)
    versions = _rows(
        desk_server,
        f"SELECT DISTINCT version_id FROM tickets_suggestion WHERE ticket_id = {ticket}",
    )
    assert len(versions) == 3
    assert all(draft["text"] and draft["sources"] for draft in drafts)


def _child(desk: LiveDesk, words: str) -> psutil.Process:
    """Once the supervisor has started it, be it again."""
    return wait_for(lambda: desk.child(words))


def test_suggest_worker_killed_in_a_draft_loses_and_doubles_nothing(desk_server):
    worker = _child(desk_server, "suggest@desk")
    ticket = desk_server.new_ticket(QUESTION, external_id="killed-worker")

    def writing():
        return any(row["text"] for row in desk_server.suggestions(ticket))

    wait_for(writing, pause=0.01)
    worker.kill()
    worker.wait(120)
    drafts = wait_for(lambda: desk_server.drafts_ready(ticket), seconds=240)
    assert sorted(row["slot"] for row in _slots(desk_server, ticket)) == ["A", "B", "C"]
    assert all(draft["text"] for draft in drafts)
    # The drafts may have been whole before the signal came: then nobody waited for its successor.
    assert _child(desk_server, "suggest@desk").pid != worker.pid


def _slots(desk: LiveDesk, ticket: int) -> list[dict]:
    return _rows(desk, f"SELECT slot FROM tickets_suggestion WHERE ticket_id = {ticket}")


def test_web_process_killed_in_a_send_sends_each_reply_once(desk_server):
    tickets = [
        desk_server.new_ticket(QUESTION, external_id=f"killed-web-{number}")
        for number in range(KILLS)
    ]
    for number, ticket in enumerate(tickets):
        sender = threading.Thread(target=_send, args=(desk_server, ticket))
        sender.start()
        time.sleep(0.024 * number / KILLS)  # before, in and after the transaction
        _child(desk_server, "uvicorn").kill()
        sender.join()
        wait_for(desk_server._answers)
        assert _send(desk_server, ticket) in (200, 201)  # what a person does: presses send again
    replies = _rows(
        desk_server,
        "SELECT ticket_id, count(*) AS n FROM tickets_reply JOIN tickets_ticket t ON t.id ="
        " ticket_id WHERE t.external_id LIKE 'killed-web-%' GROUP BY ticket_id",
    )
    assert {row["ticket_id"]: row["n"] for row in replies} == dict.fromkeys(tickets, 1)
    states = _rows(
        desk_server, "SELECT state FROM tickets_ticket WHERE external_id LIKE 'killed-web-%'"
    )
    assert {row["state"] for row in states} == {"answered"}


def _send(desk: LiveDesk, ticket: int) -> int:
    body = {
        "text": "سلام، نام سرورها را عوض کنید.",
        "suggestion": None,
        "send_key": f"kill-{ticket}",
    }
    try:
        with desk.api("sara") as api:
            return api.post(f"tickets/{ticket}/replies/", json=body).status_code
    except httpx.TransportError:
        return 0


def test_a_second_start_says_that_one_is_running(desk_server):
    done = desk_server.manage("start", "--port", "1", check=False)
    assert done.returncode == 2
    assert "already running" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


@pytest.mark.parametrize("words", ["uvicorn", "index@desk", "--quiet beat"])
def test_torch_is_loaded_where_models_run_only(desk_server, words):
    maps = Path(f"/proc/{_child(desk_server, words).pid}/maps").read_text()
    assert "python" in maps
    assert "libtorch" not in maps


def test_commands_share_the_running_desk(desk_server):
    line = json.loads((COMPANY / "new_tickets" / "shop.jsonl").read_text().splitlines()[0])
    found = json.loads(desk_server.manage("search", line["question"], "--json").stdout)
    assert found["results"]


def test_doctor_finds_nothing_wrong(desk_server):
    checks = json.loads(desk_server.manage("doctor", "--json").stdout)["checks"]
    assert [check for check in checks if not check["ok"]] == []
    assert {check["name"]: check["detail"] for check in checks}["desk"] == "running"


def test_live_stream_tells_of_a_ticket_while_it_is_drafted(desk_server):
    heard = []

    def told() -> bool:
        return "asked" in heard and "event: inbox" in heard[heard.index("asked") :]

    def hear():
        with (
            desk_server.browser_session("sara") as page,
            page.stream("GET", "/live/?topic=inbox", timeout=180) as stream,
        ):
            for line in stream.iter_lines():
                heard.append(line)
                if told():
                    return

    listener = threading.Thread(target=hear, daemon=True)
    listener.start()
    wait_for(lambda: any("open" in line for line in heard))
    heard.append("asked")
    ticket = desk_server.new_ticket(QUESTION, external_id="heard")
    listener.join(120)
    assert told()
    assert not any(f'"ticket": {ticket}' in line for line in heard)  # it could be another team's


def test_queue_tables_hold_ids_only(desk_server):
    desk_server.new_ticket("شماره من 09121234567 است، سفارشم نرسید", external_id="ids-only")
    rows = _rows(desk_server, "SELECT message::text AS m FROM pgmq.q_suggest")
    rows += _rows(desk_server, "SELECT message::text AS m FROM pgmq.q_index")
    assert not [row for row in rows if "9121234567" in row["m"]]


def test_ctrl_c_ends_every_process_of_the_desk(desk_server):
    """Last of this file: it stops the desk and starts it again."""
    supervisor = psutil.Process(desk_server.process.pid)
    processes = supervisor.children(recursive=True)
    assert len(processes) >= 4
    assert desk_server.stop() == 0
    assert not [p for p in processes if p.is_running() and p.status() != psutil.STATUS_ZOMBIE]
    desk_server.start()
