"""Rows that the tickets' tests begin with. Values are invented."""

import itertools
from typing import Any

from llm.models import ModelVersion, Slot
from llm.prompts import PROMPT_VERSION
from tickets.intake import NewTicket, receive
from tickets.models import Suggestion, Ticket

PHONE = "0912 345 6789"
EMAIL = "maryam.k@mail.test"
CARD = "6037-9977-5039-1196"
NATIONAL_ID = "0013542419"
SHEBA = "IR740170000038699678491796"

_numbers = itertools.count(1)


def new_ticket(**fields: Any) -> NewTicket:
    values: dict[str, Any] = {
        "source": "test",
        "external_id": f"t-{next(_numbers)}",
        "subject": "دامنه وصل نمی‌شود",
        "text": f"سلام دامنه‌ام وصل نمی‌شود، شماره‌ام {PHONE} است",
        "contact": EMAIL,
        "name": "مریم کریمی",
        "lang": "fa",
    }
    return NewTicket(**(values | fields))


def make_ticket(**fields: Any) -> Ticket:
    return receive(new_ticket(**fields)).ticket


def make_version(name: str = "tuned-a", **fields: Any) -> ModelVersion:
    values: dict[str, Any] = {
        "method": "alora",
        "folder": f"sample:models/{name}",
        "digest": name.ljust(64, "0"),
        "prompt_version": PROMPT_VERSION,
    }
    return ModelVersion.objects.get_or_create(name=name, defaults=values | fields)[0]


def fill_slots() -> list[ModelVersion]:
    versions = [make_version(name) for name in ("tuned-a", "tuned-b", "base")]
    for slot, version in zip(Slot.NAMES, versions, strict=True):
        Slot.objects.update_or_create(name=slot, defaults={"version": version})
    return versions


def make_drafts(ticket: Ticket, *, texts: tuple[str, ...] = ("یک", "دو", "سه")) -> list[Suggestion]:
    """A ready ticket with a finished draft for each slot."""
    message = ticket.messages.filter(role="customer").latest("created_at", "pk")
    versions = [make_version(name) for name in ("tuned-a", "tuned-b", "base")]
    drafts = [
        Suggestion.objects.create(
            ticket=ticket,
            message=message,
            slot=slot,
            version=version,
            prompt_version=PROMPT_VERSION,
            position=position,
            state=Suggestion.State.READY,
            text=text,
        )
        for position, (slot, version, text) in enumerate(
            zip(Slot.NAMES, versions, texts, strict=True)
        )
    ]
    Ticket.objects.filter(pk=ticket.pk).update(state=Ticket.State.READY)
    ticket.refresh_from_db()
    return drafts
