"""None of the drafts is good: `refuse` keeps why, and makes it an article to write.

A refusal is an agent's, for the customer's message that waits; saying it again changes the reason
and counts once. What only the tone is wrong with needs no article. The article that is written for
it settles it, as everything that `kb.coverage` lists.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from django.contrib.auth.models import User
from django.db import transaction
from django.utils.translation import gettext as _

from kb.models import CoverageGap
from people.roles import Person
from runtime.errors import InputError
from text.privacy.placeholders import cut
from tickets import events, vault, wishes
from tickets.access import visible
from tickets.intake import clean
from tickets.models import Message, NoGoodAnswer, Ticket, TicketEvent

MAX_TEXT: Final = 1000
LISTED: Final = 5
"""Tickets beside an article to write; the newest."""
Reason = NoGoodAnswer.Reason


class BadRefusal(InputError):
    """No such reason, too many words, or the ticket waits no more."""


def refuse(ticket: Ticket, *, agent: User, reason: str, text: str = "") -> NoGoodAnswer:
    """Raises BadRefusal, and has then changed nothing."""
    text = clean(text)
    if reason not in Reason.values:
        raise BadRefusal(_("Choose why none of the drafts is good."))
    if len(text) > MAX_TEXT:
        raise BadRefusal(
            _("The reason may have %(limit)d characters at most.") % {"limit": MAX_TEXT}
        )
    with transaction.atomic():
        row = Ticket.objects.select_for_update().get(pk=ticket.pk)
        message = _waiting_message(row)
        refusal, created = NoGoodAnswer.objects.get_or_create(
            message=message, agent=agent, defaults={"reason": reason}
        )
        refusal.reason, refusal.text = reason, _masked(row, text)
        if refusal.gap_id is None and reason != Reason.TONE:
            refusal.gap_id = wishes.note(row, row.found, origin=CoverageGap.Origin.REFUSED)
        refusal.save(update_fields=["reason", "text", "gap"])
        if created:
            kind = TicketEvent.Kind.REFUSED
            events.record(row, kind, actor=agent, object_id=refusal.pk, reason=reason)
    return refusal


def refusal_of(ticket: Ticket, *, agent: User) -> NoGoodAnswer | None:
    """What the agent has said of the message that waits."""
    asked = ticket.messages.filter(role=Message.Role.CUSTOMER).order_by("-created_at", "-pk")
    return NoGoodAnswer.objects.filter(message__in=asked[:1], agent=agent).first()


@dataclass(frozen=True)
class Refused:
    """How often agents refused all drafts where one article is missing, and the newest tickets of
    those that the reader may see."""

    count: int
    tickets: tuple[int, ...]


def refused_for(gaps: Iterable[int], *, reader: Person) -> Mapping[int, Refused]:
    """By gap, without those that nobody refused; one query."""
    rows = NoGoodAnswer.objects.filter(visible(reader, "message__ticket__"), gap__in=list(gaps))
    seen: dict[int, list[int]] = defaultdict(list)
    for gap, ticket in rows.order_by("-pk").values_list("gap_id", "message__ticket_id"):
        seen[gap or 0].append(ticket)
    return {gap: together([Refused(len(one), tuple(one))]) for gap, one in seen.items()}


def together(refused: Sequence[Refused]) -> Refused:
    """Of gaps that are one article; each ticket once."""
    tickets = dict.fromkeys(ticket for one in refused for ticket in one.tickets)
    newest = sorted(tickets, reverse=True)[:LISTED]
    return Refused(sum(one.count for one in refused), tuple(newest))


def _waiting_message(ticket: Ticket) -> Message:
    asked = ticket.messages.filter(role=Message.Role.CUSTOMER).order_by("created_at", "pk").last()
    if ticket.state not in Ticket.OPEN_STATES or asked is None:
        raise BadRefusal(_("This ticket has been answered or closed meanwhile."))
    return asked


def _masked(ticket: Ticket, text: str) -> str:
    """Agents quote customers; a value of the ticket keeps its number."""
    if not text:
        return ""
    masker = vault.TicketMasker.of(ticket)
    masked = cut(masker.mask(text, escape=False), MAX_TEXT)
    masker.keep(ticket)
    return masked
