"""Imports started at the desk: claimed once, followed, and found again when they stand still."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from kb import tasks, uploads
from kb.models import Article, ImportRun
from tests.kb.conftest import PAGES

pytestmark = pytest.mark.django_db
State = ImportRun.State


@pytest.fixture
def asked(monkeypatch, django_capture_on_commit_callbacks):
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
    tasks.run_import(run.pk)
    run.refresh_from_db()
    assert (run.state, run.done, run.total) == (State.DONE, 1, 1)
    assert run.report["created"] == 1
    assert Article.objects.get().source.location == "upload:fa-wallet.html"
    assert not (Path(settings.MEDIA_ROOT) / run.path).exists()


def test_the_same_name_again_updates(mina, asked):
    uploads.run(upload(mina).pk)
    second = upload(mina, data=b"<h1>New</h1><p>text</p>")
    uploads.run(second.pk)
    second.refresh_from_db()
    assert second.report["updated"] == 1
    assert Article.objects.get().title == "New"


def test_a_message_that_comes_twice_does_nothing(mina, asked):
    run = upload(mina)
    assert uploads.run(run.pk)
    assert not uploads.run(run.pk)


def test_a_bad_file_fails_with_its_own_name(mina, asked):
    run = upload(mina, name="صفحه بد.html", data=b"\x00\x01")
    uploads.run(run.pk)
    run.refresh_from_db()
    assert run.state == State.FAILED
    assert run.error == "صفحه بد.html: This is a binary file, not text."


def test_a_name_cannot_leave_the_folder(mina, asked, settings):
    run = upload(mina, name="../../x.html")
    path = (Path(settings.MEDIA_ROOT) / run.path).resolve()
    assert path.is_relative_to(Path(settings.MEDIA_ROOT).resolve() / uploads.FOLDER)


def test_a_worker_that_died_is_replaced(mina, asked, django_capture_on_commit_callbacks):
    run = upload(mina)
    dead = timezone.now() - timedelta(minutes=5)
    ImportRun.objects.filter(pk=run.pk).update(state=State.RUNNING, heartbeat_at=dead, attempts=1)
    with django_capture_on_commit_callbacks(execute=True):
        assert uploads.sweep_imports() == 1
    assert asked == [run.pk]
    assert uploads.run(run.pk)


def test_a_worker_that_lives_is_left_alone(mina, asked):
    run = upload(mina)
    ImportRun.objects.filter(pk=run.pk).update(state=State.RUNNING, heartbeat_at=timezone.now())
    assert uploads.sweep_imports() == 0
    assert not uploads.run(run.pk)


def test_a_lost_message_is_sent_again(mina, asked):
    run = upload(mina)
    later = timezone.now() + timedelta(minutes=5)
    assert uploads.sweep_imports(now=later) == 1
    run.refresh_from_db()
    assert run.state == State.QUEUED


def test_three_deaths_are_enough(mina, asked):
    run = upload(mina)
    dead = timezone.now() - timedelta(minutes=5)
    ImportRun.objects.filter(pk=run.pk).update(state=State.RUNNING, heartbeat_at=dead, attempts=3)
    assert uploads.sweep_imports() == 0
    run.refresh_from_db()
    assert run.state == State.FAILED
