"""Taking back a reply that was just sent: `undo_reply`, until shortly before it goes out.

The desk's page holds a reply for PASOKH_UNDO_SECONDS (`Reply.held_until`); doors, webhooks and
learning wait for that. Undoing deletes the reply and its message, puts the ticket back to where it
waited, unless it was answered again since, and keeps the words as the agent's draft, before what
the agent has typed since. Undoing twice is undoing once (`undone_of`). The last moment for it is
`UNDO_GRACE` before the reply may go out, and is looked at again before the commit, so that nothing
is undone that has left.
"""

import math
from datetime import timedelta

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from runtime.errors import InputError
from tickets import events, kept_drafts
from tickets.access import visible
from tickets.models import Message, Reply, Suggestion, Ticket, TicketEvent
from tickets.queueing import ask_for_drafts
from tickets.replying import UNDO_GRACE


class TooLateToUndo(InputError):
    """The reply is on its way, is somebody else's, or was undone before."""


def undo_reply(reply_id: int, *, agent: User) -> Ticket:
    """The ticket, which waits again. Raises TooLateToUndo, or what a door says whose reply has
    left (an InputError too), and has then changed nothing."""
    with transaction.atomic():
        ticket_id = Reply.objects.filter(pk=reply_id, agent=agent).values_list(
            "ticket_id", flat=True
        )
        ticket = Ticket.objects.select_for_update().filter(pk__in=ticket_id).first()
        reply = Reply.objects.filter(pk=reply_id, agent=agent).select_related("message").first()
        if ticket is None or reply is None or seconds_left(reply) <= 0:
            raise TooLateToUndo(_("It is too late to undo this: the reply is on its way."))
        text, suggestion_id = _with_typed_since(reply), reply.suggestion_id
        # Before the reply goes: doors look whether it has left, and refuse then.
        events.record(ticket, TicketEvent.Kind.UNDONE, actor=agent, object_id=reply_id)
        _put_back(ticket, reply)
        kept_drafts.keep(ticket, agent=agent, text=text, suggestion_id=suggestion_id)
        if seconds_left(reply) <= -UNDO_GRACE.total_seconds() / 2:  # something held us up
            raise TooLateToUndo(_("It is too late to undo this: the reply is on its way."))
    return ticket


def undoable(agent: User) -> Reply | None:
    """The agent's last reply, while it can be undone, on a ticket that the agent may see still."""
    held = Reply.objects.filter(visible(agent, "ticket__"), agent=agent)
    return held.filter(held_until__gt=timezone.now() + UNDO_GRACE).order_by("-held_until").first()


def undone_of(reply_id: int, *, agent: User) -> Ticket | None:
    """The ticket of the agent's reply that was undone before: in another tab, by a second press."""
    rows = TicketEvent.objects.filter(visible(agent, "ticket__"), object_id=reply_id, actor=agent)
    undone = rows.filter(kind=TicketEvent.Kind.UNDONE).select_related("ticket").first()
    return undone.ticket if undone else None


def seconds_left(reply: Reply) -> float:
    """In which it can be undone; 0 or less: not any more."""
    if reply.held_until is None:
        return -math.inf
    return (reply.held_until - UNDO_GRACE - timezone.now()) / timedelta(seconds=1)


def _with_typed_since(reply: Reply) -> str:
    """The words of the reply, and after them what its agent typed after sending it."""
    sent = reply.message.text
    since = kept_drafts.kept(reply.ticket, agent=reply.agent)
    if since is None or since.text == sent:
        return sent
    return f"{sent}\n\n{since.text}"[: settings.MAX_TICKET_CHARACTERS]


def _put_back(ticket: Ticket, reply: Reply) -> None:
    reply_message, waiting_since, answered = reply.message_id, reply.waiting_since, reply.answers_id
    answers = ticket.messages.filter(role=Message.Role.AGENT, pk__gt=reply_message)
    Message.objects.filter(pk=reply_message).delete()  # the reply, and its way out, go with it
    if ticket.state == Ticket.State.ANSWERED and answers.exists():
        return
    if ticket.state in (Ticket.State.ANSWERED, Ticket.State.CLOSED):
        drafts = Suggestion.objects.filter(message=answered)
        whole = drafts.exists() and not drafts.filter(state=Suggestion.State.CANCELLED).exists()
        ticket.state = Ticket.State.READY if whole else Ticket.State.NEW
        ticket.closed_at, ticket.attempts = None, 0
        if not whole:  # sending stopped them
            ask_for_drafts(ticket.pk)
    if ticket.state != Ticket.State.SPAM:
        ticket.waiting_since = waiting_since
    ticket.save(update_fields=["state", "closed_at", "attempts", "waiting_since", "updated_at"])
