"""What the desk's pages show of a ticket, gathered with few queries."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.contrib.auth.models import User
from django.core import signing
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from people.roles import Person
from text.overlap import similarity
from tickets import attachments, vault
from tickets.access import tickets_of
from tickets.models import (
    Attachment,
    Customer,
    Message,
    Note,
    Rating,
    Suggestion,
    Ticket,
    TicketEvent,
)

PERSONAL_DATA: Final = _("a number or address that no source has")
REMOVED: Final = {
    "echo": _("a part of the prompt"),
    "placeholder": _("a placeholder that this ticket does not have"),
    "link": _("a link that no source has"),
    "citation": _("a source that does not exist"),
    "repetition": _("repetition"),
}
"""What `llm.cleaning` takes out; every other key is a type of personal data."""

EARLIER_SHOWN: Final = 5
EARLIER_KNOWN: Final = 20
"""A customer may have thousands of tickets: so many are listed, and "more" is said of the rest."""
MOST_EVENTS: Final = 30
_OPENED: Final = "tickets.opened"
_OPENED_AT_MOST: Final = timedelta(days=2)


@dataclass(frozen=True)
class Entry:
    """One thing in the conversation as agents see it: a message, or a note of their own."""

    kind: str
    """"customer", "agent" or "note"."""
    row: Message | Note
    attachments: Sequence[Attachment] = ()

    @property
    def text(self) -> str:
        return self.row.text

    @property
    def at(self) -> datetime:
        return self.row.created_at


@dataclass(frozen=True)
class Draft:
    """A suggestion as one agent sees it. Whose it is stays hidden until the agent has rated all
    ready drafts of the message, so that names sway no rating."""

    suggestion: Suggestion
    number: int
    stars: int | None
    reason: str
    model_name: str

    @property
    def sources(self) -> list[dict[str, Any]]:
        return self.suggestion.sources

    @property
    def marks(self) -> dict[str, Any]:
        return self.suggestion.marks

    @property
    def has_marks(self) -> bool:
        said = any(self.marks.get(name) for name in ("unsupported", "unfinished", "cut"))
        return said or self.removed_count > 0

    @property
    def cited(self) -> list[int]:
        """Numbers of `sources`, the first is 1."""
        return list(self.marks.get("cited", ()))

    @property
    def removed_count(self) -> int:
        """Without markup: its words are still there."""
        return sum(self._removed.values())

    @property
    def removed_words(self) -> str:
        """What was taken out of the model's answer, for people."""
        names = dict.fromkeys(str(REMOVED.get(name, PERSONAL_DATA)) for name in self._removed)
        return ", ".join(names)

    @property
    def _removed(self) -> dict[str, int]:
        removed = self.marks.get("removed", {})
        return {name: count for name, count in removed.items() if name != "markup"}

    @property
    def can_rate(self) -> bool:
        return self.suggestion.state == Suggestion.State.READY


def conversation(ticket: Ticket) -> list[Message]:
    """Oldest first."""
    return list(ticket.messages.all())


def thread(ticket: Ticket, messages: Sequence[Message]) -> list[Entry]:
    """Messages with their files, and the notes between them, oldest first."""
    files = attachments.by_message(ticket)
    entries = [Entry(message.role, message, files.get(message.pk, ())) for message in messages]
    entries += [Entry("note", note) for note in ticket.notes.select_related("author")]
    return sorted(entries, key=lambda one: one.at)


def history(ticket: Ticket) -> list[TicketEvent]:
    """The last things that happened, oldest first."""
    events = ticket.events.select_related("actor").order_by("-pk")[:MOST_EVENTS]
    return list(reversed(events))


@dataclass(frozen=True)
class Earlier:
    """Other tickets of the same customer, of those that the reader may see, newest first."""

    shown: Sequence[Ticket]
    folded: Sequence[Ticket]
    has_more: bool

    @property
    def count(self) -> int:
        return len(self.shown) + len(self.folded)


def earlier_tickets(ticket: Ticket, *, reader: Person) -> Earlier:
    if ticket.customer_id is None:
        return Earlier((), (), has_more=False)
    rows = tickets_of(reader).filter(customer=ticket.customer_id).exclude(pk=ticket.pk)
    rows = rows.only("pk", "subject", "state", "created_at").order_by("-created_at", "-pk")
    known = list(rows[: EARLIER_KNOWN + 1])
    return Earlier(
        known[:EARLIER_SHOWN],
        known[EARLIER_SHOWN:EARLIER_KNOWN],
        has_more=len(known) > EARLIER_KNOWN,
    )


def opened_now(ticket: Ticket) -> str:
    """Goes with the page and comes back with the reply: when the agent opened the ticket."""
    return signing.dumps([ticket.pk, timezone.now().timestamp()], salt=_OPENED)


def opened_at(ticket: Ticket, token: str) -> datetime | None:
    """None for what this desk did not sign for this ticket, or long ago."""
    try:
        pk, seconds = signing.loads(token, salt=_OPENED, max_age=_OPENED_AT_MOST)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    return (
        datetime.fromtimestamp(seconds, tz=timezone.get_current_timezone())
        if pk == ticket.pk
        else None
    )


def last_of_customer(messages: Sequence[Message]) -> int | None:
    """The message that drafts are for, of a whole conversation."""
    asked = [one.pk for one in messages if one.role == Message.Role.CUSTOMER]
    return asked[-1] if asked else None


def waiting_message_id(ticket: Ticket) -> int | None:
    """The customer's last message: the one that drafts are for."""
    messages = ticket.messages.filter(role=Message.Role.CUSTOMER).order_by("-created_at", "-pk")
    return messages.values_list("pk", flat=True).first()


def drafts_for(ticket: Ticket, *, agent: User, message_id: int | None = None) -> list[Draft]:
    """Drafts for the message (None: the customer's last one), in the order of showing."""
    if message_id is None:
        message_id = waiting_message_id(ticket)
    if message_id is None:
        return []
    mine = Suggestion.objects.filter(ticket=ticket, message_id=message_id)
    suggestions = list(mine.select_related("version"))
    ratings = {
        rating.suggestion_id: rating
        for rating in Rating.objects.filter(suggestion__in=suggestions, agent=agent)
    }
    ready = [one.pk for one in suggestions if one.state == Suggestion.State.READY]
    all_rated = bool(ready) and all(pk in ratings for pk in ready)
    return [
        Draft(
            suggestion=one,
            number=one.position + 1,
            stars=ratings[one.pk].stars if one.pk in ratings else None,
            reason=ratings[one.pk].reason if one.pk in ratings else "",
            model_name=one.version.name if all_rated else "",
        )
        for one in suggestions
    ]


def found_for(ticket: Ticket, kind: str) -> list[dict[str, Any]]:
    """What search found for the waiting message: "chunk" or "question", best first."""
    return [one for one in ticket.found if one["kind"] == kind]


def similar_for(ticket: Ticket, messages: Sequence[Message]) -> list[dict[str, Any]]:
    """Similar past answers, each with `alike`: how alike its question is, in per cent."""
    asked = [one.text for one in messages if one.role == Message.Role.CUSTOMER]
    question = asked[-1] if asked else ""
    return [
        one | {"alike": round(100 * similarity(question, one["text"]))}
        for one in found_for(ticket, "question")
    ]


def revealable(ticket: Ticket, *, reader: Person) -> set[str] | None:
    """The placeholders whose values the reader may ask for, or None without the permission; reads
    none of them."""
    return vault.known_placeholders(ticket) if vault.may_reveal(reader) else None


def customer_of(ticket: Ticket) -> dict[str, str]:
    return known_of(ticket.customer) if ticket.customer else {"name": "", "contact": ""}


def known_of(customer: Customer) -> dict[str, str]:
    """What it says where the vault's key is missing: the page has more to show."""
    return {
        "name": vault.readable(customer.name_encrypted),
        "contact": vault.readable(customer.contact_encrypted),
    }
