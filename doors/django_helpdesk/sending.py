"""A reply as a public follow-up over there, once: `send`, and `find_sent` before it is sent again.

django-helpdesk keeps no mark for us: a title would change the ticket's, a time would change its
statistics, and signs in the text would reach the customer. What is looked for is therefore the text
itself: a public follow-up of staff on that ticket with the same words, that is no other reply of
ours and was not there before (see ADR 0011).
"""

from django.utils import timezone
from django.utils.translation import gettext as _

from doors.django_helpdesk.client import Client, client_of
from doors.django_helpdesk.conversation import STAFF, RemoteTicket, for_template
from doors.kinds import CannotTell, NotSent, Refused
from doors.ledger import remote_key
from doors.models import Incoming, Outgoing
from doors.texts import same
from doors.wording import words_of


def send(outgoing: Outgoing) -> str:
    client, text = _ready(outgoing)
    return client.write(outgoing.remote_ticket, for_template(text))


def find_sent(outgoing: Outgoing) -> str | None:
    """Raises NotSent ("ask later") while the request may still be at work over there."""
    try:
        client, text = _ready(outgoing)
    except Refused as problem:  # its words, by which it would be found, are no longer whole
        raise CannotTell(str(problem)) from problem
    begun = outgoing.claimed_at or outgoing.created_at
    left = (begun - timezone.now()).total_seconds() + client.options.settle_seconds
    if left > 0:
        raise NotSent(_("The other desk may still be working on it."), seconds=left)
    remote = client.ticket(outgoing.remote_ticket)
    return _found(outgoing, remote, text) if remote is not None else None


def _found(outgoing: Outgoing, remote: RemoteTicket, text: str) -> str | None:
    door = outgoing.door
    alike = [one for one in remote.follow_ups if one.author == STAFF and same(one.text, text)]
    others = set(
        Outgoing.objects.filter(door=door, remote_id__in=[str(one.number) for one in alike])
        .exclude(pk=outgoing.pk)
        .values_list("remote_id", flat=True)
    )
    for one in alike:
        key = remote_key(door, remote.key_of(one))
        if str(one.number) in others or Incoming.objects.filter(door=door, remote_key=key).exists():
            continue
        return str(one.number)
    return None


def _ready(outgoing: Outgoing) -> tuple[Client, str]:
    client = client_of(outgoing.door)
    return client, words_of(outgoing).text
