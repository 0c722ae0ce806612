"""Files that come in at the desk: kept, imported once, forgotten."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from kb import running, runs, tasks, uploads
from kb.models import Article, ImportRun, Source
from runtime.uploads import forget_stopped, has_file
from tests.kb.conftest import PAGES

pytestmark = pytest.mark.django_db
State = ImportRun.State


@pytest.fixture
def asked(monkeypatch):
    """Ids that workers were asked for."""
    ids = []
    monkeypatch.setattr(tasks.run_import, "delay", ids.append)
    return ids


def upload(user, name="fa-wallet.html", data=None):
    data = (PAGES / "fa-wallet.html").read_bytes() if data is None else data
    return uploads.start_import(SimpleUploadedFile(name, data), user=user)


def test_an_upload_asks_a_worker_and_becomes_an_article(
    mina, asked, django_capture_on_commit_callbacks, settings
):
    with django_capture_on_commit_callbacks(execute=True):
        run = upload(mina)
    assert asked == [run.pk]
    assert running.run(run.pk)
    run.refresh_from_db()
    assert (run.state, run.done, run.total) == (State.DONE, 1, 1)
    assert run.report["created"] == 1
    source = Article.objects.get().source
    assert (source.location, source.kind) == ("upload:fa-wallet.html", "upload")
    assert run.source == source
    assert not (Path(settings.MEDIA_ROOT) / run.path).parent.exists()


def test_the_same_name_again_updates(mina, asked):
    running.run(upload(mina).pk)
    second = upload(mina, data=b"<h1>New</h1><p>text</p>")
    running.run(second.pk)
    second.refresh_from_db()
    assert second.report["updated"] == 1
    assert Article.objects.get().title == "New"


def test_the_same_name_twice_at_once_is_refused(mina, asked):
    upload(mina)
    with pytest.raises(runs.SourceBusy, match="right now"):
        upload(mina)
    assert ImportRun.objects.count() == 1


def test_a_bad_file_fails_with_its_own_name_and_leaves_no_source(mina, asked, settings):
    run = upload(mina, name="صفحه بد.html", data=b"\x00\x01")
    running.run(run.pk)
    run.refresh_from_db()
    assert run.state == State.FAILED
    assert run.error == "صفحه بد.html: This is a binary file, not text."
    assert not Source.objects.exists()
    assert not (Path(settings.MEDIA_ROOT) / run.path).exists()


def test_a_name_cannot_leave_the_folder(mina, asked, settings):
    run = upload(mina, name="../../x.html")
    path = (Path(settings.MEDIA_ROOT) / run.path).resolve()
    assert path.is_relative_to(Path(settings.MEDIA_ROOT).resolve() / uploads.FOLDER)


def test_a_stopped_upload_keeps_its_file_for_a_while(mina, asked):
    run = upload(mina)
    runs.JOBS.ask_to_stop(run.pk)
    run.refresh_from_db()
    assert run.state == State.STOPPED
    assert has_file(run)
    assert runs.take_up_again(run, user=mina)
    assert running.run(run.pk)
    assert Article.objects.count() == 1


def test_a_stopped_upload_is_forgotten_after_a_week(mina, asked):
    run = upload(mina)
    old = timezone.now() - timedelta(days=8)
    ImportRun.objects.filter(pk=run.pk).update(state=State.STOPPED, heartbeat_at=old)
    assert forget_stopped(runs.JOBS) == 1
    assert not has_file(run)


@pytest.mark.parametrize("state", [State.STOPPED, State.DONE])
def test_no_file_outlives_its_import_for_long(mina, asked, state):
    """Stopped while it waited: it never had a sign of life. Done: it died before it tidied up."""
    run = upload(mina)
    runs.JOBS.ask_to_stop(run.pk)
    ImportRun.objects.filter(pk=run.pk).update(state=state)
    assert forget_stopped(runs.JOBS) == 0
    assert forget_stopped(runs.JOBS, now=timezone.now() + timedelta(days=8)) == 1
    assert not has_file(run)


def test_name_of_long_letters_fits_a_file_system(mina, asked):
    run = upload(mina, name="値" * 90 + ".html")
    assert has_file(run)
