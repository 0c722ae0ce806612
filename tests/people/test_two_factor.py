"""The second factor: set up, asked for at sign-in, recovery codes, required by the desk."""

import dataclasses
import time
from io import StringIO

import pytest
from cryptography.fernet import Fernet
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django_otp.oath import TOTP
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice

from people import two_factor
from people.models import AuditEntry, Authenticator
from people.throttling import TooManyAttempts
from people.two_factor import WrongCode
from runtime.encryption import UnreadableVault


def _code(device, steps=0):
    """What the app shows, now or some half minutes on."""
    totp = TOTP(device.bin_key, device.step, device.t0, device.digits, device.drift)
    totp.time = time.time() + 30 * steps
    return f"{totp.token():06d}"


def _wrong_code(device):
    """None that the app shows about now."""
    shown = {_code(device, steps) for steps in range(-3, 4)}
    return next(code for code in (f"{one:06d}" for one in range(10)) if code not in shown)


def _unlock():
    """As if the wait after a wrong code were over."""
    for devices in (TOTPDevice.objects, StaticDevice.objects):
        devices.update(throttling_failure_timestamp=None, throttling_failure_count=0)


@pytest.fixture
def protected(sara):
    """Sara's app and recovery codes. Its first code is used up: later ones are a step on."""
    device = two_factor.begin(sara)
    _device, codes = two_factor.confirm(sara, _code(device))
    return Authenticator.objects.get(pk=device.pk), codes


@pytest.fixture
def halfway(protected, client, sara):
    """Somebody who knows Sara's password."""
    client.post("/sign-in/", {"username": "sara", "password": "sara-pass"})
    return client


def test_begin_keeps_the_secret_until_it_is_confirmed(sara):
    first, second = two_factor.begin(sara), two_factor.begin(sara)
    assert first.pk == second.pk
    assert not two_factor.is_on(sara)


def test_the_secret_stands_in_the_database_encrypted(sara, settings):
    secret = two_factor.begin(sara).bin_key
    assert len(secret) == 20
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT key, secret_encrypted FROM otp_totp_totpdevice"
            " JOIN people_authenticator ON totpdevice_ptr_id = id"
        )
        (key, kept), *others = cursor.fetchall()
    assert (key, others) == ("", [])
    assert secret not in bytes(kept)
    assert secret.hex().encode() not in bytes(kept)
    settings.KEYS = dataclasses.replace(settings.KEYS, vault=(Fernet.generate_key().decode(),))
    with pytest.raises(UnreadableVault):
        _ = Authenticator.objects.get().bin_key
    assert two_factor.begin(sara).bin_key != secret  # nobody could confirm the other


def test_without_its_key_a_recovery_code_still_opens(halfway, protected, settings):
    device, codes = protected
    code = _code(device, 1)
    settings.KEYS = dataclasses.replace(settings.KEYS, vault=(Fernet.generate_key().decode(),))
    said = halfway.post("/sign-in/second-step/", {"code": code})
    assert said.status_code == 400
    assert halfway.post("/sign-in/second-step/", {"code": codes[0]}).status_code == 302
    assert halfway.get("/account/").status_code == 200


def test_secrets_come_under_a_new_key(sara, protected, settings):
    device, _codes = protected
    new = Fernet.generate_key().decode()
    settings.KEYS = dataclasses.replace(settings.KEYS, vault=(new, *settings.KEYS.vault))
    call_command("rotate_keys", stdout=StringIO())
    settings.KEYS = dataclasses.replace(settings.KEYS, vault=(new,))
    assert two_factor.verify(sara, _code(Authenticator.objects.get(), 1)).pk == device.pk


def test_confirm_refuses_a_wrong_code(sara):
    device = two_factor.begin(sara)
    with pytest.raises(WrongCode):
        two_factor.confirm(sara, _wrong_code(device))
    assert not two_factor.is_on(sara)


def test_codes_are_kept_as_digests_and_work_once(sara, protected):
    _device, codes = protected
    kept = set(StaticToken.objects.values_list("token", flat=True))
    assert len(kept) == len(set(codes)) == 10
    assert not kept & set(codes)
    two_factor.verify(sara, codes[0].upper().replace("-", " "))
    assert two_factor.codes_left(sara) == 9
    with pytest.raises(WrongCode):
        two_factor.verify(sara, codes[0])


def test_a_code_of_the_app_works_once(sara, protected):
    device, _codes = protected
    code = _code(device, 1)
    two_factor.verify(sara, code)
    with pytest.raises(WrongCode):
        two_factor.verify(sara, code)


def test_persian_digits_are_digits(sara, protected):
    device, _codes = protected
    persian = _code(device, 1).translate(str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹"))
    assert two_factor.verify(sara, f"{persian[:3]} {persian[3:]}")


def test_another_persons_codes_open_nothing(omid, protected, sara):
    _device, codes = protected
    theirs = two_factor.begin(omid)
    two_factor.confirm(omid, _code(theirs))
    with pytest.raises(WrongCode):
        two_factor.verify(omid, codes[0])


def test_guessing_becomes_slow(sara, protected):
    device, _codes = protected
    TOTPDevice.objects.update(throttling_failure_count=6)
    with pytest.raises((WrongCode, TooManyAttempts)):
        two_factor.verify(sara, _wrong_code(device))
    with pytest.raises(TooManyAttempts) as error:
        two_factor.verify(sara, _code(device, 1))  # the right one, too soon
    assert error.value.seconds == 64


def test_a_password_alone_opens_nothing(halfway):
    assert halfway.get("/").url == "/sign-in/second-step/?next=%2F"
    for path in ("/account/", "/account/second-factor/", "/tickets/1/", "/live/?topic=inbox"):
        assert halfway.get(path).url.startswith("/sign-in/second-step/"), path
    assert halfway.post("/account/second-factor/off/", {"code": "x"}).status_code == 302
    assert TOTPDevice.objects.filter(confirmed=True).exists()


def test_second_step_opens_the_desk(halfway, protected):
    device, _codes = protected
    key = halfway.session.session_key
    answer = halfway.post("/sign-in/second-step/", {"code": _code(device, 1), "next": "/articles/"})
    assert answer.url == "/articles/"
    assert halfway.get("/articles/").status_code == 200
    assert halfway.session.session_key != key


def test_second_step_takes_a_recovery_code(halfway, protected):
    _device, codes = protected
    assert halfway.post("/sign-in/second-step/", {"code": codes[3]}).url == "/"
    assert halfway.get("/").status_code == 200


def test_second_step_refuses_a_wrong_code_and_other_sites(halfway, protected):
    device, _codes = protected
    assert halfway.post("/sign-in/second-step/", {"code": "none"}).status_code == 400
    _unlock()
    given = {"code": _code(device, 1), "next": "https://elsewhere.test/"}
    assert halfway.post("/sign-in/second-step/", given).url == "/"


def test_a_session_from_before_is_asked_too(sara):
    before = Client()
    before.force_login(sara)
    assert before.get("/").status_code == 200
    device = two_factor.begin(sara)
    two_factor.confirm(sara, _code(device))
    assert before.get("/").url.startswith("/sign-in/second-step/")


def test_setup_page_shows_picture_secret_and_codes_once(client, sara):
    client.force_login(sara)
    page = client.get("/account/second-factor/")
    device = Authenticator.objects.get()
    text = page.content.decode()
    assert '<svg class="qr"' in text
    assert two_factor.secret_of(device) in text
    done = client.post("/account/second-factor/", {"code": _code(device)})
    codes = done.context["codes"]
    assert all(code in done.content.decode() for code in codes)
    after = client.get("/account/second-factor/").content.decode()
    assert not any(code in after for code in codes)
    assert two_factor.secret_of(device) not in after
    assert client.get("/").status_code == 200  # this session has shown a code


def test_the_picture_says_what_the_app_needs(sara):
    from people.qr import drawn

    device = two_factor.begin(sara)
    size, dark = _rows(drawn(device.config_url))
    from qrcode import QRCode
    from qrcode.constants import ERROR_CORRECT_M

    code = QRCode(error_correction=ERROR_CORRECT_M, border=4)
    code.add_data(device.config_url)
    expected = code.get_matrix()
    assert size == len(expected)
    assert dark == {(x, y) for y, row in enumerate(expected) for x, on in enumerate(row) if on}


def test_renewed_codes_replace_the_old(client, sara, protected):
    device, codes = protected
    _verified(client, sara, device)
    done = client.post("/account/second-factor/codes/", {"code": codes[0]})
    fresh = done.context["codes"]
    assert len(fresh) == 10
    with pytest.raises(WrongCode):
        two_factor.verify(sara, codes[1])
    assert client.post("/account/second-factor/codes/", {"code": "wrong"}).status_code == 400


def test_switching_off_needs_a_code(client, sara, protected):
    device, codes = protected
    _verified(client, sara, device)
    assert client.post("/account/second-factor/off/", {"code": "wrong"}).status_code == 400
    assert two_factor.is_on(sara)
    _unlock()
    assert client.post("/account/second-factor/off/", {"code": codes[0]}).url == "/account/"
    assert not two_factor.is_on(sara)
    assert client.get("/").status_code == 200


def test_an_admin_takes_it_away_and_it_is_written_down(client, sara, protected, mina):
    client.force_login(mina)
    client.post(f"/people/{sara.pk}/second-factor/")
    assert not two_factor.is_on(sara)
    assert two_factor.codes_left(sara) == 0
    entry = AuditEntry.objects.get(action="second-factor.reset")
    assert (entry.actor, entry.target) == (mina, "person sara")


def test_with_the_lost_telephone_its_session_is_lost(client, sara, protected, mina):
    telephone = Client()
    _verified(telephone, sara, protected[0])
    client.force_login(mina)
    assert telephone.get("/").status_code == 200
    client.post(f"/people/{sara.pk}/second-factor/")
    assert telephone.get("/").status_code == 302
    assert client.get("/").status_code == 200  # the admin's own


@pytest.mark.parametrize(("rule", "asked"), [("optional", ""), ("admins", "mina"), ("all", "both")])
def test_who_must_have_one_is_led_to_set_it_up(settings, sara, mina, rule, asked):
    settings.TWO_FACTOR = rule
    for user in (sara, mina):
        client = Client()
        client.force_login(user)
        answer = client.get("/articles/")
        if asked in (user.username, "both"):
            assert answer.url == "/account/second-factor/?next=%2Farticles%2F"
            assert client.get("/account/second-factor/").status_code == 200
            assert client.post("/account/second-factor/off/").status_code == 302
        else:
            assert answer.status_code == 200


def test_tokens_need_no_second_factor(client, sara, protected):
    from tickets.api.tokens import issue_token

    headers = {"Authorization": f"Bearer {issue_token(sara, name='test')}"}
    assert client.get("/api/v1/articles/", headers=headers).status_code == 200


def _verified(client, user, device):
    client.force_login(user)
    client.post("/sign-in/second-step/", {"code": _code(device, 1)})


def _rows(svg):
    import re

    size = int(re.search(r'viewBox="0 0 (\d+) ', svg).group(1))
    return size, {(int(x), int(y)) for x, y in re.findall(r"M(\d+) (\d+)h1v1h-1z", svg)}
