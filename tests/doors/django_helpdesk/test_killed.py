"""500 tickets in, 500 answered, none lost or doubled, though the door's process, the other desk's
server and the worker are each killed (SIGKILL) where it hurts: while tickets are taken in, before a
reply is written over there, and between its being written and our hearing so.
"""

import os
import signal
import subprocess
import sys
import time

import pytest
from django.db import connection
from django.utils import timezone

from doors.models import Door, Incoming, Outgoing
from tests.doors.django_helpdesk.desk import ACCOUNT
from tests.whole import WHOLE
from tickets.models import Message, Reply, Ticket
from tickets.replying import send_reply

pytestmark = pytest.mark.django_db(transaction=True)
TICKETS = 500 if WHOLE else 100
SECONDS = 480.0  # a quiet machine needs a fraction of it


class Company:
    """The processes of a desk that works this door, and the agent who answers what waits."""

    def __init__(self, settings, door, there, agent):
        self.door, self.there, self.agent = door, there, agent
        self.root = settings.BASE_DIR
        self.environment = os.environ | {
            "PASOKH_HOME": str(connection.settings_dict["OPTIONS"]["home"]),
            "PASOKH_DATABASE": str(connection.settings_dict["NAME"]),
            "PASOKH_FETCH_ALLOW": there.place,
            "PASOKH_STALE_SECONDS": "2",
            "PASOKH_DOOR_SECONDS": "1",
            "PASOKH_SWEEP_SECONDS": "1",
            "DJANGO_SETTINGS_MODULE": "config.settings",
        }
        self.process = None
        self.log = there.folder / "company.log"

    def start(self, *, worker: bool) -> None:
        """`manage.py work_doors`, or a Celery worker with its own beat, which asks for the
        door's task."""
        command = (
            [
                *("-m", "celery", "-A", "config", "worker", "-Q", "doors", "-P", "solo", "-B"),
                *("-s", str(self.log.with_name("beat")), "-l", "ERROR"),
            ]
            if worker
            else ["manage.py", "work_doors", "--pause", "0.1"]
        )
        self.process = subprocess.Popen(
            [sys.executable, *command],
            cwd=self.root,
            env=self.environment,
            start_new_session=True,
            stdin=subprocess.DEVNULL,
            stdout=self.log.open("ab"),
            stderr=subprocess.STDOUT,
        )

    def kill(self) -> None:
        if self.process is not None:
            os.killpg(self.process.pid, signal.SIGKILL)  # the worker's beat is a child of its own
            self.process.wait(60)
            self.process = None

    def step(self) -> None:
        """Answers what waits, and lets the time of pauses pass."""
        for pk, external_id in Ticket.objects.filter(
            source=self.door.source, state__in=Ticket.OPEN_STATES
        ).values_list("pk", "external_id")[:40]:
            reply = send_reply(
                pk,
                agent=self.agent,
                text=words(external_id),
                suggestion_id=None,
                send_key=f"killed-{pk}",
            )
            Reply.objects.filter(pk=reply.pk).update(held_until=None)
        now = timezone.now()
        waiting = (Outgoing.State.WAITING, Outgoing.State.UNSURE)
        Outgoing.objects.filter(state__in=waiting, next_at__gt=now).update(next_at=now)


def words(number: str) -> str:
    return f"Case {number} is solved."


def sent() -> int:
    return Outgoing.objects.filter(state=Outgoing.State.SENT).count()


@pytest.fixture
def company(there, settings, make_door, sara):
    numbers = there.bulk(
        [
            {
                "queue_id": 1,
                "title": f"Case {number}",
                "description": f"Please help with case {number}.",
                "submitter_email": f"customer{number}@mail.example",
                "follow_up": f"More about case {number}." if number % 20 == 0 else "",
            }
            for number in range(TICKETS)
        ]
    )
    door = make_door(there, settle_seconds=1, poll_seconds=6)
    company = Company(settings, door, there, sara)
    company.numbers = numbers
    yield company
    company.kill()


def test_none_is_lost_and_none_doubled_whatever_is_killed(company, there):
    deadline = time.monotonic() + SECONDS

    def until(reached, *, answering=True) -> None:
        while not reached():
            assert time.monotonic() < deadline, (Ticket.objects.count(), sent())
            assert company.process.poll() is None, company.log.read_text()[-2000:]
            if answering:
                company.step()
            time.sleep(0.02)

    def until_held(*, after: bool) -> None:
        there.hold(after=after)
        until(there.is_holding)
        assert Outgoing.objects.filter(state=Outgoing.State.SENDING).count() == 1

    company.start(worker=False)
    # Nobody answers yet: a reply that were cut off on its way would have a second to arrive.
    until(lambda: Ticket.objects.count() >= TICKETS * 26 // 100, answering=False)
    company.kill()  # while it takes in
    company.start(worker=True)
    until(lambda: sent() >= TICKETS * 12 // 100)
    until_held(after=True)
    company.kill()  # the reply stands over there, and we did not hear it
    company.start(worker=False)
    until(lambda: sent() >= TICKETS * 40 // 100)
    until_held(after=True)
    there.kill()
    until(lambda: Door.objects.get().last_error != "")
    there.start()
    until(lambda: sent() >= TICKETS * 60 // 100)
    until_held(after=False)
    company.kill()  # both, and the reply does not stand there
    there.kill()
    there.start()
    company.start(worker=True)
    until(lambda: sent() == TICKETS)
    company.kill()
    _nothing_lost_nothing_doubled(company, there)


def _nothing_lost_nothing_doubled(company, there) -> None:
    here = sorted(int(number) for number in Ticket.objects.values_list("external_id", flat=True))
    assert here == company.numbers
    said = Message.objects.filter(role="customer").values_list("text", flat=True)
    assert len(said) == len(set(said)) == TICKETS + TICKETS // 20
    assert Message.objects.filter(role="agent").count() == TICKETS
    told = Incoming.objects.filter(outcome=Incoming.Outcome.TICKET).count()
    assert told == TICKETS
    written = there.rows(
        "SELECT ticket_id, comment FROM helpdesk_followup WHERE user_id IS NOT NULL"
        " ORDER BY ticket_id"
    )
    assert written == [(number, words(str(number))) for number in company.numbers]
    ours = there.rows("SELECT count(*) FROM auth_user WHERE username = ?", ACCOUNT)
    assert ours == [(1,)]
