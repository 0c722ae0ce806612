"""Websites by schedule and by hand: read as they were before, stopped and gone on with."""

import pytest
from django.utils import translation

from kb import running, runs
from kb.importing import import_sources
from kb.importing.web import WebOptions
from kb.models import Article, ImportRun, Source
from runtime import recording as job_recording
from runtime.templatetags.desk_text import digits
from tests.kb.web.sites import html

pytestmark = pytest.mark.django_db
QUICK = WebOptions(seconds_between=0, exclude=("/private",))
State = ImportRun.State


@pytest.fixture
def centre(site):
    paths = [f"/p{number}" for number in range(8)]
    site.pages["/"] = html("Welcome", links=(*paths, "/private"))
    for path in (*paths, "/private"):
        site.pages[path] = html(f"Words of {path}")
    return site


def test_a_refresh_reads_a_site_as_it_was_read_before(centre):
    import_sources([centre.url()], options=QUICK, kind=Source.Kind.CRAWL)
    centre.pages["/p1"] = html("Other words")
    run = running.run_now(Source.objects.get())
    assert (run.state, run.trigger) == (State.DONE, ImportRun.Trigger.SCHEDULE)
    assert (run.report["updated"], run.report["unchanged"]) == (1, 8)
    assert "/private" not in centre.hits
    assert Source.objects.get().kind == "crawl"


def test_a_command_changes_only_the_options_that_it_names(centre):
    import_sources([centre.url()], options=QUICK, kind=Source.Kind.CRAWL)
    import_sources([centre.url()], options={"max_pages": 50})
    options = Source.objects.get().options
    assert (options["max_pages"], options["exclude"]) == (50, ["/private"])


def test_a_stopped_crawl_goes_on_where_it_was(centre, monkeypatch):
    monkeypatch.setattr(job_recording, "TOLD_SECONDS", 0)
    source = Source.objects.create(
        location=centre.url(), name="site", kind=Source.Kind.CRAWL, options=QUICK.as_json()
    )
    run = runs.begin(source, trigger=ImportRun.Trigger.DESK, state=State.QUEUED)
    progress = job_recording.Recording.progress

    def stopping(row, done, total):
        progress(row, done, total)
        if done == 3:
            runs.JOBS.ask_to_stop(row.row.pk)

    monkeypatch.setattr(job_recording.Recording, "progress", stopping)
    running.run(run.pk)
    run.refresh_from_db()
    assert run.state == State.STOPPED
    assert 3 <= Article.objects.count() < 9
    monkeypatch.setattr(job_recording.Recording, "progress", progress)
    assert runs.take_up_again(run, user=None)
    running.run(run.pk)
    run.refresh_from_db()
    assert (run.state, Article.objects.count()) == (State.DONE, 9)
    assert len(centre.hits) == len(set(centre.hits)) == 9


def test_a_site_that_fails_leaves_a_failing_source(site):
    source = Source.objects.create(location=site.url("/gone"), name="gone", kind=Source.Kind.PAGE)
    run = running.run_now(source)
    assert run.state == State.FAILED
    assert "gone" in run.error
    assert Source.objects.exists()


@pytest.mark.parametrize(("worker", "reader"), [("en", "fa"), ("fa", "en")])
def test_failure_is_read_in_the_readers_language_whatever_the_worker_speaks(
    site, client, mina, worker, reader
):
    source = Source.objects.create(location=site.url("/gone"), name="gone", kind=Source.Kind.PAGE)
    with translation.override(worker):
        run = running.run_now(source)
    message = "The page is not there (%(status)s)."
    assert message % {"status": 404} in run.error
    assert run.report["failed"][0]["error"] == message % {"status": 404}
    client.force_login(mina)
    client.cookies["django_language"] = reader
    with translation.override(reader):
        words = translation.gettext(message) % {"status": digits(404)}
    page = client.get(f"/articles/import/{run.pk}/").content.decode()
    assert page.count(words) == 2  # what ended it, and in the list of failures
    assert words in client.get(f"/articles/sources/{source.pk}/").content.decode()
    assert words in client.get("/articles/sources/").content.decode()
