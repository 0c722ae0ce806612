"""What passed through a door, written down so that nothing is lost and nothing doubled.

In: `take_in` writes the ledger's row in the transaction that makes the ticket or message; the same
id again finds the row. Out: a reply's row is made in the transaction that sends the reply and
removed when that is undone (`doors.leaving`); `next_outgoing` claims one by a conditional UPDATE
just before it is handed over, and `mark_sent`, `give_back`, `mark_unsure`, `fail` say what became
of it. Who died between asking and hearing leaves "being sent": `left_behind` makes that "perhaps
sent", and such a row is asked about before it is sent again.
"""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F, Q
from django.utils import timezone

from doors.models import Door, Incoming, Outgoing
from runtime.errors import InputError
from tickets.intake import clean
from tickets.models import Message, Ticket
from tickets.vault import UnreadableVault
from tickets.vault.cipher import keyed

MAX_LINE: Final = 200
FIRST_PAUSE: Final = timedelta(seconds=30)
LONGEST_PAUSE: Final = timedelta(hours=2)
MAX_ATTEMPTS: Final = 20
"""With the pauses between them more than a day."""


@dataclass(frozen=True)
class Made:
    """What `make` made: a ticket (with its first message), a message of a ticket, or nothing, and
    then why: a fixed line in English. `was_there`: it was known before, only not to the ledger."""

    ticket: Ticket | None = None
    message: Message | None = None
    new_ticket: bool = False
    why: str = ""


@dataclass(frozen=True)
class Taken:
    row: Incoming
    created: bool


def take_in(door: Door, remote_id: str, make: Callable[[], Made]) -> Taken:
    """Once for an id, however often and from how many processes it comes: `make` runs in the
    transaction that writes the row. What `make` refuses by an InputError is written down as not
    taken in; any other error leaves nothing, nor does UnreadableVault: its key may come back."""
    key = remote_key(door, remote_id)
    known = Incoming.objects.filter(door=door, remote_key=key).first()
    if known is not None:
        return Taken(known, created=False)
    try:
        with transaction.atomic():
            # Another process with the same id waits here until this one has finished.
            row = Incoming.objects.create(
                door=door, remote_key=key, outcome=Incoming.Outcome.IGNORED
            )
            _fill(row, _made(make))
    except IntegrityError:
        known = Incoming.objects.filter(door=door, remote_key=key).first()
        if known is None:  # not the ledger's own constraint
            raise
        return Taken(known, created=False)
    return Taken(row, created=True)


def remote_key(door: Door, remote_id: str) -> str:
    return keyed("incoming", f"{door.pk}\n{remote_id}")


def next_outgoing(door: Door, *, now: datetime | None = None) -> Outgoing | None:
    """The oldest that is due, now ours and "being sent": hand it over at once. None: no more, or
    the door is no longer ours (see doors.claims)."""
    now = now or timezone.now()
    with transaction.atomic():
        if not _is_ours(door, now):
            return None
        due = Outgoing.objects.select_for_update(skip_locked=True, of=("self",)).filter(
            Q(reply__held_until=None) | Q(reply__held_until__lte=now),
            door=door,
            state=Outgoing.State.WAITING,
            next_at__lte=now,
        )
        row = due.order_by("next_at", "pk").first()
        if row is None:
            return None
        row.state, row.claim, row.claimed_at = Outgoing.State.SENDING, str(uuid.uuid4()), now
        row.attempts += 1
        row.save(update_fields=["state", "claim", "claimed_at", "attempts"])
    row.door = door
    return row


def next_unsure(door: Door, *, now: datetime | None = None) -> Outgoing | None:
    """The next that was perhaps sent and is due to be asked about. It stays "perhaps sent"."""
    now = now or timezone.now()
    with transaction.atomic():
        if not _is_ours(door, now):
            return None
        unsure = Outgoing.objects.select_for_update(skip_locked=True, of=("self",)).filter(
            door=door, state=Outgoing.State.UNSURE, next_at__lte=now
        )
        row = unsure.order_by("next_at", "pk").first()
        if row is None:
            return None
        row.claim = str(uuid.uuid4())
        # Not again at once, should whoever asks die.
        row.next_at = now + timedelta(seconds=settings.STALE_SECONDS)
        row.save(update_fields=["claim", "next_at"])
    row.door = door
    return row


def left_behind(door: Door) -> int:
    """What is "being sent" though nobody sends: whoever held the door before is gone. Call it when
    the door has become ours, before the first `next_outgoing`."""
    return Outgoing.objects.filter(door=door, state=Outgoing.State.SENDING).update(
        state=Outgoing.State.UNSURE, claim="", next_at=F("claimed_at")
    )


def mark_sent(row: Outgoing, remote_id: str) -> bool:
    """False where somebody else has taken the row since: then they have written what is true."""
    return _write(
        row,
        state=Outgoing.State.SENT,
        remote_id=clean(remote_id)[:MAX_LINE],
        sent_at=timezone.now(),
        error="",
    )


def mark_unsure(row: Outgoing, why: str, *, seconds: float = 0) -> bool:
    """Perhaps sent: the other side is asked, not before `seconds` have passed."""
    next_at = timezone.now() + timedelta(seconds=seconds)
    return _write(row, state=Outgoing.State.UNSURE, error=why[:MAX_LINE], next_at=next_at)


def send_again(row: Outgoing) -> bool:
    """Of one that was perhaps sent: the other side says that it surely was not. At once the first
    time; a server that breaks off each time is given pauses, and is given up on at last."""
    if row.attempts > 1:
        return give_back(row, row.error)
    return _write(row, state=Outgoing.State.WAITING, error="", next_at=timezone.now())


def give_back(row: Outgoing, why: str, *, seconds: float = 0) -> bool:
    """It surely did not go out: tried again after a pause that grows, and at last given up."""
    if row.attempts >= MAX_ATTEMPTS:
        return fail(row, why)
    pause = min(FIRST_PAUSE * 2 ** max(row.attempts - 1, 0), LONGEST_PAUSE)
    pause = max(pause, timedelta(seconds=seconds))
    return _write(
        row, state=Outgoing.State.WAITING, error=why[:MAX_LINE], next_at=timezone.now() + pause
    )


def not_tried(row: Outgoing, why: str) -> bool:
    """The other side was away, through no fault of this reply: the door's own pause counts."""
    return _write(
        row,
        state=Outgoing.State.WAITING,
        error=why[:MAX_LINE],
        next_at=timezone.now(),
        attempts=F("attempts") - 1,
    )


def fail(row: Outgoing, why: str) -> bool:
    """Until a person asks for it again (`retry`)."""
    return _write(row, state=Outgoing.State.FAILED, error=why[:MAX_LINE])


def retry(row_id: int) -> bool:
    """A person says: send what failed again. False where it has not failed."""
    return bool(
        Outgoing.objects.filter(pk=row_id, state=Outgoing.State.FAILED).update(
            state=Outgoing.State.WAITING, attempts=0, error="", claim="", next_at=timezone.now()
        )
    )


def settle(row_id: int) -> bool:
    """A person says: what failed did reach the customer. False where it has not failed."""
    return bool(
        Outgoing.objects.filter(pk=row_id, state=Outgoing.State.FAILED).update(
            state=Outgoing.State.SENT, error="", claim="", sent_at=timezone.now()
        )
    )


def _is_ours(door: Door, now: datetime) -> bool:
    """And a sign of life: held until the transaction ends, so that nobody takes the door
    meanwhile."""
    return bool(
        door.claim
        and Door.objects.filter(pk=door.pk, claim=door.claim, active=True).update(claimed_at=now)
    )


def _write(row: Outgoing, **fields: Any) -> bool:
    """Only who holds the row's claim writes; the claim ends with it."""
    mine = Outgoing.objects.filter(pk=row.pk, claim=row.claim).exclude(claim="")
    return bool(mine.update(claim="", **fields))


def _made(make: Callable[[], Made]) -> Made:
    try:
        with transaction.atomic():
            return make()
    except UnreadableVault:
        raise
    except InputError as refusal:
        return Made(why=str(refusal))


def _fill(row: Incoming, made: Made) -> None:
    row.ticket, row.message, row.why = made.ticket, made.message, made.why[:MAX_LINE]
    if made.new_ticket:
        row.outcome = Incoming.Outcome.TICKET
    elif made.message is not None:
        row.outcome = Incoming.Outcome.MESSAGE
    row.save(update_fields=["ticket", "message", "why", "outcome"])
