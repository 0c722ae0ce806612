"""Write the clean text of all articles to a folder."""

from argparse import ArgumentParser
from dataclasses import asdict
from pathlib import Path
from typing import Any

from kb.exporting import export_corpus
from runtime.commands import JsonCommand, Outcome


class Command(JsonCommand):
    help = "Write the clean text of the published articles, a file each."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", metavar="DIR")

    def run(self, **options: Any) -> Outcome:
        exported = export_corpus(
            Path(options["folder"]).expanduser(),
            progress=lambda done, total: self.progress(f"{done} of {total} articles"),
        )
        line = f"{exported.articles} articles, {exported.characters:,} characters."
        return Outcome(asdict(exported), [line])
