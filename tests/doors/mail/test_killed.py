"""500 customers' mails in, 500 answered, none lost and none doubled, though the door's process, the
worker, the IMAP server and the SMTP server are killed (SIGKILL) where it hurts: while a mail is
taken in, between that and noting how far the folder was read, before the SMTP server has a mail,
and between its having it and our hearing so.
"""

import os
import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from email.message import EmailMessage

import pytest
from django.conf import settings
from django.db import connection, transaction

from doors import ledger, tasks
from doors.mail.incoming import read_mail
from doors.mail.mailbox import opened
from doors.models import Door, Incoming, Outgoing
from tests.another_process import wait_until_it_waits
from tests.doors.mail.conftest import Servers, a_mail, make_door
from tests.doors.mail.servers import PASSWORD
from tests.live_desk import wait_for
from tests.whole import WHOLE
from tickets.models import Message, Reply, Ticket
from tickets.replying import send_reply

pytestmark = pytest.mark.django_db(transaction=True)
CUSTOMERS = 500 if WHOLE else 100
SECOND_MAILS = 20
"""So many write once more, in the thread of their first mail."""
SECONDS = 480.0  # a quiet machine needs a fraction of it
State = Outgoing.State


@pytest.fixture(autouse=True)
def asked(monkeypatch):
    """Drafts and learning are not what is tested here."""
    for task in ("suggest", "learn"):
        monkeypatch.setattr(f"tickets.tasks.{task}.delay", lambda row_id: None)


class Company:
    """One process at a time works the door; an agent answers what waits."""

    def __init__(self, door: Door, servers: Servers, agent, log) -> None:
        self.door, self.servers, self.agent, self.log = door, servers, agent, log
        self.process: subprocess.Popen[bytes] | None = None
        self.first_mails: list[EmailMessage] = []
        self.asked_at = 0.0
        self.deadline = time.monotonic() + SECONDS

    def start(self, *, worker: bool) -> None:
        """`manage.py work_doors`, or a Celery worker that is asked by messages."""
        command = (
            [
                *("-m", "celery", "-A", "config", "worker", "-Q", "doors"),
                *("-P", "solo", "-l", "ERROR", "--without-gossip", "--without-mingle"),
            ]
            if worker
            else ["manage.py", "work_doors", "--pause", "0.1"]
        )
        self.process = subprocess.Popen(
            [sys.executable, *command],
            cwd=settings.BASE_DIR,
            env=os.environ
            | {
                "PASOKH_HOME": str(settings.PASOKH_HOME),
                "PASOKH_DATABASE": str(connection.settings_dict["NAME"]),
                "PASOKH_STALE_SECONDS": "2",
                "PASOKH_DOOR_SECONDS": "1",
                "DJANGO_SETTINGS_MODULE": "config.settings",
            }
            | ({} if worker else {"CELERY_BROKER_URL": "memory://"}),  # asks nobody for drafts
            stdin=subprocess.DEVNULL,
            stdout=self.log.open("ab"),
            stderr=subprocess.STDOUT,
        )

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait(60)
            self.process = None

    @contextmanager
    def about_to_take_in(self, mail: EmailMessage) -> Iterator[str]:
        """Its process, started here, has read this mail and comes no further while the block lasts.
        What the ledger knows the mail by."""
        key = ledger.remote_key(self.door, read_mail(mail.as_bytes()).key)
        with transaction.atomic():
            Incoming.objects.create(door=self.door, remote_key=key, outcome="ignored")
            self.start(worker=False)
            wait_until_it_waits(lambda: self.process.poll() is not None)
            assert self.process.poll() is None, self.log.read_text()[-3000:]
            yield key
            transaction.set_rollback(True)

    def until(self, reached: Callable[[], bool]) -> None:
        while not reached():
            assert time.monotonic() < self.deadline, (sent(), self.log.read_text()[-3000:])
            assert self.process is None or self.process.poll() is None, self.log.read_text()[-3000:]
            if time.monotonic() > self.asked_at + 0.5:
                tasks.work.delay(self.door.pk)
                self.asked_at = time.monotonic()
            self.answer_some()
            time.sleep(0.02)

    def answer_some(self) -> None:
        waiting = Ticket.objects.filter(source="mail", state__in=Ticket.OPEN_STATES)
        for ticket in waiting.order_by("pk")[:10]:
            last = ticket.messages.order_by("-pk")[0]
            number = re.search(r"شماره (\d+)", last.text)[1]
            send_reply(
                ticket.pk,
                agent=self.agent,
                text=f"پاسخ به سفارش شماره {number} است.",
                suggestion_id=None,
                send_key=f"killed-{last.pk}",
            )

    def until_smtp_holds(self, *, after: bool) -> None:
        self.servers.smtp.hold(after=after)
        self.until(self.servers.smtp.is_holding)
        assert Outgoing.objects.filter(state=State.SENDING).count() == 1


@pytest.fixture
def company(servers, options, support, sara, tmp_path):
    servers.smtp.keep_copies()
    with opened(replace(options, password=PASSWORD)) as mailbox:
        mailbox.select("Sent")  # it makes the folder
    door = make_door(replace(options, sent_copy="server", settle_seconds=2), team=support)
    made = Company(door, servers, sara, tmp_path / "log")
    for number in range(CUSTOMERS):
        writer = f"c{number}@example.com"
        first = a_mail(f"سفارش شماره {number} نرسیده است.", From=writer)
        servers.imap.deliver(first.as_bytes())
        made.first_mails.append(first)
        if number % (CUSTOMERS // SECOND_MAILS) == 0:
            text = f"برای سفارش شماره {number} باز هم می‌نویسم."
            second = a_mail(text, From=writer, References=first["Message-ID"])
            servers.imap.deliver(second.as_bytes())
    yield made
    made.kill()


def sent() -> int:
    return Outgoing.objects.filter(state=State.SENT).count()


def test_none_is_lost_and_none_doubled_whatever_is_killed(company, servers):
    with company.about_to_take_in(company.first_mails[6]):
        company.kill()
    with ExitStack() as at_rest:
        with company.about_to_take_in(company.first_mails[12]) as key:
            at_rest.enter_context(servers.imap.stopped())  # it waits there with what it took in
        wait_for(Incoming.objects.filter(remote_key=key).exists)
        assert "trying" in Door.objects.get().cursor
        company.kill()
    company.start(worker=True)
    company.until(lambda: sent() >= CUSTOMERS * 8 // 100)
    company.until_smtp_holds(after=True)
    company.kill()
    company.start(worker=False)
    company.until(lambda: sent() >= CUSTOMERS * 24 // 100)
    company.until_smtp_holds(after=True)
    servers.smtp.kill()
    servers.smtp.start()
    company.until(lambda: sent() >= CUSTOMERS * 40 // 100)
    servers.imap.kill()
    servers.imap.forget_numbers()
    servers.imap.start()
    company.until(lambda: sent() >= CUSTOMERS * 60 // 100)
    company.until_smtp_holds(after=False)
    company.kill()
    company.start(worker=True)
    mails = CUSTOMERS + SECOND_MAILS
    company.until(
        lambda: (
            Message.objects.filter(role="customer").count() == mails
            and not Ticket.objects.filter(state__in=Ticket.OPEN_STATES).exists()
            and sent() == Reply.objects.count()
        )
    )
    company.kill()
    nothing_lost_nothing_doubled(servers)


def nothing_lost_nothing_doubled(servers: Servers) -> None:
    assert Ticket.objects.count() == CUSTOMERS
    said = Message.objects.filter(role="customer")
    assert said.count() == said.values("text").distinct().count() == CUSTOMERS + SECOND_MAILS
    assert Incoming.objects.exclude(outcome="ignored").count() == CUSTOMERS + SECOND_MAILS
    taken = servers.smtp.taken()
    ids = Counter(str(one["Message-ID"]) for one in taken)
    assert ids == dict.fromkeys(Outgoing.objects.values_list("remote_id", flat=True), 1)
    assert len(ids) == Reply.objects.count()
    assert {str(one["To"]) for one in taken} == {f"c{n}@example.com" for n in range(CUSTOMERS)}
    for one in taken:  # each got the answer to their own question, below it
        number = str(one["To"]).removeprefix("c").partition("@")[0]
        assert f"پاسخ به سفارش شماره {number} " in one.get_body(("plain",)).get_content()
        assert one["In-Reply-To"]
