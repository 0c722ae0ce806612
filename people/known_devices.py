"""Browsers in which somebody signed in before: `remember` leaves a signed cookie, `of` reads it.

A stranger who knows a name can keep its limit over all addresses (people.throttling) full, so that
the wait never ends for the person either. A browser that knows the person has a limit of its own
instead, which only that browser can fill. The cookie opens nothing.
"""

import secrets
from datetime import timedelta
from typing import Final

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.crypto import constant_time_compare, salted_hmac

COOKIE: Final = "pasokh_device"
KEPT: Final = timedelta(days=180)
_SALT: Final = "people.known_devices"


def of(request: HttpRequest | None, name: str) -> str:
    """The browser's number, if the person of this name signed in there; else ""."""
    if request is None:
        return ""
    try:
        kept = signing.TimestampSigner(salt=_SALT).unsign(
            request.COOKIES.get(COOKIE, ""), max_age=KEPT
        )
    except signing.BadSignature:
        return ""
    whose, _dot, number = kept.partition(".")
    return number if constant_time_compare(whose, _digest(name)) else ""


def remember(answer: HttpResponse, name: str) -> None:
    number = secrets.token_hex(16)
    answer.set_cookie(
        COOKIE,
        signing.TimestampSigner(salt=_SALT).sign(f"{_digest(name)}.{number}"),
        max_age=KEPT,
        path=reverse("login"),
        secure=settings.HTTPS,
        httponly=True,
        samesite="Lax",
    )


def _digest(name: str) -> str:
    return salted_hmac(_SALT, name.casefold(), algorithm="sha256").hexdigest()
