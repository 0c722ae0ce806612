"""What the desk's pages show of a ticket, gathered with few queries."""

from dataclasses import dataclass
from typing import Any, Final

from django.contrib.auth.models import User
from django.utils.translation import gettext_lazy as _

from people.roles import Person
from tickets import vault
from tickets.models import Customer, Message, Rating, Suggestion, Ticket

PERSONAL_DATA: Final = _("a number or address that no source has")
REMOVED: Final = {
    "echo": _("a part of the prompt"),
    "placeholder": _("a placeholder that this ticket does not have"),
    "link": _("a link that no source has"),
    "citation": _("a source that does not exist"),
    "repetition": _("repetition"),
}
"""What `llm.cleaning` takes out; every other key is a type of personal data."""


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
