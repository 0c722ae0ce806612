"""Invitations: a link that works once, until it is withdrawn or too old."""

import io
import logging
import threading
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.utils import timezone

from people import inviting, managing
from people.adding import UnusableName
from people.inviting import BadPassword, NotInvited, accept, found, invite, withdraw
from people.models import AuditEntry, Invitation

PASSWORD = "tall-green-pond"


def test_accept_makes_the_person_with_role_and_team(mina, support):
    made = invite("nika@desk.test", role="lead", team=support, by=mina)
    user = accept(made.secret, username="nika", name="Nika", password=PASSWORD)
    assert [group.name for group in user.groups.all()] == ["lead"]
    assert list(user.teams.all()) == [support]
    assert (user.email, user.first_name) == ("nika@desk.test", "Nika")
    assert user.check_password(PASSWORD)
    actions = AuditEntry.objects.values_list("action", "actor__username")
    assert set(actions) == {("person.invited", "mina"), ("invitation.accepted", "nika")}


def test_the_secret_stands_nowhere(mina):
    made = invite("nika@desk.test", role="agent", team=None, by=mina)
    row = Invitation.objects.values().get()
    assert made.secret not in str(row)
    assert made.secret not in str(list(AuditEntry.objects.values()))


def test_a_link_works_once(mina):
    made = invite("nika@desk.test", role="agent", team=None, by=mina)
    accept(made.secret, username="nika", name="", password=PASSWORD)
    with pytest.raises(NotInvited):
        accept(made.secret, username="nika2", name="", password=PASSWORD)


def test_a_new_invitation_takes_the_place_of_the_open_one(mina):
    first = invite("nika@desk.test", role="admin", team=None, by=mina)
    other = invite("omid@desk.test", role="agent", team=None, by=mina)
    second = invite("Nika@desk.test", role="agent", team=None, by=mina)
    with pytest.raises(NotInvited):
        found(first.secret)
    assert (found(second.secret).role, found(other.secret).role) == ("agent", "agent")


@pytest.mark.django_db(transaction=True)
def test_two_at_once_make_one_person(django_user_model):
    mina = django_user_model.objects.create_user("mina")
    made = invite("nika@desk.test", role="agent", team=None, by=mina)
    start, refused = threading.Barrier(2), []

    def take(name):
        try:
            start.wait()
            accept(made.secret, username=name, name="", password=PASSWORD)
        except NotInvited:
            refused.append(name)
        finally:
            connection.close()

    threads = [threading.Thread(target=take, args=(name,)) for name in ("nika", "nima")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(refused) == 1
    assert User.objects.filter(username__in=["nika", "nima"]).count() == 1


@pytest.mark.parametrize("how", ["withdrawn", "expired", "unknown", "long"])
def test_a_dead_link_is_refused_in_one_line(mina, client, how):
    made = invite("nika@desk.test", role="agent", team=None, by=mina)
    secret = {"unknown": "x" * 43, "long": "x" * 900}.get(how, made.secret)
    if how == "withdrawn":
        assert withdraw(made.invitation, by=mina)
        assert not withdraw(made.invitation, by=mina)
    if how == "expired":
        Invitation.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    with pytest.raises(NotInvited):
        found(secret)
    with pytest.raises(NotInvited):
        accept(secret, username="nika", name="", password=PASSWORD)
    assert client.get(f"/sign-in/invitation/{secret}/").status_code == 404


def test_accept_refuses_weak_passwords_and_taken_names(mina, sara):
    made = invite("nika@desk.test", role="agent", team=None, by=mina)
    with pytest.raises(BadPassword):
        accept(made.secret, username="nika", name="", password="12345678")
    with pytest.raises(UnusableName):
        accept(made.secret, username="Sara", name="", password=PASSWORD)
    with pytest.raises(UnusableName):
        accept(made.secret, username="ni ka", name="", password=PASSWORD)
    assert inviting.state_of(Invitation.objects.get()) == "open"


def test_the_page_signs_the_new_person_in(client, mina):
    made = invite("nika@desk.test", role="agent", team=None, by=mina)
    page = client.get(f"/sign-in/invitation/{made.secret}/")
    assert page.context["form"].initial == {"username": "nika"}
    given = {"username": "nika", "name": "", "password": PASSWORD}
    answer = client.post(f"/sign-in/invitation/{made.secret}/", given)
    assert answer.url == "/"
    assert client.get("/").status_code == 200


@pytest.mark.parametrize("how", ["switched off", "no admin any more"])
def test_invitations_go_with_the_admin_who_gave_them(mina, parisa, how):
    managing.change_role(parisa, "admin", by=mina)
    theirs = invite("nika@desk.test", role="admin", team=None, by=parisa)
    other = invite("reza@desk.test", role="agent", team=None, by=mina)
    if how == "switched off":
        managing.set_active(parisa, False, by=mina)
    else:
        managing.change_role(parisa, "agent", by=mina)
    with pytest.raises(NotInvited):
        found(theirs.secret)
    assert found(other.secret) == other.invitation
    assert AuditEntry.objects.first().details["invitations_withdrawn"] == 1


def test_a_link_stands_in_no_log_line(client, mina, monkeypatch):
    invited = invite("nika@desk.test", role="agent", team=None, by=mina)
    lines = io.StringIO()
    (handler,) = (one for one in logging.getLogger().handlers if one.name == "console")
    monkeypatch.setattr(handler, "stream", lines)
    bad = {"username": "reza", "password": "x"}
    assert client.post(f"/sign-in/invitation/{invited.secret}/", bad).status_code == 400
    assert "Bad Request: /sign-in/invitation/" in lines.getvalue()
    assert invited.secret not in lines.getvalue()
