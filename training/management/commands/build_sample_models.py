"""`manage.py build_sample_models [--base]`: the models of sample/models, made again.

Works in a desk of its own below the system's folder for temporary files, which is filled with the
sample company and thrown away, so what the models learn does not depend on the desk at hand.
"""

import os
import subprocess
import sys
import tempfile
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings

from llm.manifest import FILE_NAME, read_manifest
from runtime.commands import JsonCommand, Outcome
from training.sample_models import TUNED, build


class Command(JsonCommand):
    help = "Train the sample models again from the sample company."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--base", action="store_true", help="Train the base anew as well.")
        parser.add_argument(
            "--only", choices=sorted(TUNED), action="append", help="One tuned version only."
        )
        parser.add_argument(
            "--here", action="store_true", help="In this desk, which holds the sample company."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        self.needs_database = options["here"]
        super().handle(*args, **options)

    def run(self, *, base: bool, only: list[str] | None, here: bool, **options: Any) -> Outcome:
        tuned = only or list(TUNED)
        if here:
            metrics = build(base=base, tuned=tuned, report=self.progress)
        else:
            metrics = self._in_a_new_desk(["--base"] * base + [f"--only={one}" for one in tuned])
        return Outcome(metrics, [f"{name}: {values}" for name, values in metrics.items()])

    def _in_a_new_desk(self, arguments: list[str]) -> dict[str, Any]:
        with tempfile.TemporaryDirectory(prefix="pasokh-") as home:
            environment = os.environ | {"PASOKH_HOME": home}
            self._manage(["setup_desk", "--sample"], environment)
            self._manage(["build_sample_models", "--here", *arguments], environment)
        folders = sorted((Path(settings.SAMPLE_DIR) / "models").glob(f"*/{FILE_NAME}"))
        return {path.parent.name: read_manifest(path.parent).data["metrics"] for path in folders}

    def _manage(self, arguments: list[str], environment: dict[str, str]) -> None:
        """Progress goes to this terminal, what it prints to standard error."""
        manage = Path(settings.BASE_DIR) / "manage.py"
        done = subprocess.run(
            [sys.executable, str(manage), *arguments],
            env=environment,
            stdout=sys.stderr,
            check=False,
        )
        if done.returncode:
            sys.exit(done.returncode)
