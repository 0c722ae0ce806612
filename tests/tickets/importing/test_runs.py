"""Imports of past tickets that the desk asks for: a row, a process of its own, the report kept."""

import json
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command

from runtime.jobs import State
from tickets import tasks
from tickets.importing import BadHistoryFile, running, runs
from tickets.models import Ticket, TicketImportRun

pytestmark = pytest.mark.django_db
ROWS = [
    {"external_id": "a1", "question": "The router does not start at all.", "answer": "Hold reset."},
    {
        "external_id": "a2",
        "question": "How can I change my password here?",
        "answer": "In settings.",
    },
    {"external_id": "a3", "question": "Does anybody read what we write?"},
]


def upload(rows=ROWS, *, name="years.jsonl"):
    lines = "\n".join(row if isinstance(row, str) else json.dumps(row) for row in rows)
    return SimpleUploadedFile(name, lines.encode())


@pytest.fixture
def mina(db):
    return User.objects.create_user("mina")


@pytest.fixture(autouse=True)
def asked(monkeypatch):
    ids = []
    monkeypatch.setattr(tasks.run_ticket_import, "delay", ids.append)
    return ids


def kept_path(run, settings):
    return Path(settings.MEDIA_ROOT) / run.path


def test_an_upload_is_kept_and_a_worker_asked(
    mina, asked, settings, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        run = runs.start(upload(), user=mina, options={"lang": "en"})
    assert asked == [run.pk]
    assert (run.state, run.lang, run.file_name) == (State.QUEUED, "en", "years.jsonl")
    assert kept_path(run, settings).parent.stat().st_mode & 0o077 == 0


def test_a_run_imports_and_forgets_its_file(mina, settings):
    run = runs.start(upload([*ROWS, "{broken"]), user=mina, options={})
    assert running.run(run.pk)
    run.refresh_from_db()
    assert run.state == State.DONE
    assert (run.report["created"], run.report["unanswered"]) == (2, 1)
    assert [one["line"] for one in run.report["failed"]] == [4]
    assert run.report["failed_count"] == 1
    assert not any("uploads" in str(value) for value in run.report["failed"])
    assert Ticket.objects.count() == 2
    assert not kept_path(run, settings).exists()
    assert not running.run(run.pk)  # it is done


def test_a_file_of_no_known_kind_fails_with_a_line(mina):
    run = runs.start(upload(["just some words", "and more"]), user=mina, options={})
    running.run(run.pk)
    run.refresh_from_db()
    assert run.state == State.FAILED
    assert run.error
    assert Ticket.objects.count() == 0


def test_a_stop_before_the_start_imports_nothing_and_it_goes_on_later(mina, settings):
    run = runs.start(upload(), user=mina, options={})
    runs.JOBS.ask_to_stop(run.pk)
    assert not running.run(run.pk)
    assert kept_path(run, settings).exists()
    assert runs.JOBS.take_up_again(run.pk, user=mina)
    assert running.run(run.pk)
    assert Ticket.objects.count() == 2


def test_the_command_does_those_that_wait_too(mina, monkeypatch):
    monkeypatch.setattr("runtime.processes.os.nice", lambda by: None)
    first = runs.start(upload(), user=mina, options={})
    second = runs.start(
        upload([{**ROWS[0], "external_id": "b1"}], name="b.jsonl"), user=mina, options={}
    )
    call_command("run_ticket_import", first.pk)
    states = TicketImportRun.objects.order_by("pk").values_list("state", flat=True)
    assert list(states) == [State.DONE, State.DONE]
    assert Ticket.objects.filter(external_id="b1").exists()
    assert second.pk > first.pk


def test_a_lost_message_is_sent_again_by_the_sweep(mina, monkeypatch):
    launched = []
    monkeypatch.setattr(running, "launch", launched.append)
    run = runs.start(upload(), user=mina, options={})
    tasks.sweep_imports()
    assert launched == []
    TicketImportRun.objects.update(created_at="2026-01-01T00:00:00Z")
    tasks.sweep_imports()
    assert launched == [run.pk]


def test_a_preview_says_what_would_come_and_stores_nothing(mina, monkeypatch):
    monkeypatch.setattr(runs, "PREVIEW_SECONDS", 600.0)  # all of the file, however slow
    report = runs.preview(upload(), options={})
    assert (report.created, report.unanswered, report.stopped) == (2, 1, False)
    assert Ticket.objects.count() == 0
    assert TicketImportRun.objects.count() == 0


def test_a_preview_of_an_unknown_file_is_refused():
    with pytest.raises(BadHistoryFile):
        runs.preview(upload(["just some words", "and more"]), options={})
