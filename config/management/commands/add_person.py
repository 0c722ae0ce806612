"""`manage.py add_person NAME --role agent|lead|admin [--team TEAM]`: a person who may sign in."""

from argparse import ArgumentParser
from typing import Any

from people.adding import add_person
from people.roles import ROLES
from runtime.commands import JsonCommand, Outcome


class Command(JsonCommand):
    help = "Add a person and print the first password once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name")
        parser.add_argument("--role", choices=ROLES, default="agent")
        parser.add_argument("--team", default="", help="whose tickets the person sees")

    def run(self, *, name: str, role: str, team: str, **options: Any) -> Outcome:
        password = add_person(name, role=role, team=team)
        data = {"name": name, "role": role, "team": team, "password": password}
        return Outcome(data, [f"{name} may sign in as {role} with the password {password}"])
