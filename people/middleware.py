"""Between the password and the desk: whoever has a second factor, or must have one, shows it first.

A person is signed in with the password alone, and every view but those named here is closed to them
until the second step. So another session of theirs is asked, too, from the moment they set one up.

And after the desk: no page of a session is kept in a browser or on the way, where whoever comes
next would find customers' words after the sign-out.
"""

from typing import Any, Final
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse
from django.utils.deprecation import MiddlewareMixin
from django.utils.translation import gettext as _

from people import two_factor

ALWAYS_OPEN: Final = frozenset({"login", "logout", "second-step", "set_language", "invitation"})
OPEN_FOR_SETUP: Final = frozenset({"second-factor"})


class SecondFactorMiddleware(MiddlewareMixin):
    def process_view(
        self, request: HttpRequest, view: Any, args: Any, kwargs: Any
    ) -> HttpResponse | None:
        name = request.resolver_match.url_name if request.resolver_match else None
        user = request.user
        if name in ALWAYS_OPEN or not isinstance(user, User) or not user.is_active:
            return None
        if user.is_verified():  # type: ignore[attr-defined]  # set by django_otp's middleware
            return None
        if two_factor.is_on(user):
            return _away(request, "second-step")
        if two_factor.is_required(user) and name not in OPEN_FOR_SETUP:
            messages.info(request, _("Your desk asks for a second factor: set one up to go on."))
            return _away(request, "second-factor")
        return None


class NotKeptMiddleware(MiddlewareMixin):
    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        """By the cookie: to ask who it is would cost a page for strangers two queries."""
        if settings.SESSION_COOKIE_NAME in request.COOKIES:
            response.headers.setdefault("Cache-Control", "no-store, private")
        return response


def _away(request: HttpRequest, name: str) -> HttpResponse:
    here = request.get_full_path() if request.method == "GET" else "/"
    return HttpResponseRedirect(f"{reverse(name)}?{urlencode({'next': here})}")
