"""`manage.py rotate_keys`: the vault under its newest key; `--add-key` makes that key first."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings

from config.keys import add_vault_key
from doors.models import Door, MailReference, WebhookEndpoint
from people.models import Authenticator
from runtime.commands import JsonCommand, Outcome
from tickets.vault import RotationReport, rotate


class Command(JsonCommand):
    help = "Encrypt all that is encrypted anew with the first vault key, so that older ones can go."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--add-key",
            action="store_true",
            help="Only make a new key and put it first in the keys/vault file.",
        )

    def run(self, *, add_key: bool, **options: Any) -> Outcome:
        if add_key:
            keys = add_vault_key(Path(settings.PASOKH_HOME))
            return Outcome(
                {"keys": keys},
                [
                    f"The vault has {keys} keys now; the new one writes.",
                    "Start the desk again so that every process has it, then run rotate_keys.",
                ],
            )
        report = rotate(
            others=[
                (Door.objects.all(), "secret_encrypted"),
                (MailReference.objects.all(), "ids_encrypted"),
                (WebhookEndpoint.objects.all(), "secret_encrypted"),
                (Authenticator.objects.all(), "secret_encrypted"),
            ],
            progress=lambda done, total: self.progress(f"{done} of {total} rows …"),
        )
        return Outcome(report.as_dict(), _lines(report), partly=bool(report.unreadable))


def _lines(report: RotationReport) -> list[str]:
    lines = [
        f"{report.values} values, {report.customers} customers and {report.files} files encrypted"
        f" anew in {report.seconds:.1f} s; {report.current} rows were under the newest key."
    ]
    if report.hashes:
        lines.append(f"{report.hashes} keyed hashes made anew.")
    if report.clashes:
        lines.append(f"{report.clashes} keyed hashes left: another row has the new one.")
    if report.unreadable:
        lines.append(
            f"{report.unreadable} rows open with no key of this desk and were left: put the key"
            " that wrote them behind the others in PASOKH_VAULT_KEYS and run this again."
        )
    elif len(settings.KEYS.vault) > 1:
        lines.append("The older keys are needed no more: take them out and start the desk again.")
    return lines
