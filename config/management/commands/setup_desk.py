"""`manage.py setup_desk`: tables, translations, default models, and the sample company if asked."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management import call_command

from config.messages import compile_messages
from config.sample_company import load_sample_company
from llm.registry import install_default_models
from people.adding import make_first_people
from runtime.commands import JsonCommand, Outcome


class Command(JsonCommand):
    help = "Set up the desk of this PASOKH_HOME; doing it twice changes nothing."
    needs_database = False

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--sample", action="store_true", help="Load the sample company.")

    def run(self, *, sample: bool, verbosity: int, **options: Any) -> Outcome:
        self.progress("Tables …")
        call_command("migrate", verbosity=0, interactive=False)
        compile_messages(settings.LOCALE_PATHS)
        self.progress("Style sheets and scripts …")
        call_command("collectstatic", verbosity=0, interactive=False)
        self.progress("Models …")
        install_default_models()
        people = {"admin": "admin"}
        if sample:
            people["agent"] = "agent"
        make_first_people(people)
        loaded = load_sample_company(progress=self.progress) if sample else {}
        data = {"home": str(settings.PASOKH_HOME), **loaded}
        return Outcome(data, ["The desk is set up."] if verbosity else [])
