"""Several tickets, bases and servers in one call, with real small models and a scripted server."""

import json
import shutil
import threading
import time

import pytest

from llm import registry
from llm.engine import engines, serving
from llm.engine.drafting import SERVER_REQUESTS
from llm.engine.lanes import run_lanes
from llm.manifest import FILE_NAME, write_manifest
from llm.models import ModelVersion
from llm.prompts import PromptInput, Turn
from llm.registry import SlotChoice
from llm.servers import options
from llm.servers.registering import add_served, add_server
from tests.llm.servers.scripted import MODEL, PATIENT, closed_port, scripted, until
from tests.llm.test_serving import expected, parts, texts
from tests.llm.tiny_models import ANSWERS, QUESTIONS

NO_ROOM = "The prompt has no room for this message."
NOTHING_TO_ANSWER = PromptInput("fa", (), (), ())


@pytest.fixture
def desk(tiny, db):
    for slot, name in (("C", "base"), ("A", "first"), ("B", "second")):
        registry.set_slot(slot, registry.add_version(tiny / name))
    yield
    engines.keep_only([])


@pytest.fixture
def desk_with_threads(tiny, transactional_db, monkeypatch, settings):
    """The same where other threads look into the database."""
    monkeypatch.setattr(options, "_refused", {})
    settings.DRAFT_SECONDS = PATIENT
    for slot, name in (("C", "base"), ("A", "first"), ("B", "second")):
        registry.set_slot(slot, registry.add_version(tiny / name))
    yield
    engines.keep_only([])


def jobs(*numbers: int) -> list[serving.DraftJob]:
    return [serving.DraftJob(parts(number), registry.slots_now()) for number in numbers]


def served(url: str, *, slot: str = "C") -> SlotChoice:
    return SlotChoice(slot, add_served(add_server("gpu", url, seconds=PATIENT), MODEL))


def test_tickets_are_written_in_one_call_of_the_engine(desk, monkeypatch):
    serving.warm_up()
    (held,) = engines._held.values()
    calls = []
    write = held.engine.generate
    monkeypatch.setattr(
        held.engine, "generate", lambda rows, **more: (calls.append(rows), write(rows, **more))[1]
    )
    heard = {}
    written = serving.generate(
        jobs(0, 1, 2), on_text=lambda job, number, text: heard.update({(job, number): text})
    )
    assert [texts(drafts) for drafts in written] == [expected(n) for n in range(3)]
    assert heard == {
        (job, number): draft.result.text
        for job, drafts in enumerate(written)
        for number, draft in enumerate(drafts)
    }
    (rows,) = calls
    assert len(rows) == 9
    assert len({id(row.prompt) for row in rows}) == 3  # read once for each ticket


def test_each_ticket_is_cancelled_alone(desk):
    first, second = serving.generate(jobs(0, 1), should_stop=lambda job: job == 0)
    assert {draft.result.finish for draft in first} == {"cancelled"}
    assert texts(second) == expected(1)


def test_ticket_without_a_question_fails_alone(desk):
    choices = registry.slots_now()
    both = [serving.DraftJob(NOTHING_TO_ANSWER, choices), serving.DraftJob(parts(1), choices)]
    first, second = serving.generate(both)
    assert {draft.error for draft in first} == {NO_ROOM}
    assert texts(second) == expected(1)


def test_prompt_that_is_too_long_for_the_base_fails_alone(desk):
    choices = registry.slots_now()
    version = choices[0].version
    version.manifest["recipe"]["prompt"] = {"budget": 4000}
    long = PromptInput("en", (), (), (Turn("customer", "pay " * 2000),))
    first, second = serving.generate(
        [serving.DraftJob(long, choices), serving.DraftJob(parts(1), choices)]
    )
    assert "no room for an answer" in first[0].error
    assert first[1].error == ""  # its own budget fits
    assert texts(second) == expected(1)


def test_refusal_of_all_rows_is_told_and_not_asked_for_again_for_ever(desk, monkeypatch):
    serving.warm_up()
    (held,) = engines._held.values()

    def refuse(rows, **more):
        raise serving.EngineError("A call writes 1 to 0 rows.")

    monkeypatch.setattr(held.engine, "generate", refuse)
    (drafts,) = serving.generate(jobs(0))
    assert {draft.error for draft in drafts} == {"A call writes 1 to 0 rows."}


def test_unknown_layout_fails_alone(desk):
    version = registry.version_named("second")
    version.manifest["prompt_version"] = "support-99"
    version.save()
    (drafts,) = serving.generate(jobs(0))
    assert texts(drafts) == expected(0) | {"B": ""}
    assert "support-99" in drafts[1].error


def test_time_limit_ends_each_row_as_it_is(desk, settings):
    settings.DRAFT_SECONDS = 1e-6
    (drafts,) = serving.generate(jobs(0))
    assert {draft.result.finish for draft in drafts} == {"timeout"}
    assert {draft.error for draft in drafts} == {""}


def test_settings_of_a_version_go_before_its_manifests(desk):
    ModelVersion.objects.filter(name="first").update(generation={"max_new_tokens": 3})
    (drafts,) = serving.generate(jobs(0))
    assert drafts[0].result.tokens == 3
    assert [draft.result.finish for draft in drafts] == ["length", "stop", "stop"]


def test_canary_stays_in_memory_for_the_tickets_to_come(desk, tiny):
    registry.set_slot("B", registry.version_named("base"))
    registry.set_canary("B", registry.version_named("second"), share=0.1)
    serving.warm_up()
    serving.generate(jobs(0))
    (held,) = engines._held.values()
    assert set(held.digests) == {"first", "base", "second"}


@pytest.fixture
def other_base(tiny, tmp_path):
    """The same numbers in other files: another base."""
    folder = tmp_path / "other"
    shutil.copytree(tiny / "base", folder)
    fields = json.loads((folder / FILE_NAME).read_text())
    (folder / FILE_NAME).unlink()
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config, indent=1))
    write_manifest(folder, {**fields, "name": "other"})
    return folder


def test_two_bases_write_side_by_side(desk, other_base):
    other = registry.add_version(other_base)
    choices = [*registry.slots_now()[:2], SlotChoice("C", other)]
    heard = []
    written = serving.generate(
        [serving.DraftJob(parts(0), choices), serving.DraftJob(parts(1), choices)],
        on_text=lambda job, number, text: heard.append(threading.get_ident()),
        on_drafts=lambda job, drafts: heard.append(threading.get_ident()),
    )
    assert [texts(drafts) for drafts in written] == [expected(0), expected(1)]
    assert len(engines._held) == 2
    assert set(heard) == {threading.get_ident()}
    serving.generate(jobs(0))
    assert len(engines._held) == 1  # what no slot needs is freed


def test_damage_on_the_disk_does_not_reach_what_is_in_memory(desk, tiny, tmp_path):
    """In memory stand the numbers that were registered; who loads them anew is told."""
    folder = tmp_path / "first"
    shutil.copytree(tiny / "first", folder)
    ModelVersion.objects.filter(name="first").update(folder=str(folder))
    serving.generate(jobs(0))
    weights = folder / "adapter_model.safetensors"
    size = weights.stat().st_size
    with weights.open("r+b") as file:  # in place, as a bad copy does it
        file.write(b"\xff" * size)
        file.truncate(size // 2)
    (drafts,) = serving.generate(jobs(1))
    assert texts(drafts) == expected(1)
    engines.keep_only([])
    (drafts,) = serving.generate(jobs(1))
    assert texts(drafts) == expected(1) | {"A": ""}
    assert "first" in drafts[0].error


def test_server_beside_a_base_is_heard_in_the_callers_thread(desk_with_threads):
    ended, heard = [], set()
    with scripted() as server:
        choices = [*registry.slots_now()[:2], served(server.url)]
        (drafts,) = serving.generate(
            [serving.DraftJob(parts(0), choices)],
            on_text=lambda job, number, text: heard.add(threading.get_ident()),
            on_drafts=lambda job, drafts: ended.append(sorted(drafts)),
        )
    assert texts(drafts) == expected(0) | {"C": "سلام، فردا می‌رسد."}
    assert sorted(ended) == [[0, 1], [2]]
    assert heard == {threading.get_ident()}


def test_slow_server_keeps_the_other_drafts_waiting_for_nothing(desk_with_threads):
    order, others = [], threading.Event()

    def slow(connection, number):
        connection.begin()
        connection.say("سلام")
        others.wait(100)
        connection.say(" شد")
        connection.done()

    def heard(job, drafts):
        order.extend(drafts)
        if len(order) == 2:
            others.set()

    with scripted(slow) as server:
        choices = [served(server.url), *registry.slots_now()[:2]]
        serving.generate(
            [serving.DraftJob(parts(0), choices)],
            on_drafts=heard,
        )
    assert order[-1] == 0
    assert sorted(order) == [0, 1, 2]


def test_server_that_is_away_costs_its_own_draft(desk_with_threads):
    choices = [*registry.slots_now()[:2], served(f"http://127.0.0.1:{closed_port()}/v1")]
    (drafts,) = serving.generate([serving.DraftJob(parts(0), choices)])
    assert texts(drafts) == expected(0) | {"C": ""}
    assert "cannot be reached" in drafts[2].error
    assert drafts[2].result.finish == "failed"


def test_cut_stream_is_failed_and_keeps_what_had_come(desk_with_threads):
    def cut(connection, number):
        connection.begin()
        connection.say("سلام، فردا ")

    with scripted(cut) as server:
        (drafts,) = serving.generate([serving.DraftJob(parts(0), [served(server.url)])])
    assert drafts[0].result.finish == "failed"
    assert drafts[0].result.text.strip() == "سلام، فردا"
    assert drafts[0].error


def test_tickets_ask_a_server_at_the_same_time_but_few(desk_with_threads):
    lock, asking, most = threading.Condition(), [], []

    def count(connection, number):
        with lock:
            asking.append(number)
            most.append(len(asking))
            lock.notify_all()
            lock.wait_for(lambda: max(most) > 1, timeout=100)
        server.wait(0.05)  # time for one too many
        with lock:
            asking.remove(number)
        connection.begin()
        connection.say("سلام")
        connection.done()

    with scripted(count) as server:
        choice = served(server.url)
        written = serving.generate([serving.DraftJob(parts(n % 3), [choice]) for n in range(6)])
    assert [draft.result.text for drafts in written for draft in drafts] == ["سلام"] * 6
    assert 1 < max(most) <= SERVER_REQUESTS


def test_listener_that_raises_ends_all_lanes(desk_with_threads):
    def endless(connection, number):
        connection.begin()
        while not server.stopping.is_set():
            connection.say("سلام ")
            server.wait(0.5)

    class Enough(Exception):
        pass

    before, began = set(threading.enumerate()), time.monotonic()

    def at_work():
        """Lanes, and readers of servers."""
        names = [thread.name for thread in set(threading.enumerate()) - before]
        return [name for name in names if name == "reader" or name.endswith("(_run)")]

    def raise_enough(*news):
        assert at_work()
        raise Enough

    with scripted(endless) as server:
        choices = [*registry.slots_now()[:2], served(server.url)]
        with pytest.raises(Enough):
            serving.generate([serving.DraftJob(parts(0), choices)], on_drafts=raise_enough)
    assert time.monotonic() - began < 100  # and not all the server's time
    assert until(lambda: not at_work())
    (drafts,) = serving.generate(jobs(0))
    assert texts(drafts) == expected(0)


def test_lane_that_raises_ends_the_others_and_is_raised():
    give_up = threading.Event()

    class Broken(Exception):
        pass

    def broken(tell):
        raise Broken

    def patient(tell):
        assert give_up.wait(60)

    with pytest.raises(Broken):
        run_lanes([broken, patient], lambda news: None, give_up=give_up)


def test_questions_are_not_logged(desk, caplog):
    serving.generate([serving.DraftJob(NOTHING_TO_ANSWER, registry.slots_now()), *jobs(0)])
    assert NO_ROOM in caplog.text
    assert not any(word in caplog.text for word in (QUESTIONS[0], ANSWERS["first"][0]))
