"""Roles, teams, switching people off: and never the last admin."""

import threading

import pytest
from django.contrib.auth.models import User
from django.db import connection

from people import managing
from people.managing import LastAdmin, change_role, role_of, set_active, set_details, set_teams
from people.models import AuditEntry, Team


def test_change_role_replaces_the_former(sara, mina):
    assert change_role(sara, "lead", by=mina)
    sara = User.objects.get(pk=sara.pk)
    assert [group.name for group in sara.groups.all()] == ["lead"]
    entry = AuditEntry.objects.get(action="person.role-changed")
    assert (entry.actor, entry.target) == (mina, "person sara")
    assert entry.details == {"before": "agent", "after": "lead"}


def test_change_role_to_the_same_writes_nothing(sara, mina):
    assert not change_role(sara, "agent", by=mina)
    assert not AuditEntry.objects.exists()


def test_change_role_refuses_an_unknown_one(sara, mina):
    with pytest.raises(managing.UnknownRole):
        change_role(sara, "owner", by=mina)


def test_a_superuser_loses_all_with_the_role(mina):
    root = User.objects.create_superuser("root")
    assert role_of(root) == "admin"
    assert change_role(root, "agent", by=mina)
    root.refresh_from_db()
    assert not root.is_superuser
    assert role_of(root) == "agent"


def test_the_last_admin_stays(mina, sara):
    with pytest.raises(LastAdmin):
        change_role(mina, "lead", by=mina)
    with pytest.raises(LastAdmin):
        set_active(mina, False, by=mina)
    assert role_of(User.objects.get(pk=mina.pk)) == "admin"


def test_a_switched_off_admin_does_not_count(mina, sara):
    change_role(sara, "admin", by=mina)
    set_active(sara, False, by=mina)
    with pytest.raises(LastAdmin):
        set_active(mina, False, by=sara)


def test_change_is_all_or_nothing(mina):
    team = Team.objects.create(name="support")
    with pytest.raises(LastAdmin):
        managing.change(mina, role="admin", teams=[team], is_active=False, by=mina)
    assert not mina.teams.exists()
    assert not AuditEntry.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_two_admins_cannot_remove_each_other_at_once(django_user_model):
    from django.contrib.auth.models import Group

    group = Group.objects.get_or_create(name="admin")[0]
    pair = [django_user_model.objects.create_user(name) for name in ("mina", "dara")]
    for user in pair:
        user.groups.add(group)
    start, refused = threading.Barrier(2), []

    def remove(user, by):
        try:
            start.wait()
            change_role(user, "agent", by=by)
        except LastAdmin:
            refused.append(user)
        finally:
            connection.close()

    threads = [
        threading.Thread(target=remove, args=(user, by)) for user, by in (pair, reversed(pair))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(refused) == 1
    assert User.objects.filter(groups__name="admin").count() == 1


def test_set_active_signs_out_at_once(client, sara, mina):
    client.force_login(sara)
    assert client.get("/account/").status_code == 200
    set_active(sara, False, by=mina)
    assert client.get("/account/").status_code == 302
    set_active(sara, True, by=mina)
    assert client.get("/account/").status_code == 302  # with the password, not with an old cookie


def test_set_active_stops_tokens(client, sara, mina):
    from tickets.api.tokens import issue_token

    headers = {"Authorization": f"Bearer {issue_token(sara, name='test')}"}
    assert client.get("/api/v1/articles/", headers=headers).status_code == 200
    set_active(sara, False, by=mina)
    assert client.get("/api/v1/articles/", headers=headers).status_code == 401


def test_set_teams_says_who_joined_and_left(sara, mina, support):
    sales = Team.objects.create(name="sales")
    assert set_teams(sara, [sales], by=mina)
    assert list(sara.teams.all()) == [sales]
    entry = AuditEntry.objects.get(action="person.teams-changed")
    assert entry.details == {"joined": ["sales"], "left": ["support"]}


def test_set_details_keeps_the_address_out_of_the_trail(sara, mina):
    assert set_details(sara, name="Sara", email="sara@desk.test", by=mina)
    assert not set_details(sara, name="Sara", email="sara@desk.test", by=mina)
    assert "sara@desk.test" not in str(AuditEntry.objects.get().details)


def test_in_teams_of_is_the_lead_and_the_colleagues(support, parisa, sara, omid, navid, mina):
    assert set(managing.in_teams_of(parisa)) == {parisa, sara, omid}
