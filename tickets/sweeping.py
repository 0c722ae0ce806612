"""What stands still is set going again: the rows tell, whatever became of the messages."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_noop as _

from tickets import events, rewriting, searching
from tickets.claims import MAX_ATTEMPTS, stale
from tickets.learning import not_learned
from tickets.linking import has_waiting
from tickets.models import Suggestion, Ticket, TicketEvent
from tickets.queueing import ask_for_drafts, ask_to_learn, ask_to_link
from tickets.vault import forget_expired

AT_A_TIME = 100
"""A backlog's tickets get a message each minute at most; needless ones cost a claim that fails."""


def sweep(*, now: datetime | None = None) -> dict[str, int]:
    """How many tickets were asked for again, given up, replies to learn, values forgotten, tickets
    made searchable; and whether past answers wait for their articles."""
    now = now or timezone.now()
    return {
        "given_up": _give_up(now),
        "asked_again": _ask_again(now),
        "rewrites": rewriting.sweep(now=now),
        "to_learn": _learn_again(),
        "to_link": _link_again(),
        "forgotten": forget_expired(now=now),
        "to_search": searching.fill(),
    }


def _give_up(now: datetime) -> int:
    """After five attempts the agent answers by hand, with what search found."""
    tickets = Ticket.objects.filter(stale(now), attempts__gte=MAX_ATTEMPTS)
    given_up = 0
    for ticket in tickets.order_by("pk")[:AT_A_TIME]:
        with transaction.atomic():
            mine = tickets.filter(pk=ticket.pk, claim=ticket.claim)
            if not mine.update(state=Ticket.State.READY, claim="", updated_at=now):
                continue
            unfinished = (Suggestion.State.PENDING, Suggestion.State.WRITING)
            ticket.suggestions.filter(state__in=unfinished).update(
                state=Suggestion.State.FAILED,
                error=_("The draft failed several times."),
                finished_at=now,
            )
            events.record(ticket, TicketEvent.Kind.DRAFTED, failed=True)
            given_up += 1
    return given_up


def _ask_again(now: datetime) -> int:
    """New tickets whose message was lost, and tickets whose worker died: its claim is taken away,
    so that it writes nothing more should it only have slept."""
    waiting = Ticket.objects.filter(
        state=Ticket.State.NEW, updated_at__lt=now - timedelta(seconds=settings.STALE_SECONDS)
    )
    dead = Ticket.objects.filter(stale(now), attempts__lt=MAX_ATTEMPTS)
    asked = 0
    for rows in (dead, waiting):
        for ticket in rows.order_by("created_at", "pk")[:AT_A_TIME]:
            # `updated_at` moves, so the next sweep leaves this ticket alone for a while.
            if rows.filter(pk=ticket.pk, claim=ticket.claim).update(
                state=Ticket.State.NEW, claim="", updated_at=now
            ):
                ask_for_drafts(ticket.pk)
                asked += 1
    return asked


def _learn_again() -> int:
    replies = list(not_learned()[:AT_A_TIME])
    for reply in replies:
        ask_to_learn(reply.pk)
    return len(replies)


def _link_again() -> int:
    if not has_waiting():
        return 0
    ask_to_link()
    return 1
