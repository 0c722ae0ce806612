"""`manage.py export_customer CONTACT | --id N | --ticket N [--out FILE]`"""

import json
import os
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from runtime.commands import JsonCommand, Outcome
from runtime.errors import InputError
from tickets.rights import export_customer, export_ticket, tickets_mentioning
from tickets.rights.command import Whom, add_whom, contact_of, whom


class NothingToExport(InputError):
    """The desk has nobody like that."""


class BadExportFile(InputError):
    """The file is there already, or cannot be written."""


class Command(JsonCommand):
    help = "Everything that the desk has about one customer, as JSON."

    def add_arguments(self, parser: ArgumentParser) -> None:
        add_whom(parser)
        parser.add_argument(
            "--out", type=Path, metavar="FILE", help="A new file that only its owner can read."
        )

    def run(self, *, out: Path | None, **options: Any) -> Outcome:
        asked = whom(options)
        if asked.customer is None and asked.ticket is None:
            raise NothingToExport(f"The desk has nothing under {asked.named}.")
        if out is None:
            document = _document(asked)
            return Outcome(document, [json.dumps(document, ensure_ascii=False, indent=2)])
        descriptor = _new_file(out)
        try:
            document = _document(asked)
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                json.dump(document, file, ensure_ascii=False, indent=2)
        except BaseException:
            out.unlink(missing_ok=True)
            raise
        others = document.get("mentioned_in", [])
        done = {"file": str(out), "tickets": len(document["tickets"]), "mentioned_in": others}
        return Outcome(done, [f"{done['tickets']} tickets written to {out}."])


def _document(asked: Whom) -> dict[str, Any]:
    if asked.ticket is not None:
        return export_ticket(asked.ticket, user=None)
    assert asked.customer is not None
    document = export_customer(asked.customer, user=None)
    contact = contact_of(asked)
    mentioned = tickets_mentioning(contact, besides=asked.customer) if contact else []
    return {**document, "mentioned_in": mentioned}


def _new_file(path: Path) -> int:
    """Made before anything is read: a file in the way costs no entry in the records."""
    try:
        return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise BadExportFile(f"{path} is there already: name a new file.") from None
    except OSError as error:
        raise BadExportFile(f"{path} cannot be written: {error.strerror}.") from None
