"""Connect a mailbox at the desk, against real servers; and what can go wrong, line by line."""

import imaplib
from dataclasses import replace

import pytest
from django.test import Client
from django.urls import reverse
from imapclient.exceptions import IMAPClientAbortError

from doors import working
from doors.kinds import DoorTrouble
from doors.mail import troubles
from doors.mail.guessing import guessed
from doors.mail.options import MailOptions
from doors.mail.working import check_options
from doors.models import Door, Outgoing
from people.models import AuditEntry
from tests.doors.mail.servers import ADDRESS, PASSWORD
from tests.tickets import factories
from tickets.models import Ticket
from tickets.replying import send_reply
from tickets.vault import decrypt


@pytest.fixture
def desk(mina) -> Client:
    client = Client(headers={"accept-language": "en"})
    client.force_login(mina)
    return client


@pytest.fixture
def right(options) -> MailOptions:
    return replace(options, password=PASSWORD)


def servers_of(options: MailOptions) -> dict[str, object]:
    names = ("imap_host", "imap_port", "imap_security", "smtp_host", "smtp_port", "smtp_security")
    return {name: getattr(options, name) for name in names} | {"smtp_sign_in": "on"}


def test_mailbox_is_connected_in_three_steps(desk, write, right, support):
    write("پیش از وصل شدن")
    answer = desk.post(
        reverse("door-mail"), {"name": "Support", "address": ADDRESS, "password": PASSWORD}
    )
    door = Door.objects.get()
    assert answer["Location"] == reverse("door-mail-servers", args=[door.pk])
    assert (door.active, door.source) == (False, "mail")
    assert door.options["imap_host"] == "imap.example.org"
    assert PASSWORD not in str(door.options)
    assert decrypt(door.secret_encrypted) == PASSWORD
    page = desk.get(answer["Location"]).content.decode()
    assert "imap.example.org" in page
    assert PASSWORD not in page

    wrong = servers_of(right) | {"smtp_port": 1}
    page = desk.post(answer["Location"], wrong).content.decode()
    assert troubles.SMTP_PORT in page
    answer = desk.post(answer["Location"], servers_of(right))
    assert answer["Location"] == reverse("door-mail-folders", args=[door.pk])

    chosen = {"folder": "INBOX", "afterwards": "move", "move_to": "Done", "sent_folder": "Sent"}
    chosen |= {"sent_copy": "copy", "team": support.pk, "since": ""}
    page = desk.get(answer["Location"]).content.decode()
    assert ">Done</option>" in page
    refused = desk.post(answer["Location"], chosen | {"move_to": "INBOX"})
    assert refused.status_code == 200
    assert not Door.objects.get().active
    answer = desk.post(answer["Location"], chosen)
    assert answer["Location"] == reverse("door", args=[door.pk])
    door.refresh_from_db()
    assert (door.active, door.team) == (True, support)

    write("پس از وصل شدن")
    assert working.work(door.pk).received == 1
    assert Ticket.objects.get().messages.get().text == "پس از وصل شدن"
    assert "a new ticket" in desk.get(reverse("door", args=[door.pk])).content.decode()
    assert set(AuditEntry.objects.values_list("action", flat=True)) == {"door.made", "door.changed"}


def test_mail_of_earlier_days_is_taken_in_when_asked_for(desk, write, door, right):
    write("پیش از وصل شدن")
    chosen = {"folder": "INBOX", "afterwards": "keep", "sent_copy": "append", "since": "7"}
    answer = desk.post(reverse("door-mail-folders", args=[door.pk]), chosen)
    assert answer.status_code == 302
    assert working.work(door.pk).received == 1


def test_password_stays_when_left_empty(desk, door):
    form = {"name": "support", "address": ADDRESS, "password": "", "display_name": "Help"}
    assert desk.post(reverse("door-mail-address", args=[door.pk]), form).status_code == 302
    door.refresh_from_db()
    assert decrypt(door.secret_encrypted) == PASSWORD
    assert door.options["display_name"] == "Help"


@pytest.mark.parametrize(
    ("wrong", "line"),
    [
        ({"imap_host": "nobody.invalid", "imap_security": "tls"}, troubles.IMAP_NAME),
        ({"imap_port": 1}, troubles.IMAP_PORT),
        ({"imap_security": "tls"}, troubles.IMAP_TLS),
        ({"imap_security": "starttls"}, troubles.IMAP_CERTIFICATE),
        ({"password": "wrong"}, troubles.IMAP_PASSWORD),
        ({"password": "گذرواژه"}, troubles.IMAP_PASSWORD),
        ({"folder": "Nowhere"}, troubles.IMAP_FOLDER),
        ({"afterwards": "move", "move_to": "Nowhere"}, troubles.IMAP_MOVE_FOLDER),
        ({"sent_folder": "Nowhere"}, troubles.IMAP_SENT_FOLDER),
        ({"imap_host": "1.1.1.1"}, troubles.PLAIN),
        ({"smtp_host": "nobody.invalid", "smtp_security": "tls"}, troubles.SMTP_NAME),
        ({"smtp_port": 1}, troubles.SMTP_PORT),
        ({"smtp_security": "tls"}, troubles.SMTP_TLS),
        ({"smtp_security": "starttls"}, troubles.SMTP_CERTIFICATE),
        ({"smtp_sign_in": False}, troubles.SMTP_SENDER),
    ],
)
def test_each_thing_that_can_be_wrong_is_told_by_one_line(right, wrong, line):
    with pytest.raises(DoorTrouble) as trouble:
        check_options(replace(right, **wrong))
    assert str(trouble.value) == line


def test_server_that_hangs_up_while_we_sign_in_says_nothing_of_the_password(right, monkeypatch):
    def hangs_up(self, *words):
        raise IMAPClientAbortError("BYE too many connections")

    monkeypatch.setattr(imaplib.IMAP4, "login", hangs_up)
    with pytest.raises(DoorTrouble) as trouble:
        check_options(right)
    assert str(trouble.value) == troubles.IMAP_CUT


def test_tls_and_starttls_work_where_the_certificate_is_known(right, servers, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(servers.certificate))
    for security, imap_port, smtp_port in (
        ("tls", servers.imap.tls_port, servers.smtp.tls_port),
        ("starttls", servers.imap.port, servers.smtp.port),
    ):
        check_options(
            replace(
                right,
                imap_host="localhost",
                imap_port=imap_port,
                imap_security=security,
                smtp_host="localhost",
                smtp_port=smtp_port,
                smtp_security=security,
            )
        )


def test_servers_of_common_services_are_known():
    google = guessed(MailOptions(address="help@gmail.com"))
    assert (google.imap_host, google.smtp_host) == ("imap.gmail.com", "smtp.gmail.com")
    assert google.sent_copy == "server"
    assert guessed(MailOptions(address="a@shop.ir")).smtp_host == "smtp.shop.ir"


def test_failed_reply_is_sent_again_or_settled_by_an_admin(desk, door, sara):
    ticket = factories.make_ticket()
    Ticket.objects.filter(pk=ticket.pk).update(source=door.source)
    send_reply(ticket.pk, agent=sara, text="سلام", suggestion_id=None, send_key="k")
    row = Outgoing.objects.get()
    Outgoing.objects.update(state=Outgoing.State.FAILED, error=troubles.SMTP_CUT)
    page = desk.get(reverse("door", args=[door.pk])).content.decode()
    assert troubles.SMTP_CUT in page
    desk.post(reverse("door-send-again", args=[row.pk]))
    row.refresh_from_db()
    assert (row.state, row.error) == (Outgoing.State.WAITING, "")
    desk.post(reverse("door-mark-sent", args=[row.pk]))
    row.refresh_from_db()
    assert row.state == Outgoing.State.WAITING  # nobody's to decide any more
    assert AuditEntry.objects.get().action == "reply.sent-again"


def test_pause_and_going_on_are_in_the_audit_trail(desk, door):
    for active in ("0", "1"):
        desk.post(reverse("door-pause", args=[door.pk]), {"active": active})
        assert Door.objects.get().active == (active == "1")
    actions = AuditEntry.objects.order_by("pk").values_list("action", flat=True)
    assert list(actions) == ["door.paused", "door.resumed"]
