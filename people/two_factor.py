"""The second factor: codes of an authenticator app (TOTP), and recovery codes for a lost telephone.

`begin` makes a secret, `confirm` takes the first code and returns the recovery codes, `verify`
checks a code at sign-in. django-otp computes the codes, lets none be used twice, and makes guessing
slow: each wrong code doubles the wait. Recovery codes are kept as keyed digests, the app's secret
under the desk's key (`people.models.Authenticator`).
"""

import base64
import secrets
from typing import Final

import django_otp
from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _
from django_otp.models import Device
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken

from people.audit import note
from people.managing import target
from people.models import Authenticator
from people.roles import is_admin
from people.sessions import ask_again_for, end_sessions
from people.throttling import TooManyAttempts
from runtime.encryption import UnreadableVault, encrypt
from runtime.errors import InputError

CODES: Final = 10
_DIGITS: Final = 6
_SECRET_BYTES: Final = 20  # as RFC 4226 recommends
_APP, _RECOVERY = "app", "recovery codes"


class WrongCode(InputError):
    """Not the present code of the app, and none of the recovery codes."""


def app_of(user: User) -> Authenticator | None:
    return Authenticator.objects.filter(user=user, confirmed=True).first()


def is_on(user: User) -> bool:
    return Authenticator.objects.filter(user=user, confirmed=True).exists()


def is_required(user: User) -> bool:
    """By PASOKH_TWO_FACTOR: optional, admins or all."""
    rule = settings.TWO_FACTOR
    return rule == "all" or (rule == "admins" and is_admin(user))


def begin(user: User) -> Authenticator:
    """The secret to be taken into the app; the same until it is confirmed."""
    with transaction.atomic():
        User.objects.select_for_update().get(pk=user.pk)
        begun = Authenticator.objects.filter(user=user, confirmed=False)
        waiting = begun.first()
        if waiting is not None and _opens(waiting):
            return waiting
        begun.delete()
        return Authenticator.objects.create(
            user=user,
            name=_APP,
            confirmed=False,
            key="",
            secret_encrypted=encrypt(secrets.token_hex(_SECRET_BYTES)),
        )


def confirm(user: User, code: str) -> tuple[Device, list[str]]:
    """The device and the recovery codes, which are shown once."""
    waiting = begin(user)
    device = _verified(user, waiting, code)
    with transaction.atomic():
        Authenticator.objects.filter(user=user).exclude(pk=device.pk).delete()
        Authenticator.objects.filter(pk=device.pk).update(confirmed=True)
        codes = _new_codes(user)
        note(user, "second-factor.on", target(user))
        ask_again_for(user)  # other sessions have to show a code first
    device.confirmed = True
    return device, codes


def verify(user: User, code: str) -> Device:
    """The device that took the code. Raises WrongCode or TooManyAttempts."""
    code = "".join(code.split())
    app = app_of(user)
    if app is not None and len(code) == _DIGITS and code.isdecimal():
        return _verified(user, app, code)
    recovery = StaticDevice.objects.filter(user=user, confirmed=True).first()
    if recovery is None:
        raise _wrong()
    return _verified(user, recovery, _kept(user, code))


def codes_left(user: User) -> int:
    return StaticToken.objects.filter(device__user=user).count()


def renew_codes(user: User) -> list[str]:
    """The old ones stop working."""
    with transaction.atomic():
        codes = _new_codes(user)
        note(user, "second-factor.codes-renewed", target(user))
    return codes


def remove(user: User, *, by: User) -> bool:
    """By somebody else: a telephone was lost, and what is signed in on it is signed out."""
    with transaction.atomic():
        apps = Authenticator.objects.filter(user=user)
        was_on = apps.filter(confirmed=True).exists()
        apps.delete()
        StaticDevice.objects.filter(user=user).delete()
        if was_on:
            note(by, "second-factor.off" if by == user else "second-factor.reset", target(user))
        if was_on and by != user:
            end_sessions(user)
    return was_on


def secret_of(device: Authenticator) -> str:
    """To be typed where no picture can be taken: groups of four letters."""
    letters = base64.b32encode(device.bin_key).decode("ascii").rstrip("=")
    return " ".join(letters[start : start + 4] for start in range(0, len(letters), 4))


def _opens(device: Authenticator) -> bool:
    """Not where the key that it was made with is gone."""
    try:
        return bool(device.bin_key)
    except UnreadableVault:
        return False


def _verified(user: User, device: Device, code: str) -> Device:
    found = django_otp.verify_token(user, device.persistent_id, code)
    if found is not None:
        return found
    device.refresh_from_db()
    if device.throttling_failure_count > 3:
        _allowed, why = device.verify_is_allowed()
        if why:
            left = why["locked_until"] - device.throttling_failure_timestamp
            raise TooManyAttempts(int(left.total_seconds()))
    raise _wrong()


def _new_codes(user: User) -> list[str]:
    device, _new = StaticDevice.objects.get_or_create(user=user, name=_RECOVERY)
    device.token_set.all().delete()
    codes = [_random_code() for _number in range(CODES)]
    StaticToken.objects.bulk_create(
        StaticToken(device=device, token=_kept(user, code)) for code in codes
    )
    return codes


def _random_code() -> str:
    """60 bits: twelve letters and digits that are not taken for one another."""
    letters = base64.b32encode(secrets.token_bytes(8)).decode("ascii").lower()
    return "-".join((letters[:4], letters[4:8], letters[8:12]))


def _kept(user: User, code: str) -> str:
    """A digest that fits into django-otp's 16 letters: 96 bits."""
    plain = code.replace("-", "").lower()
    digest = salted_hmac("people.two_factor", f"{user.pk}:{plain}", algorithm="sha256").digest()
    return base64.urlsafe_b64encode(digest[:12]).decode("ascii")


def _wrong() -> WrongCode:
    return WrongCode(_("That code is not right. A code is used once and lasts half a minute."))
