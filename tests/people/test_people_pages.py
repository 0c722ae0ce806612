"""People, teams, invitations and the audit trail at the desk."""

import csv
import io

import pytest
from django.contrib.auth.models import User
from django.core import mail
from django.utils import timezone

from people import audit
from people.models import AuditEntry, Invitation, Team
from runtime.days import read_day


@pytest.fixture
def admin(client, mina):
    client.force_login(mina)
    return client


def test_a_lead_sees_the_own_teams_people_alone(client, support, parisa, navid, mina):
    client.force_login(parisa)
    page = client.get("/people/").content.decode()
    assert "sara" in page
    assert "navid" not in page
    assert "mina" not in page
    assert f"/people/{parisa.pk}/" not in page


def test_person_is_changed(admin, sara):
    team = Team.objects.create(name="support")
    given = {"role": "lead", "teams": [team.pk], "is_active": "on"}
    assert admin.post(f"/people/{sara.pk}/", given).status_code == 302
    assert list(sara.teams.all()) == [team]
    assert [group.name for group in sara.groups.all()] == ["lead"]
    admin.cookies["django_language"] = "en"
    page = admin.get(f"/people/{sara.pk}/").content.decode()
    assert "before: agent · after: lead" in page
    assert f"person <bdi>{sara.username}</bdi>" in admin.get("/audit/").content.decode()


def test_person_last_admin_is_told_in_one_line(admin, mina):
    answer = admin.post(f"/people/{mina.pk}/", {"role": "agent", "is_active": "on"})
    assert answer.status_code == 400
    assert answer.context["form"].non_field_errors()


def test_person_with_an_unknown_role_or_team_is_refused(admin, sara):
    assert admin.post(f"/people/{sara.pk}/", {"role": "owner"}).status_code == 400
    assert admin.post(f"/people/{sara.pk}/", {"teams": ["77"]}).status_code == 400
    assert admin.post(f"/people/{sara.pk}/", {"teams": ["x"]}).status_code == 400


def test_person_password_link_is_shown_once_and_works(admin, client, sara):
    page = admin.post(f"/people/{sara.pk}/password/")
    link = page.context["link"]
    assert link not in admin.get(f"/people/{sara.pk}/").content.decode()
    client.logout()
    form = client.get(link, follow=True)
    chosen = {"new_password1": "tall-green-pond", "new_password2": "tall-green-pond"}
    assert client.post(form.redirect_chain[-1][0], chosen).status_code == 302
    assert client.login(username="sara", password="tall-green-pond")
    assert AuditEntry.objects.filter(action="person.password-link-made").exists()
    assert AuditEntry.objects.filter(action="person.password-reset", actor=sara).exists()
    again = client.get(link, follow=True)
    assert not again.context["validlink"]


def test_team_is_made_renamed_and_filled(admin, sara, omid):
    made = admin.post("/teams/", {"name": "  first   line "})
    team = Team.objects.get()
    assert team.name == "first line"
    assert made.url == f"/teams/{team.pk}/"
    given = {"name": "front", "members": [sara.pk, omid.pk]}
    assert admin.post(made.url, given).status_code == 302
    team.refresh_from_db()
    assert team.name == "front"
    assert set(team.members.all()) == {sara, omid}
    actions = set(AuditEntry.objects.values_list("action", flat=True))
    assert actions == {"team.made", "team.renamed", "team.members-changed"}


def test_team_name_that_is_taken_or_empty_is_refused(admin, support):
    assert admin.post("/teams/", {"name": "support"}).status_code == 400
    assert admin.post("/teams/", {"name": "   "}).status_code == 400
    other = Team.objects.create(name="sales")
    assert admin.post(f"/teams/{other.pk}/", {"name": "support"}).status_code == 400
    other.refresh_from_db()
    assert other.name == "sales"


def test_invitation_is_mailed_where_a_server_is_set(admin, settings):
    settings.SMTP_SET = True
    page = admin.post("/people/invitations/", {"email": "new@desk.test", "role": "agent"})
    assert page.context["mailed"]
    assert mail.outbox[0].to == ["new@desk.test"]
    assert page.context["link"] in mail.outbox[0].body


def test_invitation_that_cannot_be_mailed_is_shown_all_the_same(admin, settings):
    settings.SMTP_SET = True
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9  # nobody listens
    page = admin.post("/people/invitations/", {"email": "new@desk.test", "role": "agent"})
    assert page.status_code == 200
    assert not page.context["mailed"]
    assert page.context["link"] in page.content.decode()


def test_invitation_refuses_what_is_no_address_or_role(admin):
    assert admin.post("/people/invitations/", {"email": "new", "role": "agent"}).status_code == 400
    given = {"email": "new@desk.test", "role": "owner"}
    assert admin.post("/people/invitations/", given).status_code == 400
    assert not Invitation.objects.exists()


def test_audit_is_filtered_by_action_person_and_day(admin, mina, sara):
    audit.note(mina, "team.made", "team alpha")
    audit.note(sara, "token.issued", "token beta")
    audit.note(None, "person.added", "person gamma")
    AuditEntry.objects.filter(target="team alpha").update(at="2026-03-10T12:00:00+03:30")

    def targets(query):
        return {one.target for one in admin.get(f"/audit/?{query}").context["page_obj"]}

    assert targets("") == {"team alpha", "token beta", "person gamma"}
    assert targets("action=team.made") == {"team alpha"}
    assert targets(f"person={sara.pk}") == {"token beta"}
    assert targets("person=commands") == {"person gamma"}
    assert targets("since=2026-03-10&until=2026-03-10") == {"team alpha"}
    assert targets("since=1404-12-19&until=1404-12-19") == {"team alpha"}  # the same day
    assert targets("since=۱۴۰۴/۱۲/۱۹&until=۱۴۰۴/۱۲/۱۹") == {"team alpha"}
    assert targets("until=2026-03-09") == set()
    assert targets("since=nonsense&person=x") == set()


def test_audit_shows_how_a_day_is_typed_in_the_readers_own_digits(admin, monkeypatch):
    now = timezone.now()
    monkeypatch.setattr(timezone, "now", lambda: now)  # also where midnight comes between
    today = timezone.localdate()
    admin.cookies["django_language"] = "en"
    assert admin.get("/audit/").context["example"] == today.isoformat()
    admin.cookies["django_language"] = "fa"
    example = admin.get("/audit/").context["example"]
    assert example.startswith("۱۴")
    assert read_day(example) == today


def test_audit_file_holds_no_formula(admin, mina):
    audit.note(mina, "team.made", "=HYPERLINK(1)", before="@x")
    data = b"".join(admin.get("/audit.csv").streaming_content).decode()
    assert data.startswith("\ufeff")
    rows = list(csv.reader(io.StringIO(data.lstrip("\ufeff"))))
    assert rows[1][1:4] == ["mina", "team.made", "'=HYPERLINK(1)"]


def test_people_page_takes_the_same_queries_for_many(admin, support, django_assert_max_num_queries):
    for number in range(30):
        User.objects.create_user(f"agent{number}").teams.add(support)
    with django_assert_max_num_queries(10):
        admin.get("/people/")
