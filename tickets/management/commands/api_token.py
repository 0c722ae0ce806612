"""`manage.py api_token USER NAME`: a new token for the API, printed once."""

from argparse import ArgumentParser
from typing import Any

from django.contrib.auth.models import User

from runtime.commands import JsonCommand, Outcome
from runtime.errors import InputError
from tickets.api.tokens import issue_token

MAX_NAME = 100


class BadToken(InputError):
    """There is no such user, or the name cannot be used."""


class Command(JsonCommand):
    help = "Make a token for the API; it is shown once and kept hashed."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("user", metavar="USER")
        parser.add_argument("name", metavar="NAME", help="What the token is for.")

    def run(self, *, user: str, name: str, **options: Any) -> Outcome:
        found = User.objects.filter(username=user, is_active=True).first()
        if found is None:
            raise BadToken("There is no active user of that name.")
        if not 0 < len(name.strip()) <= MAX_NAME:
            raise BadToken(f"The token's name must have 1 to {MAX_NAME} characters.")
        token = issue_token(found, name=name.strip())
        return Outcome({"user": user, "name": name.strip(), "token": token}, [token])
