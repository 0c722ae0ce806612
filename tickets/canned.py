"""Replies that are written once and used often: `for_ticket` to pick from, `filled` for one ticket;
`save` and `delete` for leads (their teams') and admins (all).

In a text, `{name}` is the customer's name, `{agent}` who answers, `{ticket}` the ticket's number,
`{company}` the company. The customer's name becomes a placeholder of the ticket, with its value in
the vault, so that it is filled in where the reply goes out and stands in no text before.
"""

import re
from typing import Any, Final

from django.conf import settings
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils.translation import gettext as _

from kb.scrubbing import scrubbed
from people import audit
from people.models import Team
from people.roles import is_admin, is_lead
from runtime.errors import InputError
from text.privacy.placeholders import placeholders_in
from text.privacy.spans import PERSON
from tickets import vault
from tickets.access import team_ids
from tickets.intake import clean
from tickets.models import CannedReply, Ticket

MAX_TITLE: Final = 100
MAX_TEXT: Final = 5000
MOST_SHOWN: Final = 200
FIELDS: Final = ("name", "agent", "ticket", "company")
_FIELD = re.compile(r"\{\s*([A-Za-z_]+)\s*\}")
_GAP = re.compile(r"[^\S\n]+(?=[،,.!؟?:؛;\n]|$)")


class BadCannedReply(InputError):
    """No title or text, too much of it, or something in it that belongs to one customer."""


def for_ticket(ticket: Ticket, agent: User) -> list[CannedReply]:
    """Those of the ticket's team, of the agent's teams and of all; in the customer's language
    first, then the most used."""
    rows = readable(agent).filter(
        Q(team=None) | Q(team=ticket.team_id) | Q(team__in=team_ids(agent))
    )
    known = list(rows.select_related("team").order_by("-uses", "title", "pk")[:MOST_SHOWN])
    return sorted(known, key=lambda one: one.lang not in ("", ticket.lang))


def readable(user: User) -> QuerySet[CannedReply]:
    if is_admin(user):
        return CannedReply.objects.all()
    return CannedReply.objects.filter(Q(team=None) | Q(team__in=team_ids(user)))


def may_change(user: User, team_id: int | None) -> bool:
    """Leads those of their teams, admins all."""
    return is_admin(user) or (is_lead(user) and team_id is not None and team_id in team_ids(user))


def teams_for(user: User) -> QuerySet[Team]:
    """For which the user may write."""
    if is_admin(user):
        return Team.objects.all()
    return Team.objects.filter(pk__in=team_ids(user) if is_lead(user) else ())


def save(
    reply: CannedReply, *, title: str, text: str, lang: str, team: Team | None, user: User
) -> CannedReply:
    """A new row or a changed one. Raises BadCannedReply or PermissionDenied."""
    if not may_change(user, team.pk if team else None):
        raise PermissionDenied
    if reply.pk and not may_change(user, reply.team_id):
        raise PermissionDenied
    is_new = reply.pk is None
    reply.title, reply.text = _checked(title, text)
    reply.lang, reply.team = lang, team
    with transaction.atomic():
        if is_new:
            reply.created_by = user
        reply.save()
        done = "canned_reply.made" if is_new else "canned_reply.changed"
        audit.note(user, done, f"canned reply {reply.pk}", team=reply.team_id)
    return reply


def delete(reply: CannedReply, *, user: User) -> None:
    if not may_change(user, reply.team_id):
        raise PermissionDenied
    with transaction.atomic():
        audit.note(user, "canned_reply.deleted", f"canned reply {reply.pk}", team=reply.team_id)
        reply.delete()


def filled(reply: CannedReply, ticket: Ticket, *, agent: User) -> str:
    """The text for this ticket. What is not known is left out, with the space before it."""
    with transaction.atomic():
        row = (
            Ticket.objects.select_for_update(of=("self",))
            .select_related("customer")
            .get(pk=ticket.pk)
        )
        known = {
            "agent": agent.get_full_name() or agent.get_username(),
            "ticket": str(row.pk),
            "company": settings.COMPANY_NAME,
        }
        if any(match[1].lower() == "name" for match in _FIELD.finditer(reply.text)):
            known["name"] = _name_of_customer(row)
        CannedReply.objects.filter(pk=reply.pk).update(uses=F("uses") + 1)
    return _fill(reply.text, known)


def _fill(text: str, known: dict[str, Any]) -> str:
    put = _FIELD.sub(lambda match: known.get(match[1].lower(), match[0]), text)
    return _GAP.sub("", put) if not all(known.values()) else put


def _name_of_customer(ticket: Ticket) -> str:
    """As a placeholder of the ticket; "" where it is not known, or its key is missing."""
    if ticket.customer is None:
        return ""
    try:
        name = vault.decrypt(ticket.customer.name_encrypted).strip()
    except vault.UnreadableVault:
        return ""
    if not name:
        return ""
    masker = vault.TicketMasker.of(ticket)
    placeholder = masker.assign(PERSON, name)
    masker.keep(ticket)
    return placeholder


def _checked(title: str, text: str) -> tuple[str, str]:
    title, text = clean(" ".join(title.split())), clean(text.replace("\r\n", "\n"))
    if not title or not text:
        raise BadCannedReply(_("A canned reply needs a title and a text."))
    for value, limit in ((title, MAX_TITLE), (text, MAX_TEXT)):
        if len(value) > limit:
            raise BadCannedReply(
                _("It has %(length)d characters; %(limit)d are the most.")
                % {"length": len(value), "limit": limit}
            )
    unknown = [m[1] for m in _FIELD.finditer(text) if m[1].lower() not in FIELDS]
    if unknown:
        raise BadCannedReply(
            _("{%(field)s} is not known: there are {name}, {agent}, {ticket} and {company}.")
            % {"field": unknown[0][:40]}
        )
    if placeholders_in(title + text) or any(scrubbed(one)[1] for one in (title, text)):
        raise BadCannedReply(
            _("Take out what belongs to one customer: a number, an address, a placeholder.")
        )
    return title, text
