"""The pages: what they ask the database, what they keep in links, their files."""

import csv
import io
import re
from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation

from bench.reports import fill
from tests.tickets.factories import make_drafts, make_ticket, make_version
from tickets.models import Suggestion, Ticket
from tickets.rating import rate
from tickets.replying import send_reply

pytestmark = pytest.mark.django_db

PATHS = (
    "/reports/",
    "/reports/ratings/",
    "/reports/replies/",
    "/reports/versions/",
    "/reports/costs/",
    "/my-figures/",
    "/reports/replies/agents.csv",
)


@pytest.fixture
def admin(client, mina):
    client.force_login(mina)
    return client


def queries(client, path):
    with CaptureQueriesContext(connection) as asked:
        answer = client.get(path)
    assert answer.status_code == 200, path
    return len(asked)


def test_questions_do_not_grow_with_the_data(admin):
    fill(150, days=60)
    few = {path: queries(admin, f"{path}?since=all") for path in PATHS}
    fill(1500, batch="b", days=300)
    many = {path: queries(admin, f"{path}?since=all") for path in PATHS}
    assert few == many
    assert max(many.values()) <= 25


@pytest.mark.parametrize("path", PATHS)
def test_empty_desk_has_pages(admin, path):
    answer = admin.get(path)
    assert answer.status_code == 200
    html = answer.content.decode().replace("None of the drafts", "")
    assert "None" not in re.sub("[A-Za-z0-9]{64}", "", html)  # tokens hold any letters


@pytest.mark.parametrize(
    "query",
    ["since=x&until=%00", "since=1405/12/31", "team=x", "version=%00", "pair=99", "lang=%00"],
)
def test_what_cannot_be_read_is_said_and_left_out(admin, query):
    for path in PATHS:
        assert admin.get(f"{path}?{query}").status_code == 200, path


def test_a_wrong_day_is_said_at_its_field(admin):
    html = admin.get("/reports/ratings/?since=1405/12/31").content.decode()
    assert 'value="1405/12/31" aria-invalid="true" aria-describedby="since-wrong"' in html


def test_unknown_pages_and_figures_are_not_found(admin):
    for path in ("/reports/nothing/", "/reports/nothing/weeks.csv", "/reports/ratings/x.csv"):
        assert admin.get(path).status_code == 404, path
    assert admin.get("/my-figures/x.csv").status_code == 404


def test_jalali_days_are_read_and_kept_in_links(admin, sara):
    rate(make_drafts(make_ticket())[0], agent=sara, stars=4)
    answer = admin.get("/reports/ratings/?since=۱۴۰۴/۱/۱&until=1500/1/1&lang=fa&version=tuned-a")
    html = answer.content.decode()
    kept = "since=2025-03-21&amp;until=2121-03-21&amp;lang=fa&amp;version=tuned-a"
    assert f"/reports/replies/?{kept}" in html
    assert f"/reports/ratings/weeks.csv?{kept}" in html
    with translation.override("fa"):
        admin.cookies["django_language"] = "fa"
        html = admin.get("/reports/ratings/?since=2025-03-21").content.decode()
    assert 'value="۱۴۰۴/۰۱/۰۱"' in html


def test_file_opens_in_excel_and_runs_nothing(admin, sara):
    ticket = make_ticket()
    make_drafts(ticket)
    evil = make_version("=HYPERLINK(1)")
    Suggestion.objects.filter(ticket=ticket, slot="A").update(version=evil)
    for draft in Suggestion.objects.filter(ticket=ticket):
        rate(draft, agent=sara, stars=4)
    answer = admin.get("/reports/ratings/versions.csv")
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert answer["Content-Disposition"] == 'attachment; filename="ratings-versions.csv"'
    text = answer.content.decode("utf-8")
    assert text.startswith("\ufeff")
    rows = list(csv.reader(io.StringIO(text.removeprefix("\ufeff"))))
    assert {row[0] for row in rows[1:]} == {"'=HYPERLINK(1)", "tuned-b", "base"}
    assert rows[1][1:8] == ["0", "0", "0", "1", "0", "1", "0.0"]


def test_file_says_what_the_page_says(admin, sara):
    ticket = make_ticket()
    draft = make_drafts(ticket)[0]
    send_reply(ticket.pk, agent=sara, text="یک", suggestion_id=draft.pk, send_key="k")
    text = admin.get("/reports/replies/agents.csv").content.decode("utf-8-sig")
    _heading, row = csv.reader(io.StringIO(text))
    assert row[:6] == ["sara", "1", "1", "0", "0", "100.0"]


def test_file_has_per_cent_everywhere_and_says_its_units(admin, sara):
    ticket = make_ticket()
    draft = make_drafts(ticket, texts=("abcdefgh", "دو", "سه"))[0]
    send_reply(ticket.pk, agent=sara, text="abcdefgX", suggestion_id=draft.pk, send_key="k")
    admin.cookies["django_language"] = "en"
    text = admin.get("/reports/replies/agents.csv").content.decode("utf-8-sig")
    heading, row = csv.reader(io.StringIO(text))
    assert dict(zip(heading, row, strict=True))["Began from a draft (%)"] == "100.0"
    assert dict(zip(heading, row, strict=True))["Changed, median (%)"] == "12.5"
    assert "12.5%" in admin.get("/reports/replies/").content.decode()
    text = admin.get("/reports/replies/answer.csv").content.decode("utf-8-sig")
    assert "Median (seconds)" in next(csv.reader(io.StringIO(text)))


def test_time_to_answer_counts_the_replies_whose_time_is_known(admin, sara):
    for opened in (None, timezone.now() - timedelta(minutes=2)):
        send_reply(
            make_ticket().pk,
            agent=sara,
            text="x",
            suggestion_id=None,
            send_key=f"{opened}",
            opened_at=opened,
        )
    figures = {one.slug: one.rows for one in admin.get("/reports/replies/").context["figures"]}
    assert figures["answer"][0][1] == 2
    assert figures["writing"][0][1:3] == (1, pytest.approx(120, abs=60))


def test_of_a_version_it_counts_what_was_sent_as_drafted(admin, sara):
    """All replies of a version began from a draft: 100% would say nothing."""
    for text in ("یک", "دیگر", "چیزی", "هیچ"):
        ticket = make_ticket()
        draft = make_drafts(ticket)[0]
        send_reply(ticket.pk, agent=sara, text=text, suggestion_id=draft.pk, send_key=text)
    admin.cookies["django_language"] = "en"
    html = admin.get("/reports/?version=tuned-a").content.decode()
    assert "Replies sent as drafted</dt><dd>25.0%" in html
    assert (
        "Replies that began from a draft</dt><dd>100.0%" in admin.get("/reports/").content.decode()
    )
    figures = admin.get("/reports/replies/?version=tuned-a").context["figures"]
    agents = next(one for one in figures if one.slug == "agents")
    assert agents.chart.rows[0].value == agents.rows[0][5] == 25.0


@pytest.mark.parametrize(("asked", "days"), [("since=x", 89), ("since=all", None), ("", 89)])
def test_a_day_that_cannot_be_read_is_as_if_not_asked(admin, asked, days, monkeypatch):
    today = date(2026, 5, 12)
    monkeypatch.setattr(timezone, "localdate", lambda: today)
    since = admin.get(f"/reports/ratings/?{asked}").context["scope"].since
    assert since == (today - timedelta(days=days) if days else None)


def test_every_figure_of_every_page_has_a_file(admin):
    fill(60, days=30)
    for page in ("ratings", "replies", "versions", "costs"):
        figures = admin.get(f"/reports/{page}/").context["figures"]
        assert len({figure.slug for figure in figures}) == len(figures)
        for figure in figures:
            answer = admin.get(f"/reports/{page}/{figure.slug}.csv")
            assert answer.status_code == 200
            assert len(answer.content.decode().splitlines()) == 1 + len(figure.rows)
            assert all(len(row) == len(figure.columns) for row in figure.rows)


def test_lead_sees_no_privacy_audit_or_runs(client, parisa):
    client.force_login(parisa)
    html = client.get("/reports/").content.decode()
    assert "privacy-title" not in html
    assert "audit-title" not in html
    assert "runs-title" not in html
    assert "sources-title" in html


def test_overview_names_what_needs_somebody(admin):
    from kb import coverage
    from people.audit import note

    coverage.record("چگونه کیف پول را جابه‌جا کنم", lang="fa", origin="ticket")
    note(None, "source.archived", "source 7 help")
    admin.cookies["django_language"] = "en"
    html = admin.get("/reports/").content.decode()
    assert "چگونه کیف پول را جابه‌جا کنم" in html
    assert "source.archived" not in html
    assert "source archived · source <bdi>help</bdi>" in html
    assert "runs-title" in html


def test_another_teams_tickets_are_no_examples(client, parisa, support, navid):
    sales = navid.teams.get()
    ticket = make_ticket(text="یک راز دیگران")
    for draft, stars in zip(make_drafts(ticket), (1, 5, 3), strict=True):
        rate(draft, agent=navid, stars=stars)
    Ticket.objects.filter(pk=ticket.pk).update(team=sales)
    client.force_login(parisa)
    assert "راز" not in client.get("/reports/versions/").content.decode()
    Ticket.objects.filter(pk=ticket.pk).update(team=support)
    assert "راز" in client.get("/reports/versions/").content.decode()
