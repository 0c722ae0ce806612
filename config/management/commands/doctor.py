"""`manage.py doctor`: what is installed, reachable, active, and what is missing."""

from typing import Any

from config.doctor import run_checks
from runtime.commands import JsonCommand, Outcome


class Command(JsonCommand):
    help = "Look over this desk: packages, database, queue, search, models, processes."

    def run(self, **options: Any) -> Outcome:
        checks = run_checks()
        lines = [
            f"{'ok  ' if check.ok else 'FAIL'} {check.name}: {check.detail}" for check in checks
        ]
        failed = [check for check in checks if not check.ok]
        data = {
            "checks": [
                {"name": check.name, "ok": check.ok, "detail": check.detail} for check in checks
            ]
        }
        return Outcome(data, lines, partly=bool(failed))
