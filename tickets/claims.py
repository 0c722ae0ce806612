"""A worker's claim on a ticket: only its holder writes drafts.

`Claim.take` is one conditional UPDATE, so of two workers one gets the ticket. Every write happens
inside `held()`, a short transaction that first touches the ticket's row under the claim: a worker
whose claim was taken over (it slept, the sweep gave the ticket to another) writes nothing more.
A thread gives signs of life meanwhile, since loading a model or reading a long prompt can take
longer than a claim stays fresh: for each of the tickets that a worker writes together, and each
can be lost alone.
"""

import threading
import uuid
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import OperationalError, connection, transaction
from django.db.models import F, Q
from django.utils import timezone

from tickets.models import Ticket

BEATS = 6  # signs of life in the time after which a claim is stale
MAX_ATTEMPTS = 5


class ClaimLost(Exception):
    """Somebody else has the ticket, or it waits no more. Nothing was written; stop working."""


class Held(ABC):
    """What a worker holds: a row that carries its key until somebody else takes it."""

    @abstractmethod
    def beat(self) -> bool:
        """A sign of life; False if the claim is lost."""

    @contextmanager
    def held(self) -> Iterator[None]:
        """A transaction in which nobody can take the claim. Raises ClaimLost instead of entering
        it."""
        with transaction.atomic():
            if not self.beat():
                raise ClaimLost
            yield

    def beat_if_connected(self) -> bool:
        """A database that is away for a moment is no lost claim: the next beat tells."""
        try:
            return self.beat()
        except OperationalError:
            connection.close()
            return True


@dataclass(frozen=True)
class Claim(Held):
    ticket_id: int
    key: str

    @classmethod
    def take(cls, ticket_id: int) -> "Claim | None":
        """None if the ticket does not wait, is claimed by a living worker, or failed too often."""
        now = timezone.now()
        free = Q(state=Ticket.State.NEW) | stale(now)
        key = str(uuid.uuid4())
        taken = Ticket.objects.filter(free, pk=ticket_id, attempts__lt=MAX_ATTEMPTS).update(
            state=Ticket.State.DRAFTING,
            claim=key,
            claimed_at=now,
            attempts=F("attempts") + 1,
        )
        return cls(ticket_id, key) if taken else None

    @classmethod
    def take_untried(cls, at_most: int) -> "list[Claim]":
        """Tickets that wait and that nobody has tried yet, the oldest first."""
        waiting = Ticket.objects.filter(state=Ticket.State.NEW, attempts=0)
        ids = waiting.order_by("created_at", "pk").values_list("pk", flat=True)[:at_most]
        claims = [cls.take(pk) for pk in list(ids)]
        return [claim for claim in claims if claim is not None]

    def is_first_try(self) -> bool:
        return Ticket.objects.filter(pk=self.ticket_id, attempts=1).exists()

    def beat(self) -> bool:
        mine = Ticket.objects.filter(pk=self.ticket_id, claim=self.key, state=Ticket.State.DRAFTING)
        return bool(mine.update(claimed_at=timezone.now()))


@contextmanager
def kept_alive(claims: Sequence[Held]) -> Iterator[list[threading.Event]]:
    """Signs of life from a thread while the block runs; a claim's event is set when it is lost."""
    lost, done = [threading.Event() for _ in claims], threading.Event()
    arguments = (list(zip(claims, lost, strict=True)), done)
    thread = threading.Thread(target=_keep_alive, args=arguments, daemon=True)
    thread.start()
    try:
        yield lost
    finally:
        done.set()
        thread.join()


def _keep_alive(claims: Sequence[tuple[Held, threading.Event]], done: threading.Event) -> None:
    try:
        while not done.wait(settings.STALE_SECONDS / BEATS):
            for claim, lost in claims:
                if not lost.is_set() and not claim.beat_if_connected():
                    lost.set()
    finally:
        connection.close()  # this thread's own


def stale(now: datetime) -> Q:
    """Tickets whose worker has given no sign of life for `settings.STALE_SECONDS`."""
    since = now - timedelta(seconds=settings.STALE_SECONDS)
    return Q(state=Ticket.State.DRAFTING, claimed_at__lt=since)
