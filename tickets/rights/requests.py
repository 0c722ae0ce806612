"""The record that somebody's data were exported or erased: a keyed hash, never a word of theirs."""

from typing import Final

from tickets import vault
from tickets.models import Ticket

ERASED: Final = "erased"
"""The source of a ticket of which only ratings are left."""


def hmac_of_ticket(ticket: Ticket) -> str:
    """Names a ticket whose customer nobody knows, also when it is gone."""
    return hmac_of(ticket.source, ticket.external_id)


def hmac_of(source: str, external_id: str) -> str:
    return vault.opaque_id(f"{source}\n{external_id}")
