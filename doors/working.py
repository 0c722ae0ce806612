"""A piece of a door's work: ask about what was perhaps sent, send, take in. `work` does one, within
limits of number and time; whoever calls again goes on. `due` tells which doors to work.

Whatever goes wrong with the other side ends the step and is noted in the door's row in one line;
the pause before the next piece grows with each failure in a row. Sending comes before taking in, so
that neither a long backlog nor a message that nobody foresaw keeps replies waiting.
"""

import logging
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.db.models import Exists, F, OuterRef
from django.utils import timezone, translation
from django.utils.translation import gettext_noop

from doors import ledger
from doors.claims import held, is_held
from doors.kinds import CannotTell, DoorTrouble, Kind, NotSent, PerhapsSent, Refused, kind_of
from doors.models import Door, Outgoing
from tickets.vault import UnreadableVault

MAX_SENT: Final = 100
ASK_AGAIN: Final = 30.0
"""Seconds until the other side is asked once more whether something was sent."""
MAX_SECONDS: Final = 50.0
"""For each step."""
LONGEST_PAUSE: Final = timedelta(minutes=10)
BROKE_OFF: Final = gettext_noop("The work broke off: the workers' log says where.")

log = logging.getLogger(__name__)


@dataclass
class Worked:
    """`busy`: another process works the door. `more`: a limit ended the piece."""

    received: int = 0
    sent: int = 0
    settled: int = 0
    trouble: str = ""
    busy: bool = False
    more: bool = False


def due(*, now: datetime | None = None) -> list[int]:
    """Active doors that were not looked at for a while, and those with something to send. A door
    that has failed waits, longer each time."""
    now = now or timezone.now()
    waiting = Outgoing.objects.filter(
        door=OuterRef("pk"), state=Outgoing.State.WAITING, next_at__lte=now
    )
    rows = Door.objects.filter(active=True).annotate(to_send=Exists(waiting))
    return [
        pk
        for pk, checked_at, failures, to_send in rows.values_list(
            "pk", "checked_at", "failures", "to_send"
        )
        if checked_at is None
        or (to_send and not failures)
        or not now - _pause(failures) < checked_at <= now  # later than now: the clock was set back
    ]


def work(door_id: int) -> Worked:
    """The lines that end up in rows are English, whoever starts this."""
    worked = Worked()
    with translation.override("en"), held(door_id) as door:
        if door is None:
            worked.busy = True
            return worked
        kind = kind_of(door)
        try:
            ledger.left_behind(door)
            for step in (_settle, _send, _receive):  # one that fails leaves the others be
                try:
                    step(door, kind, worked, time.monotonic() + MAX_SECONDS)
                except (DoorTrouble, UnreadableVault) as trouble:
                    worked.trouble = worked.trouble or str(trouble)[: ledger.MAX_LINE]
        except Exception:  # nobody foresaw it: the page says so, and the pauses grow
            worked.trouble = BROKE_OFF
            raise
        finally:
            kind.close(door)
            _note(door, worked)
    return worked


def _pause(failures: int) -> timedelta:
    poll = timedelta(seconds=settings.DOOR_SECONDS)
    return min(poll * 2 ** min(failures, 10), max(LONGEST_PAUSE, poll))


def _receive(door: Door, kind: Kind, worked: Worked, until: float) -> None:
    worked.received = kind.receive(door)
    worked.more = worked.more or worked.received >= kind.most


def _settle(door: Door, kind: Kind, worked: Worked, until: float) -> None:
    while time.monotonic() < until and (row := ledger.next_unsure(door)) is not None:
        try:
            found = kind.find_sent(row)
        except CannotTell as problem:
            ledger.fail(row, str(problem))
        except NotSent as problem:
            ledger.mark_unsure(row, str(problem), seconds=problem.seconds or ASK_AGAIN)
        except (DoorTrouble, UnreadableVault) as problem:
            ledger.mark_unsure(row, str(problem))
            raise
        else:
            if found is None:
                ledger.send_again(row)
            else:
                ledger.mark_sent(row, found)
        worked.settled += 1


def _send(door: Door, kind: Kind, worked: Worked, until: float) -> None:
    for _number in range(MAX_SENT):
        if time.monotonic() > until:
            break
        row = ledger.next_outgoing(door)
        if row is None:
            return
        _send_one(row, kind, worked)
    worked.more = True


def _send_one(row: Outgoing, kind: Kind, worked: Worked) -> None:
    try:
        remote_id = kind.send(row)
    except Refused as problem:
        ledger.fail(row, str(problem))
    except NotSent as problem:
        ledger.give_back(row, str(problem), seconds=problem.seconds)
    except PerhapsSent as problem:
        ledger.mark_unsure(row, str(problem), seconds=problem.seconds)
    except (DoorTrouble, UnreadableVault) as problem:
        ledger.not_tried(row, str(problem))
        raise
    else:
        ledger.mark_sent(row, remote_id)
        worked.sent += 1


def _note(door: Door, worked: Worked) -> None:
    if not is_held(door):
        return  # who holds it now tells
    now = timezone.now()
    mine = Door.objects.filter(pk=door.pk)
    if worked.trouble:
        log.warning("Door %s: %s", door.pk, worked.trouble)
        mine.update(checked_at=now, failures=F("failures") + 1, last_error=worked.trouble)
    else:
        mine.update(
            checked_at=None if worked.more else now, last_ok_at=now, failures=0, last_error=""
        )
