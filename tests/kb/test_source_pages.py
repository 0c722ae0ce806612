"""The admin's pages of imports and sources: who may see them, what they show and start."""

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from kb import runs, tasks
from kb.health import health_of
from kb.importing import import_sources
from kb.models import Article, ImportRun, Source

pytestmark = pytest.mark.django_db
State = ImportRun.State
Trigger = ImportRun.Trigger


@pytest.fixture(autouse=True)
def asked(monkeypatch):
    ids = []
    monkeypatch.setattr(tasks.run_import, "delay", ids.append)
    return ids


@pytest.fixture
def source(make_centre):
    folder = make_centre(3)
    (folder / "bad.html").write_bytes(b"")
    import_sources([folder])
    return Source.objects.get()


@pytest.fixture
def admin(client, mina):
    client.force_login(mina)
    client.cookies["django_language"] = "en"
    return client


WEB = {"url": "https://help.example.com/sitemap.xml", "obey_robots": "on", "refresh_hours": "24"}


@pytest.mark.parametrize(
    ("name", "needs", "method"),
    [
        ("sources", None, "get"),
        ("imports", None, "get"),
        ("source", "source", "get"),
        ("import-run", "run", "get"),
        ("import-web", None, "post"),
        ("source-refresh", "source", "post"),
        ("source-schedule", "source", "post"),
        ("source-archive", "source", "post"),
        ("import-stop", "run", "post"),
        ("import-continue", "run", "post"),
    ],
)
def test_admins_alone_see_and_do(client, sara, source, name, needs, method):
    pks = {"source": source.pk, "run": ImportRun.objects.get().pk}
    address = reverse(name, args=[pks[needs]] if needs else [])
    assert getattr(client, method)(address).status_code == 302
    client.force_login(sara)
    assert getattr(client, method)(address).status_code == 403
    assert ImportRun.objects.count() == 1
    assert Article.objects.filter(state="published").count() == 3


def test_agents_see_no_way_to_the_sources(client, sara, source):
    client.force_login(sara)
    for name in ("articles", "playground", "coverage"):
        assert reverse("sources") not in client.get(reverse(name)).content.decode()


def test_the_list_says_how_each_source_is_doing(admin, source, django_assert_max_num_queries):
    for number in range(5):
        Source.objects.create(location=f"/x/{number}", name=f"x{number}")
    with django_assert_max_num_queries(12):
        page = admin.get(reverse("sources"))
    states = {health.source.name: health.state for health in page.context["healths"]}
    assert states["centre"] == "failures"
    assert states["x1"] == "new"
    assert reverse("source", args=[source.pk]) in page.content.decode()


def test_health_has_all_its_states(source):
    def state():
        source.refresh_from_db()
        return health_of(source).state

    assert state() == "failures"
    run = ImportRun.objects.get()
    runs.JOBS.finish(run.pk, State.DONE, report={"created": 1})
    assert state() == "good"
    Source.objects.update(refresh_hours=6, next_refresh_at=timezone.now() - timedelta(hours=3))
    assert state() == "stale"
    runs.JOBS.finish(run.pk, State.FAILED, error="x")
    assert state() == "failing"
    Source.objects.update(next_refresh_at=None)
    runs.JOBS.finish(run.pk, State.STOPPED)
    assert state() == "stopped"
    ImportRun.objects.update(state=State.RUNNING)
    assert state() == "importing"
    ImportRun.objects.update(state=State.DONE)
    Source.objects.update(archived_at=timezone.now())
    assert state() == "archived"


def test_a_source_shows_its_imports_and_failures(admin, source):
    text = admin.get(reverse("source", args=[source.pk])).content.decode()
    assert "bad.html" in text
    assert "The file is empty." in text
    assert reverse("import-run", args=[ImportRun.objects.get().pk]) in text


def test_failures_of_an_import_are_paged(admin, source):
    failed = [{"source": f"page-{number}.html", "error": "Broken."} for number in range(100)]
    run = ImportRun.objects.get()
    runs.JOBS.finish(
        run.pk, State.DONE, report={"created": 1, "failed": failed, "failed_count": 250}
    )
    first = admin.get(reverse("import-run", args=[run.pk])).content.decode()
    assert "page-29.html" in first
    assert "page-30.html" not in first
    assert "The first 100 are listed." in first
    last = admin.get(reverse("import-run", args=[run.pk]), {"page": 4}).content.decode()
    assert "page-99.html" in last


def test_every_state_of_an_import_has_a_page(admin, source):
    run = ImportRun.objects.get()
    for state in State.values:
        for report in ({}, {"held": 3, "kept": [{"source": "a", "reason": "b"}], "failed": []}):
            ImportRun.objects.update(state=state, report=report, source=source)
            assert admin.get(reverse("import-run", args=[run.pk])).status_code == 200
    ImportRun.objects.update(source=None)
    assert admin.get(reverse("import-run", args=[run.pk])).status_code == 200
    assert admin.get(reverse("imports")).status_code == 200


def test_a_source_is_imported_again(admin, mina, source, asked, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        answer = admin.post(reverse("source-refresh", args=[source.pk]), {"archive_all": "1"})
    run = ImportRun.objects.first()
    assert answer["Location"] == reverse("import-run", args=[run.pk])
    assert (run.state, run.trigger, run.started_by) == (State.QUEUED, Trigger.DESK, mina)
    assert run.options == {"archive_all": True}
    assert asked == [run.pk]
    again = admin.post(reverse("source-refresh", args=[source.pk]), follow=True)
    assert "is being imported right now" in again.content.decode()
    assert ImportRun.objects.count() == 2


def test_a_schedule_is_set_and_taken_away(admin, source):
    admin.post(reverse("source-schedule", args=[source.pk]), {"refresh_hours": "24"})
    source.refresh_from_db()
    assert source.refresh_hours == 24
    assert source.next_refresh_at > timezone.now() + timedelta(hours=23)
    admin.post(reverse("source-schedule", args=[source.pk]), {"refresh_hours": "0"})
    source.refresh_from_db()
    assert (source.refresh_hours, source.next_refresh_at) == (0, None)
    admin.post(reverse("source-schedule", args=[source.pk]), {"refresh_hours": "5"})
    source.refresh_from_db()
    assert source.refresh_hours == 0


def test_an_archived_source_is_kept_and_said(admin, source):
    page = admin.post(reverse("source-archive", args=[source.pk]), follow=True)
    assert "archived with 3 articles" in page.content.decode()
    assert not Article.objects.filter(state="published").exists()
    assert "Bring it back" in page.content.decode()


def test_a_source_that_is_being_imported_is_not_archived(admin, source):
    ImportRun.objects.update(state=State.RUNNING, heartbeat_at=timezone.now())
    admin.post(reverse("source-archive", args=[source.pk]))
    assert Article.objects.filter(state="published").count() == 3


def test_an_import_is_stopped_and_gone_on_with(admin, source, asked):
    run = ImportRun.objects.get()
    ImportRun.objects.update(state=State.RUNNING, heartbeat_at=timezone.now())
    admin.post(reverse("import-stop", args=[run.pk]))
    run.refresh_from_db()
    assert (run.state, run.stop_asked) == (State.RUNNING, True)
    ImportRun.objects.update(state=State.STOPPED)
    assert "Go on" in admin.get(reverse("import-run", args=[run.pk])).content.decode()
    admin.post(reverse("import-continue", args=[run.pk]))
    run.refresh_from_db()
    assert (run.state, run.stop_asked) == (State.QUEUED, False)


def test_several_files_become_several_imports(admin):
    files = [SimpleUploadedFile(f"{n}.md", f"# {n}\n\nwords".encode()) for n in range(3)]
    answer = admin.post(reverse("import"), {"file": files, "lang": ""})
    assert answer["Location"] == reverse("imports")
    assert ImportRun.objects.count() == 3
    assert set(Source.objects.values_list("location", flat=True)) == {
        "upload:0.md",
        "upload:1.md",
        "upload:2.md",
    }


def test_a_website_becomes_a_source_with_a_schedule(admin, mina, asked):
    answer = admin.post(reverse("import-web"), WEB | {"max_pages": "50", "include": "/help /faq"})
    source, run = Source.objects.get(), ImportRun.objects.get()
    assert answer["Location"] == reverse("import-run", args=[run.pk])
    assert (source.kind, source.refresh_hours) == ("sitemap", 24)
    assert source.options["max_pages"] == 50
    assert source.options["include"] == ["/help", "/faq"]
    assert (run.source, run.started_by) == (source, mina)
    page = admin.get(reverse("source", args=[source.pk])).content.decode()
    assert "/help /faq" in page
    again = admin.post(reverse("import-web"), WEB)
    assert again.status_code == 409
    assert "right now" in again.content.decode()


@pytest.mark.parametrize(
    "given",
    [
        {"url": ""},
        {"url": "ftp://x.example/"},
        {"url": "two words"},
        {"url": "javascript:alert(1)"},
        {"max_pages": "0"},
        {"max_pages": "99999999"},
        {"include": "help"},
        {"select_title": "h1["},
        {"select_next": ".next"},
        {"refresh_hours": "7"},
        {"kind": "upload"},
    ],
)
def test_a_wrong_web_address_or_option_is_said(admin, given):
    answer = admin.post(reverse("import-web"), WEB | given)
    assert answer.status_code == 400
    form = answer.context["web"]
    assert form.errors
    assert not Source.objects.exists()
