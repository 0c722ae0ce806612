"""What an agent makes of a ticket: `close`, `reopen`, `mark_spam`, `not_spam`, `set_priority`,
`move_to_team`; merging is in `tickets.merging`, whose it is in `tickets.assigning`.

Each goes under the lock on the ticket's row, writes an event in the same transaction, and returns
False where there was nothing to do, so that doing it twice is doing it once. `seen`: the state in
which the page showed the ticket: what somebody else decided meanwhile is not undone by a click
that was meant for another state; the one who clicks is told in one line.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from people.models import Team
from people.roles import Person
from runtime.errors import InputError
from runtime.live import ask_again
from tickets import events
from tickets.assigning import MOST_PEOPLE, assignable
from tickets.intake import cancel_unfinished
from tickets.models import Message, Suggestion, Ticket, TicketEvent
from tickets.queueing import ask_for_drafts

State = Ticket.State
Kind = TicketEvent.Kind


class ChangedMeanwhile(InputError):
    """Somebody else closed, answered or reopened the ticket since the page was shown."""


class BadChange(InputError):
    """There is no such priority or team, or the ticket was merged into another."""


def close(ticket_id: int, *, actor: User | None, seen: str = "") -> bool:
    """Also where somebody waits: nobody will answer. `actor` None: it was closed in another
    program."""
    with _held(ticket_id, seen, State.CLOSED) as ticket:
        if ticket.state == State.CLOSED:
            return False
        if ticket.state == State.SPAM:
            raise BadChange(_("This ticket is spam; take that back first."))
        _rest(ticket, State.CLOSED)
        events.record(ticket, Kind.CLOSED, actor=actor)
    return True


def mark_spam(ticket_id: int, *, actor: User, seen: str = "") -> bool:
    """What the sender writes to it later is kept, and nobody is told."""
    with _held(ticket_id, seen, State.SPAM) as ticket:
        if ticket.state == State.SPAM:
            return False
        _rest(ticket, State.SPAM)
        events.record(ticket, Kind.SPAM, actor=actor)
    return True


def reopen(ticket_id: int, *, actor: User, seen: str = "") -> bool:
    """An answered or closed ticket waits again."""
    with _held(ticket_id, seen, *Ticket.OPEN_STATES) as ticket:
        if ticket.state in Ticket.OPEN_STATES:
            return False
        if ticket.state == State.SPAM:
            raise BadChange(_("This ticket is spam; take that back first."))
        wait_again(ticket)
        events.record(ticket, Kind.REOPENED, actor=actor)
    return True


def not_spam(ticket_id: int, *, actor: User, seen: str = "") -> bool:
    with _held(ticket_id, seen, *Ticket.OPEN_STATES) as ticket:
        if ticket.state != State.SPAM:
            return False
        wait_again(ticket)
        events.record(ticket, Kind.REOPENED, actor=actor, was="spam")
    return True


def set_priority(ticket_id: int, priority: int, *, actor: User) -> bool:
    if priority not in Ticket.Priority.values:
        raise BadChange(_("There is no such priority."))
    with _held(ticket_id) as ticket:
        if ticket.priority == priority:
            return False
        before, ticket.priority = ticket.priority, priority
        ticket.save(update_fields=["priority", "updated_at"])
        events.record(ticket, Kind.PRIORITY, actor=actor, **{"from": before, "to": priority})
    return True


def move_to_team(ticket_id: int, team_id: int | None, *, actor: User) -> bool:
    """Into any team, so that a ticket that came to the wrong one gets on. Whoever had it and may
    see it no more has it no more."""
    if team_id is not None and not Team.objects.filter(pk=team_id).exists():
        raise BadChange(_("There is no such team."))
    with _held(ticket_id) as ticket:
        if ticket.team_id == team_id:
            return False
        before, ticket.team_id = ticket.team_id, team_id
        had = ticket.assignee_id
        if had and not assignable(team_id).filter(pk=had).exists():
            ticket.assignee_id = None
        ticket.save(update_fields=["team", "assignee", "updated_at"])
        events.record(ticket, Kind.TEAM, actor=actor, **{"from": before, "to": team_id})
        ask_again(f"ticket:{ticket_id}")
    return True


def wait_again(ticket: Ticket) -> None:
    """Under the lock: open, with the drafts that are there, or with new ones that are asked for."""
    last = ticket.messages.order_by("-created_at", "-pk").first()
    asked = ticket.messages.filter(role=Message.Role.CUSTOMER).order_by("-created_at", "-pk")
    message = asked.first()
    unanswered = last is not None and message is not None and last.pk == message.pk
    ready = Suggestion.objects.filter(message=message, state=Suggestion.State.READY)
    ticket.state = State.READY if message and ready.exists() else State.NEW
    ticket.waiting_since = message.created_at if unanswered and message else timezone.now()
    ticket.closed_at, ticket.claim, ticket.attempts = None, "", 0
    ticket.save(
        update_fields=["state", "waiting_since", "closed_at", "claim", "attempts", "updated_at"]
    )
    if ticket.state == State.NEW:
        ask_for_drafts(ticket.pk)


def choices(ticket: Ticket, *, reader: Person) -> dict[str, Any]:
    """What tickets/_assign.html and tickets/_states.html offer: `people`, `teams`, `priorities`,
    `is_mine`, `is_open`."""
    return {
        "people": list(assignable(ticket.team_id)[:MOST_PEOPLE]),
        "teams": list(Team.objects.all()[:MOST_PEOPLE]),
        "priorities": Ticket.Priority.choices,
        "is_mine": ticket.assignee_id is not None and ticket.assignee_id == reader.pk,
        "is_open": ticket.state in Ticket.OPEN_STATES,
    }


@contextmanager
def _held(ticket_id: int, seen: str = "", *wanted: str) -> Iterator[Ticket]:
    """The ticket under its lock. Where it is in a wanted state already, that it was `seen` in
    another is no matter."""
    with transaction.atomic():
        ticket = Ticket.objects.select_for_update().get(pk=ticket_id)
        if ticket.merged_into_id is not None:
            said = _("This ticket was merged into ticket %(number)d.")
            raise BadChange(said % {"number": ticket.merged_into_id})
        if seen and ticket.state not in wanted and not _same(seen, ticket.state):
            said = _("Somebody else changed this ticket meanwhile: it is %(state)s now.")
            raise ChangedMeanwhile(said % {"state": ticket.get_state_display()})
        yield ticket


def _same(seen: str, state: str) -> bool:
    """That drafts were finished meanwhile changes nothing for a person."""
    return seen == state or (seen in Ticket.OPEN_STATES and state in Ticket.OPEN_STATES)


def _rest(ticket: Ticket, state: str) -> None:
    """Nobody waits; clearing the claim stops a worker that still drafts."""
    cancel_unfinished(ticket)
    ticket.state, ticket.claim, ticket.waiting_since = state, "", None
    ticket.closed_at = timezone.now() if state == State.CLOSED else None
    ticket.save(update_fields=["state", "claim", "waiting_since", "closed_at", "updated_at"])
