"""Passwords: signing in, how often it may be tried, a forgotten one, a new one."""

import re
import threading
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from django.contrib.auth.models import User
from django.core import mail
from django.db import DatabaseError, connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django_otp import DEVICE_ID_SESSION_KEY

from config.checks import believed_headers
from people import resetting, tasks, two_factor
from people.models import Attempt, AuditEntry, Authenticator
from people.throttling import Key, Limit, TooManyAttempts, address_of, attempt, succeeded

LIMIT = Limit(3, 60)


@pytest.fixture(autouse=True)
def time_stands_still(monkeypatch):
    """The first wait lasts a second, and a stall of a busy machine longer."""
    now = timezone.now()
    monkeypatch.setattr(timezone, "now", lambda: now)


def _key(name="a"):
    return Key(LIMIT, ("test", name))


def test_attempt_waits_longer_after_each_failure(db):
    for _number in range(LIMIT.free):
        attempt([_key()])
    with pytest.raises(TooManyAttempts) as first:
        attempt([_key()])
    Attempt.objects.update(failures=7)
    with pytest.raises(TooManyAttempts) as later:
        attempt([_key()])
    Attempt.objects.update(failures=70)
    with pytest.raises(TooManyAttempts) as longest:
        attempt([_key()])
    assert (first.value.seconds, later.value.seconds, longest.value.seconds) == (1, 16, 60)
    attempt([_key("b")])


def test_succeeded_forgets_the_own_and_takes_one_back_of_the_shared(db):
    own, shared = _key("own"), _key("shared")
    attempt([own, shared])
    attempt([own, shared])
    succeeded([own], [shared])
    kept = Attempt.objects.filter(failures__gt=0).values_list("key", "failures")
    assert dict(kept) == {shared.digest: pytest.approx(1, abs=0.01)}


def test_failures_are_forgotten_one_by_one(db):
    """An office shares an address: a slip now and then must not shut everybody out some day."""
    for _slip in range(4 * LIMIT.free):
        attempt([_key()])
        before = timezone.now() - timedelta(seconds=LIMIT.forgets)
        Attempt.objects.update(last_at=before)
    assert Attempt.objects.get().failures < 2
    attempt([_key()])


@pytest.mark.django_db(transaction=True)
def test_attempts_and_successes_at_once_do_no_harm():
    """One signs in while another with the same name tries: rows come and go under both."""
    start, broken, key = threading.Barrier(4), [], Key(Limit(10_000, 1), ("test", "many"))

    def sign_in():
        try:
            start.wait()
            for _number in range(40):
                attempt([key])
                succeeded([key])
        except (KeyError, DatabaseError) as error:
            broken.append(repr(error))
        finally:
            connection.close()

    threads = [threading.Thread(target=sign_in) for _number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not broken


def test_attempts_name_nobody(db, client):
    client.post("/sign-in/", {"username": "somebody", "password": "x"})
    assert "somebody" not in str(list(Attempt.objects.values()))


@pytest.mark.django_db(transaction=True)
def test_guesses_at_once_count_one_after_the_other():
    start, through = threading.Barrier(8), []

    def guess():
        try:
            start.wait()
            attempt([_key()])
            through.append(1)
        except TooManyAttempts:
            pass
        finally:
            connection.close()

    threads = [threading.Thread(target=guess) for _number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(through) == LIMIT.free


def test_sign_in_is_throttled_even_for_the_right_password(client, sara):
    wrong = {"username": "sara", "password": "wrong"}
    for _number in range(5):
        assert client.post("/sign-in/", wrong).status_code == 200
    right = {"username": "SARA".lower(), "password": "sara-pass"}
    answer = client.post("/sign-in/", right)
    assert answer.status_code == 429
    assert int(answer["Retry-After"]) >= 1
    elsewhere = client.post("/sign-in/", right, REMOTE_ADDR="10.0.0.9")
    assert elsewhere.status_code == 302  # the person can still come in from another place


def test_sign_in_goes_on_with_the_page_that_a_form_stood_on(client, sara):
    """An address that takes forms alone shows nothing to whom the session ended."""
    change, page = reverse("ticket-change", args=[5]), reverse("ticket", args=[5])
    for referer, onward in (
        (f"http://testserver{page}?a=1", f"{page}?a=1"),
        ("https://elsewhere.example/tickets/5/", "/"),
        ("http://testserver//elsewhere.example/", "/elsewhere.example/"),
        ("", "/"),
    ):
        answer = client.post(change, headers={"Referer": referer})
        assert answer.status_code == 302
        assert parse_qs(urlsplit(answer["Location"]).query)["next"] == [onward]


def test_sign_in_forgets_failures_once_it_works(client, sara):
    client.post("/sign-in/", {"username": "sara", "password": "wrong"})
    client.post("/sign-in/", {"username": "sara", "password": "sara-pass"})
    assert not Attempt.objects.filter(failures__gt=1).exists()


def test_an_unknown_name_is_answered_as_a_wrong_password(client, sara):
    known = client.post("/sign-in/", {"username": "sara", "password": "wrong"})
    unknown = client.post("/sign-in/", {"username": "sora", "password": "wrong"})
    assert _plain(known, "sara") == _plain(unknown, "sora")


def test_reset_says_the_same_whether_the_address_is_known(client, sara, settings):
    settings.SMTP_SET = True
    User.objects.filter(pk=sara.pk).update(email="sara@desk.test")
    known = client.post("/sign-in/forgotten/", {"email": "sara@desk.test"})
    unknown = client.post("/sign-in/forgotten/", {"email": "sora@desk.test"})
    assert known.status_code == unknown.status_code == 200
    assert _plain(known) == _plain(unknown)


def test_reset_asks_the_workers_either_way(
    client, sara, settings, monkeypatch, django_capture_on_commit_callbacks
):
    settings.SMTP_SET = True
    User.objects.filter(pk=sara.pk).update(email="sara@desk.test")
    asked = []
    monkeypatch.setattr(tasks.send_password_resets, "delay", lambda *given: asked.append(given))
    for email in ("SARA@desk.test", "sora@desk.test"):
        with django_capture_on_commit_callbacks(execute=True):
            client.post("/sign-in/forgotten/", {"email": email})
    assert [ids for ids, _desk, _lang in asked] == [[sara.pk], []]
    assert "@" not in str(asked)


def test_reset_is_sent_three_times_at_most(client, sara, settings, monkeypatch):
    settings.SMTP_SET = True
    asked = []
    monkeypatch.setattr(resetting, "ask", lambda email, **given: asked.append(email))
    answers = [client.post("/sign-in/forgotten/", {"email": "a@desk.test"}) for _n in range(6)]
    assert len(asked) == 3
    assert len({_plain(answer) for answer in answers}) == 1


def test_reset_link_of_the_mail_works_once(client, sara):
    User.objects.filter(pk=sara.pk).update(email="sara@desk.test")
    tasks.send_password_resets([sara.pk, 999_999], "http://testserver/", "en")
    (letter,) = mail.outbox
    assert letter.to == ["sara@desk.test"]
    link = re.search(r"http://testserver(/\S+)", letter.body).group(1)
    form = client.get(link, follow=True).redirect_chain[-1][0]
    chosen = {"new_password1": "tall-green-pond", "new_password2": "tall-green-pond"}
    assert client.post(form, chosen).url == "/sign-in/"
    assert not client.get(link, follow=True).context["validlink"]
    assert client.login(username="sara", password="tall-green-pond")


def test_reset_without_a_mail_server_says_whom_to_ask(client, sara, settings):
    settings.SMTP_SET = False
    assert not client.get("/sign-in/forgotten/").context["can_reset"]
    assert client.post("/sign-in/forgotten/", {"email": "sara@desk.test"}).status_code == 200
    assert not mail.outbox


def test_password_is_changed_and_other_sessions_end(client, sara):
    other = Client()
    other.force_login(sara)
    client.force_login(sara)
    given = {"old_password": "sara-pass"}
    given |= {"new_password1": "tall-green-pond", "new_password2": "tall-green-pond"}
    assert client.post("/account/password/", given).url == "/account/"
    assert client.get("/account/").status_code == 200
    assert other.get("/account/").status_code == 302
    assert AuditEntry.objects.get().action == "person.password-changed"


def test_the_present_password_cannot_be_guessed_in_a_session(client, sara):
    client.force_login(sara)
    wrong = {"old_password": "x", "new_password1": "tall-green-pond"}
    statuses = [client.post("/account/password/", wrong).status_code for _n in range(7)]
    assert statuses[:5] == [400] * 5
    assert statuses[-1] == 429


def test_account_keeps_name_and_address(client, sara):
    client.force_login(sara)
    given = {"name": "سارا", "email": "sara@desk.test", "password": "sara-pass"}
    assert client.post("/account/", given).status_code == 302
    sara.refresh_from_db()
    assert (sara.first_name, sara.email) == ("سارا", "sara@desk.test")
    assert client.post("/account/", {"email": "none"}).status_code == 400
    assert client.post("/account/", given | {"name": "S", "password": ""}).status_code == 302


def test_a_desk_left_open_does_not_give_the_account_away(client, sara):
    """A link for a new password would go to the address of whoever sat down there."""
    client.force_login(sara)
    taken = {"name": "", "email": "thief@elsewhere.test"}
    for password in ("", *["guess"] * 5):
        answer = client.post("/account/", taken | {"password": password})
        assert answer.status_code == 400
        assert answer.context["form"].errors["password"]
    assert client.post("/account/", taken | {"password": "sara-pass"}).status_code == 400
    sara.refresh_from_db()
    assert sara.email == ""


def test_an_admins_desk_left_open_does_not_either(client, mina):
    client.force_login(mina)
    here = f"/people/{mina.pk}/"
    device = two_factor.begin(mina)
    Authenticator.objects.update(confirmed=True)
    session = client.session
    session[DEVICE_ID_SESSION_KEY] = device.persistent_id
    session.save()
    for way in ("details", "password", "second-factor"):
        answer = client.post(f"{here}{way}/", {"email": "thief@elsewhere.test"})
        assert answer.status_code == 302, way
    mina.refresh_from_db()
    assert mina.email == ""
    assert two_factor.is_on(mina)
    assert "thief" not in client.get(here).content.decode()


def test_addresses_of_one_line_are_one(rf):
    def of(address):
        return address_of(rf.get("/", REMOTE_ADDR=address))

    assert of("2001:db8:1:2::5") == of("2001:db8:1:2:ffff::9%eth0")
    assert of("2001:db8:1:2::5") != of("2001:db8:1:3::5")
    assert of("::ffff:192.0.2.7") == of("192.0.2.7") != of("192.0.2.8")
    assert of("no address") == "no address"


def test_a_stranger_shuts_nobody_out_of_a_browser_that_knows_them(client, sara, omid):
    right = {"username": "sara", "password": "sara-pass"}
    assert client.post("/sign-in/", right).status_code == 302
    kept = client.cookies["pasokh_device"]
    assert kept["httponly"]
    assert "sara" not in kept.value
    client.post("/sign-out/")
    client.post("/sign-in/", {"username": "omid", "password": "x"})  # not known here: is counted
    with_stranger = Client()
    with_stranger.post("/sign-in/", right | {"password": "x"})
    Attempt.objects.update(failures=70, last_at=timezone.now())
    assert with_stranger.post("/sign-in/", right).status_code == 429
    omids = {"username": "omid", "password": "omid-pass"}
    assert client.post("/sign-in/", omids).status_code == 429
    assert client.post("/sign-in/", right | {"username": "Sara"}).status_code == 200
    assert client.post("/sign-in/", right).status_code == 302


def test_a_browser_that_knows_somebody_guesses_no_faster(client, sara):
    right = {"username": "sara", "password": "sara-pass"}
    client.post("/sign-in/", right)
    client.post("/sign-out/")
    for _guess in range(5):
        assert client.post("/sign-in/", right | {"password": "x"}).status_code == 200
    assert client.post("/sign-in/", right).status_code == 429


def test_after_a_link_for_a_new_password_the_guesses_before_do_not_count(client, sara):
    for _guess in range(6):
        client.post("/sign-in/", {"username": "sara", "password": "forgotten"})
    form = client.get(resetting.path_for(sara), follow=True).redirect_chain[-1][0]
    chosen = {"new_password1": "tall-green-pond", "new_password2": "tall-green-pond"}
    client.post(form, chosen)
    signed_in = client.post("/sign-in/", {"username": "sara", "password": "tall-green-pond"})
    assert signed_in.status_code == 302


def test_a_link_opens_nothing_for_somebody_who_was_switched_off(client, sara):
    link = resetting.path_for(sara)
    User.objects.filter(pk=sara.pk).update(is_active=False)
    assert not client.get(link, follow=True).context["validlink"]


def test_headers_that_anybody_may_write_are_warned_of(settings, monkeypatch):
    settings.SMTP_SET, settings.ALLOWED_HOSTS = True, ["desk.example"]
    monkeypatch.setenv("FORWARDED_ALLOW_IPS", "10.0.0.0/8")
    assert believed_headers(None) == []
    settings.ALLOWED_HOSTS = ["*"]
    monkeypatch.setenv("FORWARDED_ALLOW_IPS", "*")
    assert [one.id for one in believed_headers(None)] == ["pasokh.W001", "pasokh.W002"]


def test_add_person_takes_lead_and_team(db, capsys):
    from django.core.management import call_command

    call_command("add_person", "nika", "--role", "lead", "--team", "support", "--json")
    nika = User.objects.get(username="nika")
    assert [group.name for group in nika.groups.all()] == ["lead"]
    assert [team.name for team in nika.teams.all()] == ["support"]
    assert AuditEntry.objects.filter(action="person.added", actor=None).exists()


def _plain(answer, name=""):
    text = re.sub(r'csrf[^>]*value="[^"]+"', "", answer.content.decode())
    text = re.sub(r'X-CSRFToken": "[^"]*', "", text)
    return text.replace(f'value="{name}"', "") if name else text
