"""A run's row, whatever becomes of the run; one at a time; stopped, killed and gone on with."""

import errno
import os
import re
import signal
import subprocess
import sys
import threading
import time
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.conf import settings as desk_settings
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone, translation

from runtime.errors import InputError
from runtime.jobs import State, Trigger
from tests.training.tiny import ROWS, tuned_recipe
from training.full_disk import DiskFull
from training.methods.checkpoints import last_whole, read_log
from training.methods.results import Fit, Material, Step, Stopped, Work, method_of
from training.methods.tasking import TaskFolder
from training.models import TrainingRun, training_runs
from training.recipes import recipe_from
from training.runs import (
    Busy,
    has_checkpoint,
    is_free,
    one_at_a_time,
    record,
    resumable,
    run_folder,
    running,
)
from training.runs.costs import Pace
from training.runs.folders import clean_old
from training.runs.watching import lasting

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _home(settings, tmp_path):
    settings.PASOKH_HOME = tmp_path / "home"


def step(number, *, of=10, seconds=None, tokens=None):
    return Step(
        step=number,
        steps=of,
        loss=2.0 - number / 10,
        mean=2.0,
        tokens=100 * number if tokens is None else tokens,
        seconds=float(number) if seconds is None else seconds,
    )


def a_fit(**changes):
    return Fit(
        **{
            "steps": 10,
            "loss": 1.25,
            "seconds": 20.0,
            "trainable_parameters": 7,
            "total_parameters": 70,
            "peak_memory_bytes": 2**40,
            "tokens": 1000,
        }
        | changes
    )


def checkpoint_of(run, number=5):
    folder = run_folder(run) / "checkpoints" / f"checkpoint-{number}"
    folder.mkdir(parents=True)
    (folder / "whole.json").write_text("{}")


def closed(state, **fields):
    """A row as a process left it."""
    return TrainingRun.objects.create(recipe="tiny", state=state, **fields)


@pytest.fixture
def clock(monkeypatch):
    """What costs are counted by; it stands still but for the test."""
    clock = SimpleNamespace(now=1000.0)
    monkeypatch.setattr("training.runs.costs.time", SimpleNamespace(monotonic=lambda: clock.now))
    return clock


# --- the row


def test_record_keeps_what_a_run_came_to():
    with record(tuned_recipe(), slot="B") as run:
        run.phase("data")
        watcher = run.watcher()
        for number in (1, 2, 3):
            watcher.on_step(step(number))
        time.sleep(0.06)  # what is kept is rounded to tenths
        assert watcher.should_stop() == ""
        run.keep(fit=a_fit(), metrics={"chrf": 40})
        run.phase("measuring")
        run.keep(metrics={"loss": 2})
        checkpoint_of(run.row)
        (run_folder(run.row) / "log.jsonl").write_text('{"step": 1, "loss": 2.0}\n')
    row = TrainingRun.objects.get()
    assert (row.state, row.phase, row.slot, row.trigger) == ("done", "measuring", "B", "command")
    assert (row.done, row.total, row.tokens, row.tokens_per_second) == (10, 10, 1000, 50.0)
    assert row.metrics == {"chrf": 40, "loss": 2}
    assert row.peak_memory_bytes == 2**40
    assert row.report["mean"] == 1.25
    assert row.seconds > 0
    assert row.finished_at is not None
    assert recipe_from(row.config) == tuned_recipe()
    assert not has_checkpoint(row)
    assert (run_folder(row) / "log.jsonl").is_file()


def test_progress_stands_in_the_row_while_it_goes_on(monkeypatch):
    monkeypatch.setattr("runtime.recording.TOLD_SECONDS", 0.0)
    said = []
    with record(tuned_recipe()) as run:
        watcher = run.watcher(report=said.append)
        watcher.on_step(step(1, seconds=0.5))
        watcher.on_step(step(3, seconds=1.5))
        row = TrainingRun.objects.get()
        assert (row.state, row.phase, row.done, row.total) == ("running", "training", 3, 10)
        assert (row.tokens, row.tokens_per_second) == (300, 200.0)
        assert row.report["seconds_left"] == 3.5
        assert row.peak_memory_bytes > 2**20
    assert re.fullmatch(r"Step 1 of 10, loss 2\.000, 0 tokens/s, [\d.]+ GiB", said[0])


@pytest.mark.parametrize(
    ("error", "state", "line"),
    [
        (InputError("Lower the rank."), "failed", "Lower the rank."),
        (RuntimeError("a customer's words"), "failed", "RuntimeError"),
        (Stopped("time", 5), "stopped", "5"),
        (KeyboardInterrupt(), "stopped", "."),
    ],
)
def test_record_closes_the_row_however_it_ends(error, state, line):
    def work():
        with record(tuned_recipe()) as run:
            checkpoint_of(run.row)
            raise error

    with pytest.raises(type(error)):
        work()
    row = TrainingRun.objects.get()
    assert row.state == state
    assert line in row.error
    assert "customer" not in row.error
    assert has_checkpoint(row)
    assert is_free()


def test_a_full_disk_is_one_line():
    with pytest.raises(DiskFull), record(tuned_recipe()):
        raise OSError(errno.ENOSPC, "No space left on device")
    assert TrainingRun.objects.get().state == "failed"


def test_cost_counts_on_over_resumptions(clock):
    def work():
        with record(tuned_recipe()):
            clock.now += 5
            raise Stopped("asked", 2)

    with pytest.raises(Stopped):
        work()
    first = TrainingRun.objects.get()
    TrainingRun.objects.update(seconds=100.0, done=2)
    first.refresh_from_db()
    with record(tuned_recipe(), resume=first) as run:
        assert run.row.pk == first.pk
        clock.now += 7
    row = TrainingRun.objects.get()
    assert (row.state, row.attempts, row.done) == ("done", 2, 2)
    assert (first.seconds, row.seconds) == (100, 107)
    assert row.started_at == first.started_at


def test_gpu_time_is_counted_where_a_gpu_is_used_and_counts_on(monkeypatch, clock):
    there = {"is_available": lambda: True, "is_initialized": lambda: False}
    cuda = SimpleNamespace(**there, device_count=lambda: 8, max_memory_allocated=lambda: 0)
    monkeypatch.setitem(sys.modules, "torch", SimpleNamespace(cuda=cuda))
    with record(tuned_recipe()) as run:
        run.watcher()
        clock.now += 30
    row = TrainingRun.objects.get()
    assert row.gpu_seconds == 0  # it trained on the processor
    assert row.peak_memory_bytes > 2**20
    cuda.is_initialized = lambda: True
    TrainingRun.objects.update(state="stopped", phase="training", gpu_seconds=100.0)
    row.refresh_from_db()
    with record(tuned_recipe(), resume=row) as run:
        run.watcher()
        clock.now += 30
    row.refresh_from_db()
    assert row.gpu_seconds == 130  # of one GPU, not of the eight that there are
    with record(tuned_recipe(), resume=row) as run:
        run.watcher()
        run.keep(fit=a_fit(gpu_seconds=700.0))  # other processes had more of them
    row.refresh_from_db()
    assert row.gpu_seconds == 700


def test_figures_of_a_phase_without_steps_stand_in_the_row(monkeypatch):
    monkeypatch.setattr("runtime.recording.TOLD_SECONDS", 0.0)
    said = []

    def work():
        with record(tuned_recipe()) as run:
            run.phase("data")
            report = run.reporting(said.append)
            report("Gathering rows")
            report("Rows 40 of 400")
            row = TrainingRun.objects.get()
            assert (row.report["phase_done"], row.report["phase_total"]) == (40, 400)
            training_runs.ask_to_stop(row.pk)
            report("Rows 41 of 400")

    with pytest.raises(Stopped):
        work()
    assert said[1:] == ["Rows 40 of 400", "Rows 41 of 400"]
    assert TrainingRun.objects.get().state == "stopped"


# --- stopping


def test_a_stop_at_the_desk_is_seen_after_the_next_step(monkeypatch):
    monkeypatch.setattr("runtime.recording.TOLD_SECONDS", 0.0)
    with record(tuned_recipe()) as run:
        watcher = run.watcher()
        watcher.on_step(step(1))
        assert watcher.should_stop() == ""
        training_runs.ask_to_stop(run.row.pk)
        watcher.on_step(step(2))
        assert watcher.should_stop() == "asked"


def test_the_time_that_was_given_ends_training(clock):
    with record(tuned_recipe()) as run:
        watcher = run.watcher(max_minutes=1)
        clock.now += 59
        assert watcher.should_stop() == ""
        clock.now += 1
        assert watcher.should_stop() == "time"


def test_sigterm_ends_a_phase_that_has_no_checkpoints_at_once():
    before = signal.getsignal(signal.SIGTERM)

    def work():
        with record(tuned_recipe()) as run:
            run.watcher()
            run.phase("measuring")
            os.kill(os.getpid(), signal.SIGTERM)
            time.sleep(1)

    with pytest.raises(KeyboardInterrupt):
        work()
    assert TrainingRun.objects.get().state == "stopped"
    assert signal.getsignal(signal.SIGTERM) == before


def test_a_second_ctrl_c_does_not_wait_for_the_step():
    def work():
        with record(tuned_recipe()) as run:
            watcher = run.watcher()
            os.kill(os.getpid(), signal.SIGINT)
            assert watcher.should_stop() == "asked"
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(1)

    with pytest.raises(KeyboardInterrupt):
        work()


def test_sigterm_makes_a_checkpoint_and_the_run_goes_on_to_the_same_losses(base, monkeypatch):
    monkeypatch.setattr("training.runs.watching.LINE_SECONDS", 0.0)
    recipe = tuned_recipe(method="lora", schedule={"steps": 6, "batch": 4, "learning_rate": 1e-2})

    def train(run, report):
        into = run_folder(run.row) / "into"
        into.mkdir(parents=True, exist_ok=True)
        method_of(recipe).train(
            Material(rows=ROWS),
            Work(
                recipe=recipe,
                folder=run_folder(run.row),
                into=into,
                base=base[0],
                watcher=run.watcher(report=report),
            ),
        )
        return [
            line["loss"] for line in read_log(run_folder(run.row) / "log.jsonl") if "loss" in line
        ]

    def terminate(line):
        if "Step 3" in line:
            os.kill(os.getpid(), signal.SIGTERM)

    with record(recipe) as run:
        whole = train(run, lambda line: None)
    assert resumable() is None

    def work():
        with record(recipe) as run:
            train(run, terminate)

    with pytest.raises(Stopped):
        work()
    row = TrainingRun.objects.first()
    assert row.state == "stopped"
    assert last_whole(run_folder(row) / "checkpoints").name == "checkpoint-3"
    assert resumable() == row
    with record(recipe, resume=row) as run:
        assert train(run, lambda line: None) == whole
    assert TrainingRun.objects.first().state == "done"


# --- one at a time


def test_a_second_run_is_told_which_one_goes_on():
    said = []

    def second():
        try:
            with one_at_a_time():
                said.append("both")
        except Busy as error:
            said.append(str(error))
        finally:
            connection.close()

    with record(tuned_recipe()) as run:
        assert not is_free()
        with one_at_a_time():  # who holds it may enter again
            pass
        thread = threading.Thread(target=second)
        thread.start()
        thread.join()
        assert f"manage.py runs stop {run.row.pk}" in said[0]
        assert "tiny-tuned" in said[0]
    assert is_free()


def test_looking_whether_a_run_could_begin_never_stands_in_its_way():
    over = threading.Event()

    def look():
        while not over.is_set():
            is_free()
        connection.close()

    lookers = [threading.Thread(target=look) for _ in range(2)]
    for looker in lookers:
        looker.start()
    try:
        for _ in range(40):
            with one_at_a_time():
                pass
    finally:
        over.set()
        for looker in lookers:
            looker.join()


KILLED = """
import sys, time
import django
django.setup()
from pathlib import Path
from django.conf import settings
settings.PASOKH_HOME = Path(sys.argv[1])
from training.runs import record, run_folder
from tests.training.tiny import tuned_recipe
from training.methods.results import Step
with record(tuned_recipe(), trigger=sys.argv[2]) as run:
    watcher = run.watcher()
    for number in range(1, 10000):
        watcher.on_step(Step(number, 10000, 1.0, 1.0, number, float(number)))
        if number == 5:
            folder = run_folder(run.row) / "checkpoints" / "checkpoint-5"
            folder.mkdir(parents=True)
            (folder / "whole.json").write_text("{}")
            print("five", flush=True)
        if watcher.should_stop():
            break
        time.sleep(0.01)
"""


@pytest.fixture
def start(settings):
    """A process that trains on this test's database until it is killed."""
    if not desk_settings.EMBEDDED_DATABASE:
        pytest.skip("the process is given the embedded test database by its name")
    environment = os.environ | {
        "PASOKH_HOME": str(connection.settings_dict["OPTIONS"]["home"]),
        "PASOKH_DATABASE": str(connection.settings_dict["NAME"]),
        "DJANGO_SETTINGS_MODULE": "config.settings",
    }
    started = []

    def begin(trigger):
        process = subprocess.Popen(
            [sys.executable, "-W", "ignore", "-c", KILLED, str(settings.PASOKH_HOME), trigger],
            cwd=desk_settings.BASE_DIR,
            env=environment,
            stdout=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        assert process.stdout.readline() == "five\n"
        return process

    yield begin
    for process in started:
        process.kill()
        process.wait()
        process.stdout.close()


def test_a_killed_run_frees_the_lock_and_can_go_on(start):
    process = start("command")
    assert not is_free()
    with pytest.raises(Busy), one_at_a_time():
        pass
    assert resumable() is None
    process.send_signal(signal.SIGKILL)
    process.wait()
    deadline = time.monotonic() + 60
    while not is_free():
        assert time.monotonic() < deadline
        time.sleep(0.02)
    row = TrainingRun.objects.get()
    assert row.state == "running"  # nobody could say otherwise
    with one_at_a_time():
        assert resumable() == row


def test_the_sweep_closes_what_was_killed_and_asks_again_for_the_desks_own():
    now, asked = timezone.now(), []
    dead = {"state": State.RUNNING, "heartbeat_at": now - timedelta(minutes=5)}
    of_command = closed(**dead, trigger=Trigger.COMMAND, report={"mean": 1.5})
    of_desk = closed(**dead, trigger=Trigger.DESK, attempts=1)
    hopeless = closed(**dead, trigger=Trigger.DESK, attempts=3)
    for run in (of_command, of_desk, hopeless):
        checkpoint_of(run)
    assert training_runs.sweep(asked.append, now=now) == 1
    assert asked == [of_desk.pk]
    for run in (of_command, of_desk, hopeless):
        run.refresh_from_db()
    states = [run.state for run in (of_command, of_desk, hopeless)]
    assert states == ["stopped", "running", "failed"]
    assert of_command.error
    assert of_command.report == {"mean": 1.5}
    assert resumable() == hopeless


def test_sigterm_stops_a_process_between_steps(start):
    process = start("desk")
    process.send_signal(signal.SIGTERM)
    process.wait(120)
    assert TrainingRun.objects.get().state == "done"  # it broke off its loop, as asked


# --- waiting for a process


@pytest.fixture
def sent(monkeypatch):
    ids = []
    monkeypatch.setattr("training.tasks.train.delay", ids.append)
    return ids


def carry(monkeypatch, work):
    monkeypatch.setattr(running, "carry_out", work)


def test_a_queued_run_is_carried_out_once(monkeypatch, sent):
    run = running.queue(tuned_recipe(), by=None, slot="A", max_minutes=5)
    assert sent == [run.pk]

    def work(row):
        assert row.options == {"max_minutes": 5, "data": ""}
        with record(recipe_from(row.config), resume=row) as held:
            held.keep(fit=a_fit())

    carry(monkeypatch, work)
    assert running.run(run.pk)
    assert not running.run(run.pk)
    run.refresh_from_db()
    assert (run.state, run.attempts, run.done, run.error) == ("done", 1, 10, "")


def test_a_run_that_had_nothing_to_learn_from_says_so(monkeypatch, sent, client, mina):
    run = running.queue(tuned_recipe(), by=None)
    carry(monkeypatch, lambda row: None)
    assert running.run(run.pk)
    run.refresh_from_db()
    line = "There was nothing new to learn from."
    assert (run.state, run.error) == ("done", line)
    client.force_login(mina)
    for lang in ("en", "fa"):
        client.cookies["django_language"] = lang
        with translation.override(lang):
            words = translation.gettext(line)
        assert words in client.get(f"/training/runs/{run.pk}/").content.decode()


def test_an_error_that_nobody_expected_is_told_by_its_kind_alone(monkeypatch, sent, caplog):
    run = running.queue(tuned_recipe(), by=None)

    def work(row):
        raise ValueError("the customer wrote this")

    carry(monkeypatch, work)
    with pytest.raises(CommandError) as caught:
        call_command("train_run", str(run.pk))
    assert str(caught.value) == f"Run {run.pk} ended with ValueError."
    run.refresh_from_db()
    assert run.state == "failed"
    assert "customer wrote" not in run.error + caplog.text


def test_what_is_refused_before_the_run_began_stands_in_its_row(monkeypatch, sent):
    run = running.queue(tuned_recipe(), by=None)

    def work(row):
        raise InputError("The data set is empty.")

    carry(monkeypatch, work)
    assert running.run(run.pk)
    run.refresh_from_db()
    assert (run.state, run.error) == ("failed", "The data set is empty.")


def test_a_run_waits_while_another_goes_on(monkeypatch, sent):
    run = running.queue(tuned_recipe(), by=None)
    done = []
    carry(monkeypatch, lambda row: done.append(row.pk))

    def other():
        try:
            assert not running.launch(run.pk)
            assert not running.run(run.pk)
        finally:
            connection.close()

    with one_at_a_time():
        thread = threading.Thread(target=other)
        thread.start()
        thread.join()
    run.refresh_from_db()
    assert (run.state, done) == ("queued", [])
    following = running.queue(tuned_recipe(), by=None)
    sent.clear()
    assert running.run(run.pk)
    assert done == [run.pk]
    assert sent == [following.pk]


def test_going_on_waits_for_a_process_again(sent, mina):
    run = closed(State.STOPPED, trigger=Trigger.COMMAND, done=5)
    assert not running.may_go_on(run)
    checkpoint_of(run)
    assert running.may_go_on(run)
    running.go_on(run, by=mina)
    run.refresh_from_db()
    assert (run.state, run.trigger, run.started_by, sent) == ("queued", "desk", mina, [run.pk])
    with pytest.raises(running.CannotGoOn):
        running.go_on(run, by=mina)


# --- what is kept


def test_resumable_is_the_newest_with_a_checkpoint():
    first, second = closed(State.FAILED), closed(State.STOPPED)
    for run in (first, second, closed(State.DONE)):
        checkpoint_of(run)
    closed(State.STOPPED)
    alive = closed(State.RUNNING, heartbeat_at=timezone.now())
    checkpoint_of(alive)
    assert resumable() == second
    assert resumable(recipe="other") is None
    assert resumable(now=timezone.now() + timedelta(minutes=5)) == alive


def test_old_checkpoints_are_cleaned_and_logs_stay(settings):
    settings.KEEP_STOPPED_RUNS = 3
    now = timezone.now()
    old = closed(State.STOPPED, finished_at=now - timedelta(days=4))
    young = closed(State.FAILED, finished_at=now - timedelta(days=2))
    done = closed(State.DONE, finished_at=now)
    for run in (old, young, done):
        checkpoint_of(run)
        (run_folder(run) / "log.jsonl").write_text("")
    assert clean_old() == 2
    assert [has_checkpoint(run) for run in (old, young, done)] == [False, True, False]
    assert (run_folder(old) / "log.jsonl").is_file()
    assert clean_old() == 0


def test_rows_that_a_killed_run_was_spread_with_do_not_stay(settings):
    killed = closed(State.STOPPED, finished_at=timezone.now())
    alive = closed(State.RUNNING, heartbeat_at=timezone.now())
    files = []
    for run in (killed, alive):
        checkpoint_of(run)
        task = TaskFolder(run_folder(run) / "spread")
        task.write(Material(rows=ROWS[:2]), Work(tuned_recipe(), run_folder(run), run_folder(run)))
        files.append(task.path / "rows.jsonl")
    clean_old()
    assert [path.exists() for path in files] == [False, True]
    assert has_checkpoint(killed)


def test_pace_forgets_how_slow_the_beginning_was(clock):
    begun = clock.now
    pace = Pace()
    assert pace.seconds_left is None
    pace.note(step(1, of=100, seconds=50.0, tokens=10))
    for number in range(2, 12):
        clock.now += 5
        seconds = 50.0 + clock.now - begun
        pace.note(step(number, of=100, seconds=seconds, tokens=10 + 20 * (number - 1)))
    assert pace.tokens_per_second == 4.0
    assert pace.seconds_left == 5 * 89


@pytest.mark.parametrize(
    ("seconds", "text"), [(12.2, "12 s"), (200, "3 min"), (6000, "1 h 40 min")]
)
def test_lasting_names_one_or_two_units(seconds, text):
    assert lasting(seconds) == text
