"""An import in a process of its own, killed half way: no half article, and the next one goes on."""

import os
import signal
import subprocess
import sys
from datetime import timedelta

import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone

from kb import indexing, running, runs
from kb.models import Article, Chunk, ImportRun, Source
from runtime import processes
from tests.another_process import TO_BE_KILLED, half_way, kill

pytestmark = pytest.mark.django_db(transaction=True)
State = ImportRun.State
ARTICLES = 600
HELD = 200
"""The article at which an import is found half way."""


@pytest.fixture
def environment(monkeypatch):
    """A process of its own works on this test's database, in the tests' home."""
    if not settings.EMBEDDED_DATABASE:
        pytest.skip("the process is given the embedded test database by its name")
    home = connection.settings_dict["OPTIONS"]["home"]
    monkeypatch.setenv("PASOKH_HOME", str(home))
    monkeypatch.setenv("PASOKH_DATABASE", str(connection.settings_dict["NAME"]))
    monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "config.settings")
    return os.environ | TO_BE_KILLED


def start(*arguments, environment):
    return subprocess.Popen(
        [sys.executable, "manage.py", *arguments],
        cwd=settings.BASE_DIR,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def at_half(*arguments, environment):
    """The process with the articles of a batch in its transaction, and not yet their passages."""
    return half_way(
        lambda: start(*arguments, environment=environment),
        table="kb_chunk",
        when=f"NEW.text LIKE '%number{HELD} %'",
    )


def assert_whole():
    """Every article there is has its passages, as they are to be."""
    articles = list(Article.objects.all())
    assert all(row.indexed_hash == indexing.indexed_hash(row) for row in articles)
    assert Chunk.objects.values("article").distinct().count() == len(articles)


def test_a_killed_import_goes_on_without_half_an_article(make_centre, environment):
    folder = make_centre(ARTICLES)
    source = Source.objects.create(location=str(folder), name="centre")
    run = runs.begin(source, trigger=ImportRun.Trigger.DESK, state=State.QUEUED)
    with at_half("run_import", str(run.pk), environment=environment) as process:
        process.kill()
        process.wait()
    kill(process)
    count = Article.objects.count()
    assert 100 <= count < ARTICLES
    assert_whole()
    ImportRun.objects.update(heartbeat_at=timezone.now() - timedelta(minutes=5))
    again = []
    assert runs.JOBS.sweep(again.append) == 1
    process = start("run_import", *map(str, again), "--json", environment=environment)
    assert '"state": "done"' in process.communicate(timeout=240)[0]
    run.refresh_from_db()
    assert (run.state, run.attempts) == (State.DONE, 2)
    assert (run.report["unchanged"], run.report["created"]) == (count, ARTICLES - count)
    assert_whole()


def test_ctrl_c_stops_a_command_and_it_goes_on(make_centre, environment):
    folder = make_centre(ARTICLES)
    with at_half("import_articles", str(folder), "--json", environment=environment) as process:
        process.send_signal(signal.SIGINT)
    out, said = process.communicate(timeout=240)
    assert process.returncode == 1
    assert "Run it again to go on" in said
    assert '"stopped": true' in out
    assert ImportRun.objects.get().state == State.STOPPED
    assert_whole()
    assert 64 <= Article.objects.count() < ARTICLES


def test_an_import_of_the_desk_runs_by_itself(make_centre, environment, monkeypatch):
    started = []

    class Started(subprocess.Popen):
        def __init__(self, *arguments, **options):
            super().__init__(*arguments, **options)
            started.append(self)

    monkeypatch.setattr(processes.subprocess, "Popen", Started)
    source = Source.objects.create(location=str(make_centre(3)), name="centre")
    run = runs.begin(source, trigger=ImportRun.Trigger.DESK, state=State.QUEUED)
    assert running.launch(run.pk)
    (process,) = started
    assert process.wait(240) == 0  # what it does last is over, too, before the tables are emptied
    assert ImportRun.objects.get().state == State.DONE
    assert Article.objects.count() == 3
