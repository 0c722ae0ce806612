"""Everything that the desk has about one customer, in one document, with the values put back:
`export_customer`, `export_ticket`. Who asked is written down, and every reading of the vault.

Left out: what is about others (the agents' names, past tickets of other customers that were shown
beside the drafts). A value that has expired stays a placeholder: the desk does not have it either.
"""

import base64
from collections.abc import Mapping
from typing import Any

from django.contrib.auth.models import User
from django.utils import timezone

from people import audit
from text.privacy import restore
from tickets import vault
from tickets.models import Attachment, Customer, RightsRequest, Suggestion, Ticket, VaultReading
from tickets.rights.lessons import learned_by, lessons_of
from tickets.rights.requests import hmac_of_ticket
from tickets.vault import files

Values = Mapping[str, str]


def export_customer(customer: Customer, *, user: User | None) -> dict[str, Any]:
    """`user` None: a command. What no key of the vault opens any more stays a placeholder."""
    tickets = list(customer.tickets.order_by("created_at", "pk"))
    document = {
        "contact": vault.readable(customer.contact_encrypted),
        "name": vault.readable(customer.name_encrypted),
        "known_since": customer.created_at.isoformat(),
        "tickets": [_ticket(ticket, user) for ticket in tickets],
        "learned_by": learned_by(lessons_of(tickets)),
        "requests": _requests(customer.contact_hmac),
    }
    _note(document, customer.contact_hmac, user)
    audit.note(user, "customer.exported", f"customer {customer.pk}")
    return document


def export_ticket(ticket: Ticket, *, user: User | None) -> dict[str, Any]:
    """One ticket, for those that came without a contact."""
    digest = hmac_of_ticket(ticket)
    document = {
        "tickets": [_ticket(ticket, user)],
        "learned_by": learned_by(lessons_of([ticket])),
        "requests": _requests(digest),
    }
    _note(document, digest, user)
    return document


def _note(document: Mapping[str, Any], digest: str, user: User | None) -> None:
    tickets = document["tickets"]
    RightsRequest.objects.create(
        kind=RightsRequest.Kind.EXPORT,
        customer_hmac=digest,
        requested_by=user,
        counts={
            "tickets": len(tickets),
            "messages": sum(len(one["messages"]) for one in tickets),
            "suggestions": sum(len(one["suggestions"]) for one in tickets),
        },
        versions=document["learned_by"],
        finished_at=timezone.now(),
    )


def _ticket(ticket: Ticket, user: User | None) -> dict[str, Any]:
    values = vault.values_of(
        ticket, reader=user, purpose=VaultReading.Purpose.EXPORT, skip_unreadable=True
    )
    drafts = Suggestion.objects.filter(ticket=ticket).select_related("version")
    return {
        "number": ticket.pk,
        "source": ticket.source,
        "external_id": ticket.external_id,
        "subject": restore(ticket.subject, values),
        "lang": ticket.lang,
        "state": ticket.state,
        "created_at": ticket.created_at.isoformat(),
        "messages": [
            {
                "role": message.role,
                "text": restore(message.text, values),
                "created_at": message.created_at.isoformat(),
            }
            for message in ticket.messages.all()
        ],
        "suggestions": [
            _suggestion(one, values)
            for one in drafts.prefetch_related("ratings").order_by("pk")
            if one.text
        ],
        "notes": [
            {"text": restore(note.text, values), "created_at": note.created_at.isoformat()}
            for note in ticket.notes.all()
        ],
        "files": [_file(one, values) for one in Attachment.objects.filter(ticket=ticket)],
    }


def _file(attachment: Attachment, values: Values) -> dict[str, Any]:
    """`content` in base64; None for one that is not kept, or that no key opens any more."""
    try:
        content = files.read(attachment.path) if attachment.path else None
    except (FileNotFoundError, vault.UnreadableVault):
        content = None
    return {
        "name": restore(attachment.name, values),
        "media_type": attachment.media_type,
        "size": attachment.size,
        "state": attachment.state,
        "created_at": attachment.created_at.isoformat(),
        "content": None if content is None else base64.b64encode(content).decode(),
    }


def _suggestion(suggestion: Suggestion, values: Values) -> dict[str, Any]:
    return {
        "model": suggestion.version.name,
        "state": suggestion.state,
        "text": restore(suggestion.text, values),
        "created_at": suggestion.created_at.isoformat(),
        "ratings": [
            {
                "stars": rating.stars,
                "reason": restore(rating.reason, values),
                "created_at": rating.created_at.isoformat(),
            }
            for rating in suggestion.ratings.all()
        ],
    }


def _requests(digest: str) -> list[dict[str, Any]]:
    rows = RightsRequest.objects.filter(customer_hmac=digest).order_by("pk")
    return [{"kind": row.kind, "at": row.created_at.isoformat()} for row in rows]
