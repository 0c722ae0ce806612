"""What the commands of customers' rights share: whom they are about."""

import sys
from argparse import ArgumentParser
from dataclasses import dataclass
from typing import Any

from runtime.errors import InputError
from tickets.intake import MAX_CONTACT
from tickets.models import Customer, Ticket
from tickets.rights.finding import find_customer
from tickets.vault import UnreadableVault, decrypt


class NobodyNamed(InputError):
    """The command does not say, or says twice, whom it is about."""


@dataclass(frozen=True)
class Whom:
    """`contact` as given; customer and ticket None where the desk has nobody like that."""

    contact: str
    customer: Customer | None
    ticket: Ticket | None
    named: str


def add_whom(parser: ArgumentParser) -> None:
    parser.add_argument(
        "contact",
        nargs="?",
        metavar="CONTACT",
        help="E-mail address or telephone number, in any spelling; - reads it from standard input,"
        " so that it stands in no shell's history.",
    )
    parser.add_argument("--id", type=int, metavar="N", help="The customer's number instead.")
    parser.add_argument(
        "--ticket", type=int, metavar="N", help="One ticket, where nobody's contact is known."
    )


def contact_of(asked: Whom) -> str:
    """As it was given, or as the desk knows it; "" where no key opens it."""
    if asked.contact or asked.customer is None:
        return asked.contact
    try:
        return decrypt(asked.customer.contact_encrypted)
    except UnreadableVault:
        return ""


def whom(options: dict[str, Any]) -> Whom:
    """Raises NobodyNamed."""
    contact, customer_id, ticket_id = options["contact"], options["id"], options["ticket"]
    if sum(one is not None for one in (contact, customer_id, ticket_id)) != 1:
        raise NobodyNamed("Give one of CONTACT, --id N and --ticket N.")
    if ticket_id is not None:
        ticket = Ticket.objects.filter(pk=ticket_id).first() if 0 < ticket_id < 2**63 else None
        return Whom("", None, ticket, f"ticket {ticket_id}")
    if customer_id is not None:
        known = Customer.objects.filter(pk=customer_id) if 0 < customer_id < 2**63 else None
        return Whom("", known.first() if known is not None else None, None, f"no. {customer_id}")
    if contact == "-":
        contact = sys.stdin.readline()
    contact = contact.strip()
    if not contact or len(contact) > MAX_CONTACT:
        raise NobodyNamed(f"A contact has 1 to {MAX_CONTACT} characters.")
    return Whom(contact, find_customer(contact), None, "this contact")
