"""What an agent has typed and not sent: `keep`, `kept`, `forget`.

One a ticket and agent, encrypted with the vault's key, since an agent types what the masking has
not seen yet; the page saves it a second after the last key and when it is left, so that a session
that ends, a browser that dies or another machine lose nothing. Nobody else can read it.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.contrib.auth.models import User
from django.utils import timezone
from django.utils.translation import gettext as _

from runtime.errors import InputError
from runtime.live import publish
from tickets import vault
from tickets.intake import clean, without_values
from tickets.models import Reply, ReplyDraft, Ticket

WRITES_NOW: Final = timedelta(seconds=60)


class TooLongToKeep(InputError):
    """More characters than a reply may have."""


@dataclass(frozen=True)
class Kept:
    text: str = field(repr=False)
    suggestion_id: int | None
    updated_at: datetime


def keep(
    ticket: Ticket, *, agent: User, text: str, suggestion_id: int | None, send_key: str = ""
) -> bool:
    """Whether there is something kept now: nothing typed is nothing kept. A page that is slow to
    say what was typed, after that has been sent, is not listened to (`send_key`)."""
    text = clean(text.replace("\r\n", "\n"))
    if len(text) > settings.MAX_TICKET_CHARACTERS:
        raise TooLongToKeep(
            _("The reply has %(length)d characters; %(limit)d are the most.")
            % {"length": len(text), "limit": settings.MAX_TICKET_CHARACTERS}
        )
    if send_key and Reply.objects.filter(send_key=without_values(send_key)).exists():
        return False
    if not text:
        forget(ticket, agent=agent)
        return False
    draft = ticket.suggestions.filter(pk=suggestion_id).first() if suggestion_id else None
    if not is_writing(ticket, agent):
        publish(f"ticket:{ticket.pk}", writer=agent.pk)  # others are told that somebody writes
    ReplyDraft.objects.update_or_create(
        ticket=ticket,
        agent=agent,
        defaults={
            "text_encrypted": vault.encrypt(text),
            "suggestion": draft,
            "updated_at": timezone.now(),
        },
    )
    return True


def kept(ticket: Ticket, *, agent: User) -> Kept | None:
    """None too where no key opens it: the row stays for the day that the key is back."""
    row = ReplyDraft.objects.filter(ticket=ticket, agent=agent).first()
    if row is None:
        return None
    try:
        return Kept(vault.decrypt(row.text_encrypted), row.suggestion_id, row.updated_at)
    except vault.UnreadableVault:
        return None


def is_writing(ticket: Ticket, agent: User) -> bool:
    """Whether the agent has typed an answer within the last minute."""
    return ReplyDraft.objects.filter(
        ticket=ticket, agent=agent, updated_at__gt=timezone.now() - WRITES_NOW
    ).exists()


def writers(ticket: Ticket, *, but: User) -> list[str]:
    """Names of others who have."""
    rows = ReplyDraft.objects.filter(ticket=ticket, updated_at__gt=timezone.now() - WRITES_NOW)
    others = rows.exclude(agent=but).select_related("agent").order_by("pk")
    return [one.agent.get_full_name() or one.agent.get_username() for one in others]


def forget(ticket: Ticket, *, agent: User) -> None:
    ReplyDraft.objects.filter(ticket=ticket, agent=agent).delete()
