"""An import's row: claimed once, kept alive, stopped, found again when it stands still."""

import time
from datetime import timedelta

import pytest
from django.utils import timezone, translation

from kb import recording, refreshing, running, runs, tasks
from kb.importing import import_sources
from kb.models import Article, ImportRun, Source
from runtime import jobs, processes
from runtime import recording as job_recording

pytestmark = pytest.mark.django_db
State = ImportRun.State
Trigger = ImportRun.Trigger
LONG_AGO = timedelta(minutes=5)


@pytest.fixture(autouse=True)
def asked(monkeypatch):
    ids = []
    monkeypatch.setattr(tasks.run_import, "delay", ids.append)
    return ids


@pytest.fixture
def source(make_centre):
    return Source.objects.create(location=str(make_centre(3)), name="centre")


def queue(source, **fields):
    return runs.begin(source, trigger=Trigger.DESK, state=State.QUEUED, **fields)


def test_a_command_leaves_a_row_with_its_report(make_centre):
    folder = make_centre(3)
    (folder / "bad.html").write_bytes(b"")
    import_sources([folder])
    run = ImportRun.objects.get()
    assert (run.state, run.trigger, run.source.name) == (State.DONE, Trigger.COMMAND, "centre")
    assert run.report["created"] == 3
    assert run.report["failed"][0]["source"] == "bad.html"
    assert (run.done, run.total) == (4, 4)
    assert run.finished_at is not None


def test_a_dry_run_leaves_no_row(make_centre):
    import_sources([make_centre(3)], dry_run=True)
    assert not ImportRun.objects.exists()


def test_a_message_that_comes_twice_does_nothing(source):
    run = queue(source)
    assert running.run(run.pk)
    assert not running.run(run.pk)
    assert Article.objects.count() == 3


def test_one_import_of_a_source_at_a_time(source):
    queue(source)
    with pytest.raises(runs.SourceBusy):
        queue(source)
    with pytest.raises(runs.SourceBusy, match="centre is being imported"):
        import_sources([source.location])


def test_a_dead_import_gives_way(source):
    dead = queue(source)
    ImportRun.objects.filter(pk=dead.pk).update(
        state=State.RUNNING, heartbeat_at=timezone.now() - LONG_AGO
    )
    with translation.override("fa"):
        import_sources([source.location])
    dead.refresh_from_db()
    assert (dead.state, dead.error) == (State.STOPPED, runs.TAKEN_OVER)


def test_a_process_that_died_is_replaced(source):
    run = queue(source)
    dead = timezone.now() - LONG_AGO
    ImportRun.objects.filter(pk=run.pk).update(state=State.RUNNING, heartbeat_at=dead, attempts=1)
    again = []
    assert runs.JOBS.sweep(again.append) == 1
    assert again == [run.pk]
    assert running.run(run.pk)


def test_a_process_that_lives_is_left_alone(source):
    run = queue(source)
    ImportRun.objects.filter(pk=run.pk).update(state=State.RUNNING, heartbeat_at=timezone.now())
    assert runs.JOBS.sweep(pytest.fail) == 0
    assert not running.run(run.pk)


def test_a_lost_message_is_sent_again(source):
    run = queue(source)
    again = []
    assert runs.JOBS.sweep(again.append, now=timezone.now() + LONG_AGO) == 1
    run.refresh_from_db()
    assert run.state == State.QUEUED


def test_three_deaths_are_enough(source):
    run = queue(source)
    dead = timezone.now() - LONG_AGO
    ImportRun.objects.filter(pk=run.pk).update(state=State.RUNNING, heartbeat_at=dead, attempts=3)
    with translation.override("fa"):
        assert runs.JOBS.sweep(pytest.fail) == 0
    run.refresh_from_db()
    assert run.state == State.FAILED
    assert run.error == "The import stopped half way three times."


def test_a_command_that_died_is_not_gone_on_with(source):
    run = runs.begin(source, trigger=Trigger.COMMAND)
    assert runs.JOBS.sweep(pytest.fail, now=timezone.now() + LONG_AGO) == 0
    run.refresh_from_db()
    assert (run.state, "import again" in run.error) == (State.STOPPED, True)


def test_who_lost_the_claim_stops_and_writes_nothing(source):
    with recording.recorded(queue_running(source)) as row:
        ImportRun.objects.filter(pk=row.row.pk).update(attempts=2, done=7)
        row.beat()
        assert row.is_stopped()
    run = ImportRun.objects.get()
    assert (run.state, run.done, run.report) == (State.RUNNING, 7, {})


def test_pages_are_told_how_far_it_is_however_often_a_stop_is_looked_for(source, monkeypatch):
    told = []
    monkeypatch.setattr(jobs, "publish", lambda topic, **ids: told.append(ids))
    monkeypatch.setattr(job_recording, "TOLD_SECONDS", 0.02)
    with recording.recorded(queue_running(source)) as row:
        for done in range(20):
            row.progress(done, 20)
            for _ in range(4):
                time.sleep(0.002)
                row.is_stopped()
    assert len([ids for ids in told if "done" in ids]) >= 3


def queue_running(source):
    run = runs.JOBS.claim(queue(source).pk)
    assert run is not None
    return run


def test_an_unexpected_error_stands_in_the_row_without_words(source):
    with (
        pytest.raises(ZeroDivisionError),
        recording.recorded(queue_running(source)),
    ):
        raise ZeroDivisionError("words of a customer")
    run = ImportRun.objects.get()
    assert (run.state, run.error) == (State.FAILED, "An unexpected error: ZeroDivisionError.")


@pytest.mark.django_db(transaction=True)
def test_the_heartbeat_goes_on_while_nothing_comes(source, monkeypatch):
    monkeypatch.setattr(job_recording, "BEAT_SECONDS", 0.05)
    run = queue_running(source)
    old = timezone.now() - LONG_AGO
    with recording.recorded(run):
        ImportRun.objects.filter(pk=run.pk).update(heartbeat_at=old)
        deadline = time.monotonic() + 60
        while ImportRun.objects.get().heartbeat_at == old and time.monotonic() < deadline:
            time.sleep(0.05)
        assert ImportRun.objects.get().heartbeat_at > old


def test_an_import_stops_at_the_next_item_and_goes_on_later(source, make_centre, monkeypatch):
    make_centre(200)
    monkeypatch.setattr(job_recording, "TOLD_SECONDS", 0)
    run = queue_running(source)
    runs.JOBS.ask_to_stop(run.pk)
    ImportRun.objects.filter(pk=run.pk).update(state=State.QUEUED, attempts=0, stop_asked=False)
    progress = job_recording.Recording.progress

    def stopping(row, done, total):
        if done == 70:
            runs.JOBS.ask_to_stop(row.row.pk)
        progress(row, done, total)

    monkeypatch.setattr(job_recording.Recording, "progress", stopping)
    running.run(run.pk)
    run.refresh_from_db()
    assert (run.state, run.report["stopped"]) == (State.STOPPED, True)
    assert 64 <= Article.objects.count() < 200
    monkeypatch.setattr(job_recording.Recording, "progress", progress)
    assert runs.take_up_again(run, user=None)
    running.run(run.pk)
    run.refresh_from_db()
    assert run.state == State.DONE
    assert Article.objects.count() == 200


def test_a_source_in_time_is_queued_once(source):
    refreshing.set_schedule(source, 24)
    assert refreshing.start_due() == 0
    later = timezone.now() + timedelta(hours=25)
    assert refreshing.start_due(now=later) == 1
    assert refreshing.start_due(now=later) == 0
    run = ImportRun.objects.get()
    assert (run.trigger, run.state, run.source) == (Trigger.SCHEDULE, State.QUEUED, source)


def test_a_source_that_is_being_imported_waits_for_its_next_turn(source):
    queue(source)
    refreshing.set_schedule(source, 24)
    assert refreshing.start_due(now=timezone.now() + timedelta(hours=25)) == 0
    assert ImportRun.objects.count() == 1


def test_an_upload_has_no_schedule(source):
    Source.objects.create(location="upload:x.md", name="x.md", refresh_hours=1)
    assert list(refreshing.refreshable()) == [source]


def test_an_import_sets_the_next_turn(source):
    refreshing.set_schedule(source, 6)
    Source.objects.update(next_refresh_at=timezone.now() - LONG_AGO)
    running.run_now(source)
    source.refresh_from_db()
    assert source.next_refresh_at > timezone.now() + timedelta(hours=5)


def test_no_more_processes_than_enough(make_centre, monkeypatch):
    started = []
    monkeypatch.setattr(
        processes.subprocess, "Popen", lambda command, **more: started.append(command)
    )
    for number in range(3):
        source = Source.objects.create(location=f"/nowhere/{number}", name="x")
        run = queue(source)
        if running.launch(run.pk):
            runs.JOBS.claim(run.pk)
    assert [command[-2:] for command in started] == [
        ["run_import", str(pk)]
        for pk in ImportRun.objects.order_by("pk").values_list("pk", flat=True)[:2]
    ]
    assert runs.JOBS.next_waiting() == run.pk
