"""Open tickets over there are taken in, page by page: `receive(door)`.

The ledger knows what was taken in before, so that a page of known tickets costs a few queries. What
leaves the list of open tickets was closed over there, or deleted: it is asked for by itself (a
list whose pages shift may just have skipped it) and closed here.
"""

import time
from collections.abc import Collection, Mapping
from contextlib import suppress
from datetime import datetime
from typing import Final

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from doors.django_helpdesk.client import Client, TooLong, client_of
from doors.django_helpdesk.conversation import (
    CUSTOMER,
    OPENING,
    STAFF,
    FollowUp,
    RemoteFile,
    RemoteTicket,
)
from doors.django_helpdesk.options import NEW
from doors.ledger import Made, remote_key, take_in
from doors.models import Door, Incoming, Outgoing
from doors.texts import shortened
from tickets.attachments import store
from tickets.elsewhere import add_agent_message
from tickets.intake import MAX_SUBJECT, NewTicket, add_customer_message
from tickets.intake import receive as receive_ticket
from tickets.models import Ticket
from tickets.states import BadChange, close

MAX_SECONDS: Final = 20.0
MAX_ASKED: Final = 20
"""Tickets that have left the list, and files, in one piece of work."""
_UNTOLD = (Outgoing.State.SENDING, Outgoing.State.UNSURE)
_PRIORITIES: Final = {
    1: Ticket.Priority.URGENT,
    2: Ticket.Priority.HIGH,
    3: Ticket.Priority.NORMAL,
}


def receive(door: Door) -> int:
    """How many open tickets were looked at. Goes on, the next time, at the page where the time was
    over; after the last page there is a pause. Raises DoorTrouble."""
    client = client_of(door)
    rest = door.cursor.get("rest_until", 0) - time.time()
    if 0 < rest <= client.options.poll_seconds:  # longer: the clock was set back
        return 0
    floor = _floor(door, client)
    number, after = door.cursor.get("page", 1), door.cursor.get("after", 0)
    until = time.monotonic() + MAX_SECONDS
    looked, here = 0, _here(door)
    while True:
        page = client.open_page(number)
        looked += len(page.tickets)
        _take_page(door, client, page.tickets, floor=floor)
        listed = {ticket.number for ticket in page.tickets}
        last = None if page.last else max(listed, default=after)
        gone = _between(here, after, last) - listed
        _close_gone(door, client, {number: here[number] for number in gone})
        number, after = (1, 0) if last is None else (number + 1, last)
        rest = time.time() + client.options.poll_seconds if last is None else 0
        door.cursor = {**door.cursor, "page": number, "after": after, "rest_until": rest}
        if not Door.objects.filter(pk=door.pk, claim=door.claim).update(cursor=door.cursor):
            return looked  # another process has taken the door over
        if last is None or time.monotonic() > until:
            return looked


def _floor(door: Door, client: Client) -> int:
    """Tickets up to this number are left alone: they were open when the door was made."""
    if client.options.start != NEW:
        return 0
    if "floor" not in door.cursor:
        count = client.open_page(1, size=1).count
        newest = client.open_page(count, size=1).tickets if count else ()
        door.cursor = {**door.cursor, "floor": max((one.number for one in newest), default=0)}
        Door.objects.filter(pk=door.pk).update(cursor=door.cursor)
    return int(door.cursor["floor"])


def _take_page(
    door: Door, client: Client, tickets: Collection[RemoteTicket], *, floor: int
) -> None:
    queues = client.options.queues
    wanted = [one for one in tickets if one.number > floor and (not queues or one.queue in queues)]
    keys = [remote_key(door, one.key) for one in wanted]
    keys += [remote_key(door, one.key_of(each)) for one in wanted for each in one.follow_ups]
    known = set(
        Incoming.objects.filter(door=door, remote_key__in=keys).values_list("remote_key", flat=True)
    )
    untold = _untold(door)
    for one in wanted:
        if str(one.number) not in untold:
            take_ticket(door, client, one, known=known)


def take_ticket(
    door: Door, client: Client, one: RemoteTicket, *, known: Collection[str] = ()
) -> None:
    """The ticket with all that was said in it, in one transaction; then its files."""
    new = [each for each in one.follow_ups if remote_key(door, one.key_of(each)) not in known]
    first = remote_key(door, one.key) not in known
    if first or new:
        with transaction.atomic():
            taken = take_in(door, one.key, lambda: _made_ticket(door, one))
            ticket = taken.row.ticket or _begun_anew(door, one)
            for each in new:
                ticket = _take_follow_up(door, ticket, one, each, first=taken.created) or ticket
    _take_files(door, client, one, known=known)


def _untold(door: Door) -> set[str]:
    """Tickets with a reply of ours that may stand over there without our knowing."""
    rows = Outgoing.objects.filter(door=door, state__in=_UNTOLD)
    return set(rows.values_list("remote_ticket", flat=True))


def _begun_anew(door: Door, one: RemoteTicket) -> Ticket | None:
    """What the customer wrote after their ticket was erased here."""
    return Ticket.objects.filter(source=door.source, external_id=str(one.number)).first()


def _made_ticket(door: Door, one: RemoteTicket) -> Made:
    opened = one.follow_ups[0].at if one.follow_ups else timezone.now()
    return _new_ticket(door, one, subject=one.subject, text=one.text, at=opened)


def _new_ticket(door: Door, one: RemoteTicket, *, subject: str, text: str, at: datetime) -> Made:
    received = receive_ticket(
        NewTicket(
            source=door.source,
            external_id=str(one.number),
            subject=subject[:MAX_SUBJECT],
            text=shortened(text),
            contact=one.contact,
            created_at=min(at, timezone.now()),
            team_id=door.team_id,
        )
    )
    priority = _PRIORITIES.get(one.priority, Ticket.Priority.LOW)
    if received.created and priority != Ticket.Priority.NORMAL:
        Ticket.objects.filter(pk=received.ticket.pk).update(priority=priority)
    message = received.ticket.messages.order_by("created_at", "pk").first()
    return Made(received.ticket, message, new_ticket=received.created)


def _take_follow_up(
    door: Door, ticket: Ticket | None, one: RemoteTicket, each: FollowUp, *, first: bool
) -> Ticket | None:
    """With the time over there as long as the whole ticket is new; later what came between in here
    would stand in the wrong order. Without a ticket (it was erased) the customer begins one."""
    at = min(each.at, timezone.now()) if first else None

    def make() -> Made:
        if ticket is None:
            if each.author != CUSTOMER:
                return Made(why=_("Its ticket was erased."))
            return _new_ticket(door, one, subject="", text=each.text, at=each.at)
        if each.author == OPENING:
            return Made(ticket, why=_("The ticket's own first words."))
        if each.author == CUSTOMER:
            return Made(ticket, add_customer_message(ticket, shortened(each.text), at=at))
        if each.author != STAFF:
            return Made(ticket, why=_("Written by the program over there."))
        if Outgoing.objects.filter(door=door, remote_id=str(each.number)).exists():
            return Made(ticket, why=_("Our own reply."))
        return Made(ticket, add_agent_message(ticket, shortened(each.text), at=at))

    return take_in(door, one.key_of(each), make).row.ticket


def _take_files(door: Door, client: Client, one: RemoteTicket, *, known: Collection[str]) -> None:
    """What customers attached. A file whose fetch was cut off is fetched the next time."""
    files = [
        (each, file)
        for each in one.follow_ups
        if each.author in (CUSTOMER, OPENING)
        for file in each.files
    ]
    if not files:
        return
    keys = {remote_key(door, f"file:{file.number}") for _each, file in files}
    have = set(
        Incoming.objects.filter(door=door, remote_key__in=keys).values_list("remote_key", flat=True)
    )
    for each, file in files[:MAX_ASKED]:
        if remote_key(door, f"file:{file.number}") not in have:
            _take_file(door, client, one, each, file)


def _take_file(
    door: Door, client: Client, one: RemoteTicket, each: FollowUp, file: RemoteFile
) -> None:
    key = one.key if each.author == OPENING else one.key_of(each)
    row = Incoming.objects.filter(door=door, remote_key=remote_key(door, key)).first()
    message = row.message if row else None
    if message is None:
        return
    content = client.file(file.url)  # no transaction holds anything while we wait

    def make() -> Made:
        if content is None:
            return Made(message.ticket, why=_("The file cannot be had."))
        store(message.ticket, message, name=file.name, content=content)
        return Made(message.ticket, why=_("A file, kept beside its message."))

    take_in(door, f"file:{file.number}", make)


def _here(door: Door) -> dict[int, int]:
    """Tickets that are not at rest here, by their numbers over there."""
    resting = (Ticket.State.CLOSED, Ticket.State.SPAM)
    rows = Ticket.objects.filter(source=door.source, merged_into=None).exclude(state__in=resting)
    pairs = rows.values_list("external_id", "pk")
    return {int(number): pk for number, pk in pairs if number.isdecimal()}


def _between(here: Collection[int], after: int, last: int | None) -> set[int]:
    return {number for number in here if after < number and (last is None or number <= last)}


def _close_gone(door: Door, client: Client, gone: Mapping[int, int]) -> None:
    """Those that should be on the page and are not."""
    for number in sorted(gone)[:MAX_ASKED]:
        _look_at_gone(door, client, gone[number], number)


def _look_at_gone(door: Door, client: Client, pk: int, number: int) -> None:
    try:
        remote = client.ticket(str(number))
    except TooLong:
        return
    if remote is not None:
        if str(number) in _untold(door):
            return
        take_ticket(door, client, remote, known=())
        if remote.status in client.options.open_statuses:
            return
    with suppress(BadChange, Ticket.DoesNotExist):  # merged, spam or erased in this moment
        close(pk, actor=None)
