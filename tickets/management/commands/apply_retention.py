"""`manage.py apply_retention [--dry-run]`"""

from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from runtime.commands import JsonCommand, Outcome
from tickets.rights import retention


class Command(JsonCommand):
    help = "Delete what is older than the desk's rules keep it; the schedule does it every day."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="Only count.")

    def run(self, *, dry_run: bool, **options: Any) -> Outcome:
        applied = retention.apply(
            dry_run=dry_run, progress=lambda removed: self.progress(f"{removed} removed …")
        )
        verb = "would go" if dry_run else "removed"
        return Outcome(
            {"dry_run": dry_run, "rules": [asdict(one) for one in applied]},
            [f"{one.kind} older than {one.days} days: {one.removed} {verb}." for one in applied],
        )
