"""`manage.py api_token USER NAME [--scope S …] [--days N]`: a new token, printed once."""

from argparse import ArgumentParser
from typing import Any

from django.contrib.auth.models import User

from runtime.api.scopes import SCOPES
from runtime.commands import JsonCommand, Outcome
from tickets.api.tokens import BadToken, issue_token


class Command(JsonCommand):
    help = "Make a token for the API; it is shown once and kept hashed."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("user", metavar="USER")
        parser.add_argument("name", metavar="NAME", help="What the token is for.")
        parser.add_argument(
            "--scope",
            action="append",
            default=[],
            help=f"What it may do, several times; without: everything. {', '.join(SCOPES)}",
        )
        parser.add_argument("--days", type=int, help="For how long; without: until it is revoked.")

    def run(
        self, *, user: str, name: str, scope: list[str], days: int | None, **options: Any
    ) -> Outcome:
        found = User.objects.filter(username=user, is_active=True).first()
        if found is None:
            raise BadToken("There is no active user of that name.")
        token = issue_token(found, name=name, scopes=scope, days=days)
        data = {"user": user, "name": name.strip(), "scopes": sorted(set(scope)), "days": days}
        return Outcome({**data, "token": token}, [token])
