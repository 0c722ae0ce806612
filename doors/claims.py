"""One process works a door at a time: `held(door)` claims it and gives signs of life meanwhile.

A claim is stale after `settings.STALE_SECONDS` without one, and another process takes the door.
Every write of the ledger asks first whether the door is still ours.
"""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.db.models import Q
from django.utils import timezone

from doors.models import Door
from tickets.claims import Held, kept_alive


@contextmanager
def held(door_id: int) -> Iterator[Door | None]:
    """The door, ours until the block ends; None if it is paused, gone, or worked by another."""
    door = _take(door_id)
    if door is None:
        yield None
        return
    try:
        with kept_alive([_Working(door)]):
            yield door
    finally:
        Door.objects.filter(pk=door.pk, claim=door.claim).update(claim="", claimed_at=None)


@dataclass(frozen=True)
class _Working(Held):
    door: Door

    def beat(self) -> bool:
        """A paused door stays ours until this piece of work has ended; whether it was taken from
        us is asked by every write of the ledger."""
        mine = Door.objects.filter(pk=self.door.pk, claim=self.door.claim)
        mine.update(claimed_at=timezone.now())
        return True


def _take(door_id: int) -> Door | None:
    now = timezone.now()
    age = timedelta(seconds=settings.STALE_SECONDS)
    # A sign of life from the future: the clock was set back since whoever gave it was here.
    stale = Q(claimed_at__lt=now - age) | Q(claimed_at__gt=now + age)
    free = Door.objects.filter(Q(claim="") | stale, pk=door_id, active=True)
    key = str(uuid.uuid4())
    if not free.update(claim=key, claimed_at=now):
        return None
    return Door.objects.filter(pk=door_id, claim=key).first()


def is_held(door: Door) -> bool:
    """Still ours; a sign of life too."""
    mine = Door.objects.filter(pk=door.pk, claim=door.claim, active=True)
    return bool(mine.update(claimed_at=timezone.now()))
