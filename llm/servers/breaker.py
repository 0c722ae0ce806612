"""Leave a server alone that keeps failing: `admit`, and `trouble_of` for those who only look.

The state stands in the server's row, so all workers share it. Three failures in a row open the
breaker; for 30 seconds nobody asks. Then one request is let through (half open): if it is answered
all are let through again, if not the wait doubles, to ten minutes at most. Each change is one
conditional UPDATE, so that of several workers one makes it.
"""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db.models import F
from django.utils import timezone

from llm.models import Server
from llm.servers.errors import NOTHING_SENT, OF_ONE_VERSION, ServerError, Trouble

FAILURES: Final = 3
FIRST_WAIT: Final = timedelta(seconds=30)
LONGEST_WAIT: Final = timedelta(minutes=10)
LOST_TRIAL: Final = timedelta(seconds=30)
"""Beyond the server's time-out: after it a trial belongs to a process that died."""

State = Server.State
logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Admission:
    """Leave to ask once. Exactly one of `succeeded`, `failed`, `given_up` follows. `server` is the
    row as it is now; `trial`: the one request of a half-open breaker."""

    server: Server
    claimed_at: datetime | None = None
    former: datetime | None = None

    @property
    def trial(self) -> bool:
        return self.claimed_at is not None

    def succeeded(self, *, now: datetime | None = None) -> None:
        Server.objects.filter(pk=self.server.pk).update(
            state=State.CLOSED,
            failures=0,
            opened_at=None,
            last_error="",
            last_ok_at=now or timezone.now(),
        )

    def failed(self, trouble: Trouble, *, now: datetime | None = None) -> None:
        """A server that answers "no" lives: that closes the breaker like an answer."""
        now = now or timezone.now()
        logger.warning("server %s: %s", self.server.name, trouble.name.lower())
        if trouble in OF_ONE_VERSION:
            self.succeeded(now=now)
            return
        if trouble in NOTHING_SENT:
            self.given_up()
        elif trouble is Trouble.KEY_REFUSED:  # it lives
            self.succeeded(now=now)
        else:
            self._count_failure(now)
        # What it said stays to be seen, until it writes an answer.
        Server.objects.filter(pk=self.server.pk).update(last_error=trouble.value[:200])

    def _count_failure(self, now: datetime) -> None:
        rows = Server.objects.filter(pk=self.server.pk)
        if self.trial:
            mine = rows.filter(state=State.HALF_OPEN, opened_at=self.claimed_at)
            mine.update(state=State.OPEN, opened_at=now, failures=F("failures") + 1)
            return
        # A straggler of the same outage finds the breaker open and must not double its wait.
        rows.filter(state=State.CLOSED).update(failures=F("failures") + 1)
        opening = rows.filter(state=State.CLOSED, failures__gte=FAILURES)
        opening.update(state=State.OPEN, opened_at=now)

    def given_up(self) -> None:
        """Nobody waits for the answer any more: nothing was learnt about the server."""
        if self.trial:
            mine = Server.objects.filter(
                pk=self.server.pk, state=State.HALF_OPEN, opened_at=self.claimed_at
            )
            mine.update(state=State.OPEN, opened_at=self.former)


def admit(server: Server, *, now: datetime | None = None, insist: bool = False) -> Admission:
    """Leave to ask the server now, by its row as it stands in the database.

    Raises ServerError: NOT_ALLOWED for a hosted server that no admin has allowed (`insist` or not),
    RESTING while the breaker is open. With `insist` (a person tries it out) the breaker is passed.
    """
    now = now or timezone.now()
    row = Server.objects.get(pk=server.pk)
    if not is_allowed(row):
        raise ServerError(Trouble.NOT_ALLOWED)
    if row.state == State.CLOSED or row.opened_at is None or insist:
        return Admission(row)
    if now < row.opened_at + wait_of(row):
        raise ServerError(Trouble.RESTING)
    claimed = Server.objects.filter(pk=row.pk, state=row.state, opened_at=row.opened_at)
    if not claimed.update(state=State.HALF_OPEN, opened_at=now):
        raise ServerError(Trouble.RESTING)
    return Admission(row, claimed_at=now, former=row.opened_at)


def is_allowed(server: Server) -> bool:
    """Whether anything may be sent there at all."""
    return not server.hosted or server.allowed_at is not None


def wait_of(server: Server) -> timedelta:
    """How long a server that is not asked is left alone, from `opened_at`."""
    if server.state == State.HALF_OPEN:  # somebody tries it
        return timedelta(seconds=server.timeout_seconds) + LOST_TRIAL
    doublings = min(max(server.failures - FAILURES, 0), 10)
    return min(FIRST_WAIT * 2**doublings, LONGEST_WAIT)


def trouble_of(server: Server) -> str:
    """One line for people, by the row alone: "" for a server in order."""
    if not is_allowed(server):
        return str(Trouble.NOT_ALLOWED.value)
    if server.state == State.CLOSED:
        return server.last_error
    return server.last_error or str(Trouble.RESTING.value)


def asked_again_at(server: Server) -> datetime | None:
    """When the next request is let through; None for a server that is asked now."""
    if server.state == State.CLOSED or server.opened_at is None:
        return None
    return server.opened_at + wait_of(server)
