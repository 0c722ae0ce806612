"""`Authorization: Bearer TOKEN`.

REST framework reads this module while its own views load, so it imports none of them.
"""

from django.utils.translation import gettext_lazy as _
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from people.roles import Person
from tickets.api.tokens import token_row
from tickets.models import ApiToken

MAX_TOKEN = 200


class TokenAuthentication(BaseAuthentication):
    """401 for a missing or wrong token."""

    def authenticate(self, request: Request) -> tuple[Person, ApiToken] | None:
        kind, _space, token = get_authorization_header(request).partition(b" ")
        if kind.lower() != b"bearer":
            return None
        row = None
        if token.isascii() and 0 < len(token) <= MAX_TOKEN:
            row = token_row(token.decode("ascii").strip())
        if row is None:
            raise AuthenticationFailed(_("The token is not known."))
        return row.user, row

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"
