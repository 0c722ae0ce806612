"""Do planted values come back from a model that learned its rows by heart? `python -m
bench.canaries`.

A hundred copies of rows carry a canary; a tiny model learns all rows with all its weights, once as
the last privacy scan leaves them and once without the scan, and writes a thousand samples each.
The figures: how many samples hold a canary. Without the scan some must, or the rest proves nothing.
One core is enough (about a minute and a half of its time).
"""

import argparse
import json
from pathlib import Path
from typing import Any

from bench.own_home import own_home

STEPS, SAMPLES = 700, 1_000


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench.canaries", description=__doc__)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    with own_home() as folder:
        report = measure(folder)
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


if __name__ == "__main__":
    main()
