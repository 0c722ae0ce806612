"""Do one import that waits: what the desk starts in a process of its own."""

import os
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.utils import translation

from kb import running
from kb.models import ImportRun
from runtime.commands import JsonCommand, Outcome
from runtime.errors import InputError

NICE = 10


class UnknownImport(InputError):
    """There is no import of this number."""


class Command(JsonCommand):
    help = "Do the import with this number, and then those that wait (the desk starts it itself)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("id", type=int)

    def run(self, *, id: int, **options: Any) -> Outcome:  # noqa: A002 - the argument's name
        if not ImportRun.objects.filter(pk=id).exists():
            raise UnknownImport(f"There is no import {id}.")
        os.nice(NICE)  # people at the desk come first
        with translation.override(settings.LANGUAGE_CODE):  # people at the desk read what it says
            started = running.run(id)
            following = running.next_waiting() if started else None
            while following is not None:
                running.run(following)
                following = running.next_waiting()
        row = ImportRun.objects.get(pk=id)
        data = {"id": id, "state": row.state, "error": row.error, "report": row.report}
        said = f"Import {id}: {row.state}." if started else f"Import {id} is not waiting."
        return Outcome(data, [said, *filter(None, [row.error])])
