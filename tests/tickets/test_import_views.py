"""Imports of past tickets at the desk: tried, started, watched, stopped, gone on with."""

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone, translation

from runtime.templatetags.desk_text import digits
from tests.tickets.factories import PHONE
from tickets.importing import running, runs
from tickets.models import Ticket, TicketImportRun

pytestmark = pytest.mark.django_db(transaction=True)

ROWS = f"""question,answer
"My site does not open, my number is {PHONE}","Wait an hour, then try again please."
"How do I renew my domain for another year?","On the page of your domains."
"""


@pytest.fixture
def begun(monkeypatch):
    """Runs that a worker was asked for."""
    runs: list[int] = []
    monkeypatch.setattr("tickets.tasks.run_ticket_import.delay", runs.append)
    return runs


@pytest.fixture
def desk(client, mina, settings, tmp_path, begun, monkeypatch):
    settings.MEDIA_ROOT = tmp_path
    monkeypatch.setattr(runs, "PREVIEW_SECONDS", 600.0)  # all of the file, however slow
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"
    client.force_login(mina)
    return client


def _file(content: str = ROWS, name: str = "history.csv"):
    return SimpleUploadedFile(name, content.encode(), content_type="text/csv")


def _post(desk, **data):
    return desk.post(reverse("ticket-import"), {"file": _file(), **data})


def test_file_is_imported_and_its_report_shown(desk, mina, begun):
    answer = _post(desk, agents="Sara\n\n Omid ", silence_minutes="30", lang="en")
    run = TicketImportRun.objects.get()
    assert answer["Location"] == reverse("ticket-import-run", args=[run.pk])
    assert (run.file_name, run.started_by, run.lang) == ("history.csv", mina, "en")
    assert run.options == {"agents": ["Sara", "Omid"], "silence_minutes": 30}
    assert begun == [run.pk]
    assert 'aria-busy="true"' in desk.get(answer["Location"]).content.decode()
    assert running.run(run.pk)
    page = desk.get(answer["Location"])
    assert dict(page.context["report"].figures)["tickets created"] == 2
    assert Ticket.objects.count() == 2
    assert PHONE not in page.content.decode()
    assert "history.csv" in desk.get(reverse("ticket-imports")).content.decode()


def test_try_out_writes_nothing_and_shows_no_words(desk, begun):
    answer = _post(desk, preview="1")
    page = answer.content.decode()
    assert answer.status_code == 200
    assert dict(answer.context["preview"].figures)["tickets created"] == 2
    assert dict(answer.context["preview"].placeholders) == {"PHONE": 1}
    assert "does not open" not in page
    assert PHONE not in page
    assert not Ticket.objects.exists()
    assert not TicketImportRun.objects.exists()
    assert not begun


def test_try_out_by_htmx_is_a_fragment_and_says_what_is_wrong(desk):
    answer = desk.post(
        reverse("ticket-import"),
        {"file": _file("\0\1\2 no history", "x.bin"), "preview": "1"},
        HTTP_HX_REQUEST="true",
    )
    assert answer.status_code == 200
    page = answer.content.decode()
    assert 'role="alert"' in page
    assert "<html" not in page


def test_line_that_cannot_be_read_is_listed_with_its_number(desk):
    broken = '{"question": "Why is it slow?", "answer": "Look here."}\n{"question": \n'
    answer = desk.post(
        reverse("ticket-import"), {"file": _file(broken, "history.jsonl"), "preview": "1"}
    )
    assert answer.context["preview"].failed_count == 1
    assert answer.context["preview"].failed[0]["line"] == 2
    assert "Line 2" in answer.content.decode()


@pytest.mark.parametrize("lang", ["en", "fa"])
def test_what_could_not_be_read_is_said_in_the_readers_language(desk, settings, lang):
    broken = '{"question": \n' + '{"question": "' + "a" * 20_001 + '", "answer": "b"}\n'
    desk.post(reverse("ticket-import"), {"file": _file(broken, "history.jsonl")})
    run = TicketImportRun.objects.get()
    with translation.override("fa"):
        assert running.run(run.pk)
    run.refresh_from_db()
    ended = "Nothing of the file could be read: see the lines below."
    long = "Question or answer has more than %d characters."
    assert run.error == ended
    assert run.report["failed"][1]["error"] == long % settings.MAX_TICKET_CHARACTERS
    desk.cookies[settings.LANGUAGE_COOKIE_NAME] = lang
    page = desk.get(reverse("ticket-import-run", args=[run.pk])).content.decode()
    with translation.override(lang):
        assert translation.gettext(ended) in page
        words = translation.gettext(long).replace("%d", "%s")
        assert words % digits(settings.MAX_TICKET_CHARACTERS) in page


@pytest.mark.parametrize(
    "data",
    [
        {"file": ""},
        {"format": "fax"},
        {"silence_minutes": "0"},
        {"silence_minutes": "999999"},
        {"lang": "tlh"},
    ],
)
def test_refused_form_starts_nothing(desk, begun, data):
    answer = _post(desk, **data)
    assert answer.status_code == 400
    assert not begun
    assert not TicketImportRun.objects.exists()


def test_file_above_the_limit_is_refused(desk, settings, begun):
    settings.MAX_UPLOAD_BYTES = 50
    assert _post(desk).status_code in (400, 413)
    assert not begun
    assert not TicketImportRun.objects.exists()


def test_stopped_import_goes_on(desk, begun):
    _post(desk)
    run = TicketImportRun.objects.get()
    desk.post(reverse("ticket-import-stop", args=[run.pk]))
    run.refresh_from_db()
    assert run.state == TicketImportRun.State.STOPPED
    page = desk.get(reverse("ticket-import-run", args=[run.pk])).content.decode()
    assert reverse("ticket-import-continue", args=[run.pk]) in page
    desk.post(reverse("ticket-import-continue", args=[run.pk]))
    assert begun == [run.pk, run.pk]
    assert running.run(run.pk)
    assert Ticket.objects.count() == 2


def test_import_without_its_file_cannot_go_on(desk, begun):
    run = TicketImportRun.objects.create(
        state=TicketImportRun.State.STOPPED, heartbeat_at=timezone.now() - timedelta(days=9)
    )
    desk.post(reverse("ticket-import-continue", args=[run.pk]))
    run.refresh_from_db()
    assert run.state == TicketImportRun.State.STOPPED
    assert not begun


def test_unknown_run_is_not_found(desk):
    for name in ("ticket-import-run", "ticket-import-stop", "ticket-import-continue"):
        method = desk.get if name == "ticket-import-run" else desk.post
        assert method(reverse(name, args=[1])).status_code == 404
