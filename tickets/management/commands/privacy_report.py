"""`manage.py privacy_report`"""

from typing import Any

from runtime.commands import JsonCommand, Outcome
from tickets.rights.report import PrivacyReport, privacy_report


class Command(JsonCommand):
    help = "What was masked, what agents marked as missed, and who read values."

    def run(self, **options: Any) -> Outcome:
        report = privacy_report()
        return Outcome(report.as_dict(), _lines(report))


def _lines(report: PrivacyReport) -> list[str]:
    lines = [f"{'type':<14} {'masked':>8} {'kept':>8} {'misses':>7} {'share':>7}"]
    for row in report.types:
        share = "" if row.share is None else f"{100 * row.share:.2f}%"
        kept = "never" if row.destroyed else f"{row.kept}"
        lines.append(f"{row.type:<14} {row.masked:>8} {kept:>8} {row.misses:>7} {share:>7}")
    expiry = f", the next expires on {report.next_expiry:%Y-%m-%d}" if report.next_expiry else ""
    lines += ["", f"The vault holds {report.values} values{expiry};"]
    lines[-1] += f" {report.expiring_soon} expire within a week."
    lines += [
        f"{row.user or 'commands'}: {row.readings} readings in {row.tickets} tickets"
        for row in report.readings
    ]
    return lines
