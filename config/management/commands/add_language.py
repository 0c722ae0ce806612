"""`manage.py add_language CODE`: the catalogue that a translation of the desk begins with."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings

from config.messages import add_language
from runtime.commands import JsonCommand, Outcome


class Command(JsonCommand):
    help = "Make an empty catalogue for another language of the desk (see docs/translating.md)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("code", help="uk, he, …")

    def run(self, *, code: str, **options: Any) -> Outcome:
        made = add_language(Path(settings.LOCALE_PATHS[0]), code)
        return Outcome({"language": code, "file": str(made)}, [f"Translate {made}"])
