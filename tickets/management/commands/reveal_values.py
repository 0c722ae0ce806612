"""`manage.py reveal_values [--allow NAME | --forbid NAME]`: who may see personal values."""

from argparse import ArgumentParser
from typing import Any

from runtime.commands import JsonCommand, Outcome
from tickets.vault.permission import allow, forbid, who_may


class Command(JsonCommand):
    help = "List who may see the values behind placeholders; allow it to an agent, or forbid it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        group = parser.add_mutually_exclusive_group()
        group.add_argument("--allow", metavar="NAME", default="")
        group.add_argument("--forbid", metavar="NAME", default="")

    def run(self, **options: Any) -> Outcome:
        if options["allow"]:
            allow(options["allow"])
        if options["forbid"]:
            forbid(options["forbid"])
        people = list(who_may().values_list("username", flat=True))
        return Outcome(
            {"people": people},
            [f"May see personal values: {', '.join(people) or 'nobody'}."],
        )
