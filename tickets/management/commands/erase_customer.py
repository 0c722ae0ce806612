"""`manage.py erase_customer CONTACT | --id N | --ticket N [--yes]`"""

import sys
from argparse import ArgumentParser
from typing import Any

from runtime.commands import JsonCommand, Outcome
from runtime.errors import InputError
from tickets.models import RightsRequest
from tickets.rights import erase_customer, erase_ticket, erased_before, tickets_mentioning
from tickets.rights.command import Whom, add_whom, contact_of, whom


class NotConfirmed(InputError):
    """Nobody said yes."""


class Command(JsonCommand):
    help = "Leave nothing of a customer: messages, values, drafts, past answers, training rows."

    def add_arguments(self, parser: ArgumentParser) -> None:
        add_whom(parser)
        parser.add_argument("--yes", action="store_true", help="Do not ask.")

    def run(self, *, yes: bool, **options: Any) -> Outcome:
        asked = whom(options)
        if asked.customer is None and asked.ticket is None:
            return _nobody(asked)
        if not yes:
            self._confirm(asked)
        contact = contact_of(asked)
        if asked.ticket is not None:
            request = erase_ticket(asked.ticket, user=None)
        else:
            assert asked.customer is not None
            request = erase_customer(asked.customer, user=None)
        return _done(request, contact)

    def _confirm(self, asked: Whom) -> None:
        """Asked on standard error: standard output is for what the command prints."""
        if not sys.stdin.isatty():
            raise NotConfirmed("Erasing cannot be undone: add --yes.")
        count = asked.customer.tickets.count() if asked.customer is not None else 1
        what = f"Erase {asked.named} and {count} tickets for good? Type yes: "
        self.stderr.write(what, ending="")
        if sys.stdin.readline().strip().lower() != "yes":
            raise NotConfirmed("Nothing was erased.")


def _nobody(asked: Whom) -> Outcome:
    before = erased_before(asked.contact) if asked.contact else None
    mentioned = tickets_mentioning(asked.contact) if asked.contact else []
    line = f"The desk has nothing under {asked.named}: nothing was erased."
    if before is not None:
        line = f"Nothing is left to erase: it was done on {before.finished_at:%Y-%m-%d}."
    data = {"erased": False, "counts": {}, "versions": [], "mentioned_in": mentioned}
    return Outcome(data, [line, *_mentions(mentioned)])


def _done(request: RightsRequest, contact: str) -> Outcome:
    mentioned = tickets_mentioning(contact) if contact else []
    counts = ", ".join(f"{name} {count}" for name, count in sorted(request.counts.items()))
    lines = [f"Erased: {counts or 'no tickets'}."]
    if request.versions:
        lines.append(f"Trained on it: {', '.join(request.versions)}.")
    data = {
        "erased": True,
        "counts": request.counts,
        "versions": request.versions,
        "mentioned_in": mentioned,
    }
    return Outcome(data, [*lines, *_mentions(mentioned)])


def _mentions(tickets: list[int]) -> list[str]:
    if not tickets:
        return []
    numbers = ", ".join(map(str, tickets[:20])) + (" …" if len(tickets) > 20 else "")
    return [f"The contact also stands in tickets of others: {numbers}. See --ticket."]
