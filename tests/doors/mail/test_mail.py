"""The mail door against dovecot and a real SMTP server: what comes in, what goes out, threads."""

import uuid
from email.message import EmailMessage

import pytest
from imapclient import IMAPClient
from imapclient.exceptions import IMAPClientError

from doors import ledger
from doors.kinds import Refused
from doors.mail import incoming, receiving, sending, troubles
from doors.mail.mailbox import Mailbox, opened
from doors.mail.options import MailOptions
from doors.mail.working import PERHAPS
from doors.models import Door, Incoming, MailReference, Outgoing
from tests.doors.mail.conftest import a_mail
from tests.doors.mail.servers import ADDRESS
from tests.tickets import factories
from tickets import intake, vault
from tickets.models import Message, Ticket
from tickets.rating import rate
from tickets.replying import send_reply
from tickets.rights.erasing import erase_customer
from tickets.vault import UnreadableVault

State = Outgoing.State


def reply_to(ticket, agent, text="سلام، سفارش شما فردا می‌رسد."):
    return send_reply(
        ticket.pk, agent=agent, text=text, suggestion_id=None, send_key=uuid.uuid4().hex
    )


def set_options(door, **changes):
    door.options |= changes
    door.save(update_fields=["options"])


def test_mail_becomes_a_ticket_with_the_writers_own_words(door, work, write, support):
    write(
        "سفارش ۱۲۳ نرسید، شماره من 09121234567 است.\n\n-- \nلاله\n",
        Subject="سفارش laleh@example.com",
    )
    assert work().received == 1
    ticket = Ticket.objects.get()
    message = ticket.messages.get()
    assert (ticket.source, ticket.team, ticket.lang) == ("mail", support, "fa")
    assert "[EMAIL_1]" in ticket.subject
    assert "[PHONE_1]" in message.text
    assert "لاله" not in message.text
    row = Incoming.objects.get()
    assert (row.outcome, row.ticket, row.message) == ("ticket", ticket, message)
    assert b"example.com" not in bytes(MailReference.objects.get().ids_encrypted)


def test_reply_reaches_the_customer_in_their_thread(door, work, write, servers, sara):
    odd = "<a\x01b@example.com>"  # some servers refuse a mail with it
    mail = write("شماره من 09121234567 است.", References=f"<first@example.com> {odd}")
    work()
    ticket = Ticket.objects.get()
    reply_to(ticket, sara, "سلام، با [PHONE_1] تماس می‌گیریم.\nبا <احترام>")
    assert work().sent == 1
    (sent,) = servers.smtp.taken()
    assert sent["X-Envelope-To"] == sent["To"] == "laleh@example.com"
    assert sent["In-Reply-To"] == mail["Message-ID"]
    assert sent["References"].split() == ["<first@example.com>", mail["Message-ID"]]
    assert sent["Subject"].startswith("Re: سفارش من [#")
    assert sent["Reply-To"] == ADDRESS
    assert "پشتیبانی" in sent["From"]
    plain = sent.get_body(("plain",)).get_content()
    html = sent.get_body(("html",)).get_content()
    assert "09121234567" in plain
    assert "با &lt;احترام&gt;" in html
    assert 'dir="rtl"' in html
    row = Outgoing.objects.get()
    assert (row.state, row.remote_id, row.claim) == (State.SENT, sent["Message-ID"], "")
    assert servers.names("Sent") == [sent["Message-ID"]]


def test_customers_answer_joins_the_ticket_by_thread_or_by_token(door, work, write, servers, sara):
    write()
    work()
    ticket = Ticket.objects.get()
    reply_to(ticket, sara)
    work()
    (sent,) = servers.smtp.taken()
    write("هنوز نرسیده", Subject="Re: چیز دیگر", References=sent["Message-ID"])
    token = sent["Subject"].split("[#")[1]
    write("و باز هم", Subject=f"RE: [#{token}")
    work()
    assert Ticket.objects.get().messages.filter(role=Message.Role.CUSTOMER).count() == 3


def test_second_mail_before_an_answer_joins_the_first(door, work, write):
    first = write()
    write("یک چیز را فراموش کردم", In_Reply_To=first["Message-ID"])
    work()
    assert Ticket.objects.get().messages.count() == 2


def test_somebody_elses_mail_in_the_thread_gets_a_ticket_of_its_own(
    door, work, write, servers, sara
):
    write()
    work()
    ticket = Ticket.objects.get()
    reply_to(ticket, sara)
    work()
    (sent,) = servers.smtp.taken()
    write(
        "مال من", From="thief@example.net", References=sent["Message-ID"], Subject=sent["Subject"]
    )
    work()
    assert ticket.messages.filter(role=Message.Role.CUSTOMER).count() == 1
    assert Ticket.objects.count() == 2


def test_made_up_token_opens_no_ticket(door, work, write):
    write()
    work()
    pk = Ticket.objects.get().pk
    write(References=f"<pasokh.1.{'0' * 20}@example.org>", Subject=f"Re: [#{pk}-{'0' * 10}]")
    work()
    assert Ticket.objects.count() == 2


@pytest.mark.parametrize(
    ("headers", "why"),
    [
        ({"Auto_Submitted": "auto-replied"}, incoming.PROGRAM),
        ({"Precedence": "bulk"}, incoming.PROGRAM),
        ({"From": "MAILER-DAEMON@example.com"}, incoming.PROGRAM),
        ({"X_Autoreply": "yes"}, incoming.PROGRAM),
        ({"List_Id": "<all.example.com>"}, incoming.LIST),
        ({"From": ADDRESS}, incoming.OWN),
    ],
)
def test_mail_that_must_not_be_answered_is_written_down_and_left(door, work, write, headers, why):
    write(**headers)
    work()
    row = Incoming.objects.get()
    assert (row.outcome, row.why, row.ticket) == ("ignored", why, None)
    assert not Ticket.objects.exists()


def test_form_mail_is_answered_where_it_says(door, work, write, servers, sara):
    write(From="noreply@shop.example.org", Reply_To="laleh@example.com")
    work()
    reply_to(Ticket.objects.get(), sara)
    work()
    assert servers.smtp.taken()[0]["To"] == "laleh@example.com"


def test_form_that_writes_from_our_own_address_is_no_mail_of_ours(door, work, write):
    write(From=f"Shop <{ADDRESS}>", Reply_To="Laleh <laleh@example.com>")
    work()
    customer = Ticket.objects.get().customer
    assert vault.decrypt(customer.contact_encrypted) == "laleh@example.com"
    assert vault.decrypt(customer.name_encrypted) == "Laleh"


def test_same_mail_twice_is_one_ticket(door, work, write, servers):
    mail = write()
    servers.imap.deliver(mail.as_bytes())
    work()
    door.refresh_from_db()
    door.cursor = {}
    door.save()
    assert work().received == 2
    assert Ticket.objects.count() == Message.objects.count() == Incoming.objects.count() == 1


def test_read_mail_is_left_marked_or_moved(door, work, write, servers):
    for afterwards, flag, there in (("keep", "", ""), ("seen", "S", ""), ("move", "", "Done")):
        servers.empty()
        set_options(door, afterwards=afterwards, move_to="Done")
        mail = write()
        assert work().received == 1
        assert servers.names(there) == [mail["Message-ID"]]
        place = servers.imap.folder / "mail" / (f".{there}" if there else "")
        (path,) = (*(place / "new").iterdir(), *(place / "cur").iterdir())
        assert path.name.rpartition(":2,")[2] in (flag, path.name)


def test_files_are_kept_and_html_is_read(door, work, servers):
    mail = a_mail("")
    mail.set_content("<p>سلام<br>این <b>فاکتور</b> است</p><script>x()</script>", subtype="html")
    mail.add_attachment(
        b"%PDF-1.4\n%%EOF\n", maintype="application", subtype="pdf", filename="ف.pdf"
    )
    servers.imap.deliver(mail.as_bytes())
    work()
    message = Message.objects.get()
    assert message.text == "سلام\nاین فاکتور است"
    assert message.attachments.get().name == "ف.pdf"


def test_badly_written_mail_is_not_lost(door, work, servers):
    long = a_mail("بلند " * 20_000)
    forwarded = a_mail("", Subject="Fwd: x")
    forwarded.set_content(
        "---------- Forwarded message ----------\nFrom: a@example.com\n\nمتن اصلی"
    )
    wrong_charset = b"From: b@example.com\r\nSubject: =?utf-8?q?=FF?=\r\n"
    wrong_charset += b"Content-Type: text/plain; charset=nothing\r\n\r\n" + "سلام".encode()
    subject_only = a_mail("", Subject="فقط موضوع")
    for raw in (long.as_bytes(), forwarded.as_bytes(), wrong_charset, subject_only.as_bytes()):
        servers.imap.deliver(raw)
    servers.imap.deliver(b"no mail at all")
    work()
    texts = [one.text for one in Message.objects.order_by("pk")]
    assert len(texts) == 4
    assert texts[0].endswith("…")
    assert "متن اصلی" in texts[1]
    assert texts[2:] == ["سلام", "فقط موضوع"]
    assert Incoming.objects.get(outcome="ignored").why == incoming.UNREADABLE


def test_raw_bytes_in_headers_lose_no_mail(door, work, servers):
    odd = [
        "Message-ID: <é\xff@x>\r\nFrom: éric <éric@x.example>\r\nReferences: <\xff@y>",
        "Message-ID: <a\x00b@x>\r\nFrom: b\x00 <b@x.example>\r\nSubject: =?utf-8?q?=00x?=",
        "Message-ID: é\r\nFrom: =?idna?q?=ff=fe?= <d@x.example>\r\nSubject: =?utf-8?b?7aCA?=",
    ]
    for head in odd:
        servers.imap.deliver(f"{head}\r\n\r\nhello".encode("latin-1"))
    assert work().received == 3
    taken_in = Incoming.objects.filter(outcome="ticket").count()
    why = set(Incoming.objects.filter(outcome="ignored").values_list("why", flat=True))
    assert taken_in == 3 - len(why)
    assert why <= {incoming.IMPLAUSIBLE}


def test_mailbox_with_a_persian_domain_sends_and_knows_itself(door, work, write, servers, sara):
    set_options(door, address="support@فروشگاه.example", user=ADDRESS)
    write()
    work()
    reply_to(Ticket.objects.get(), sara)
    assert work().sent == 1
    (sent,) = servers.smtp.taken()
    domain = "فروشگاه.example".encode("idna").decode()
    assert sent["Message-ID"].endswith(f"@{domain}>")
    assert f"<support@{domain}>" in sent["From"]
    write(From=sent["From"].split("<")[1].rstrip(">"))
    write("ممنون", References=sent["Message-ID"])
    work()
    assert Ticket.objects.get().messages.filter(role=Message.Role.CUSTOMER).count() == 2
    assert Incoming.objects.filter(why=incoming.OWN).count() == 1


def test_message_that_is_gone_meanwhile_and_an_empty_one(door, work, servers, monkeypatch):
    servers.imap.deliver(b"")
    assert work().received == 1
    assert [row.why for row in Incoming.objects.all()] == [incoming.UNREADABLE]
    monkeypatch.setattr(Mailbox, "after", lambda *place, **more: [999])
    assert not work().trouble
    assert Incoming.objects.count() == 1


def test_address_that_is_refused_fails_and_one_for_later_waits(door, work, write, sara):
    for name in ("refused", "later"):
        write(From=f"{name}@example.com")
    work()
    for ticket in Ticket.objects.order_by("pk"):
        reply_to(ticket, sara)
    assert work().sent == 0
    failed, waiting = Outgoing.objects.order_by("pk")
    assert (failed.state, failed.error) == (State.FAILED, sending.ADDRESS_REFUSED)
    assert (waiting.state, waiting.error) == (State.WAITING, sending.TRY_LATER)
    assert waiting.next_at > waiting.created_at
    assert ledger.retry(failed.pk)
    assert not ledger.retry(waiting.pk)


@pytest.mark.parametrize("address", ["é@example.com", "a,b@example.com"])
def test_address_that_no_mail_can_carry_is_told_before_anything_is_sent(
    door, sara, servers, address
):
    ticket = factories.make_ticket(source="mail", contact=address)
    reply_to(ticket, sara)
    row = Outgoing.objects.get()
    mail = sending.mail_of(row, MailOptions.of(door))
    with pytest.raises(Refused):
        sending.packed(mail)


def test_connection_cut_while_sending_is_never_sent_twice(door, work, write, servers, sara):
    """The server took it, and its answer was not heard."""
    set_options(door, sent_copy="copy", settle_seconds=0)
    write(From="cut@example.com")
    work()
    reply_to(Ticket.objects.get(), sara)
    work()
    assert Outgoing.objects.get().state == State.UNSURE
    work()
    assert Outgoing.objects.get().state == State.SENT
    assert len(servers.smtp.taken()) == 1
    work()
    assert servers.names("Sent") == [Outgoing.objects.get().remote_id]


def test_where_nothing_tells_a_person_is_asked(door, work, write, servers, sara):
    write(From="cut@example.com")
    work()
    reply_to(Ticket.objects.get(), sara)
    for _round in range(3):
        work()
    row = Outgoing.objects.get()
    assert (row.state, row.error) == (State.FAILED, PERHAPS)
    assert len(servers.smtp.taken()) == 1
    assert ledger.settle(row.pk)


def test_what_a_dead_process_left_is_sent_where_copies_are_known_to_come(
    door, work, write, servers, sara
):
    set_options(door, sent_copy="copy", settle_seconds=0)
    for number in range(2):
        write(From=f"c{number}@example.com")
    work()
    first, second = Ticket.objects.order_by("pk")
    reply_to(first, sara)
    left_behind(door)
    work()
    row = Outgoing.objects.get()
    assert (row.state, row.error) == (State.FAILED, PERHAPS)  # no copy was ever seen
    assert not servers.smtp.taken()
    ledger.retry(row.pk)
    work()
    reply_to(second, sara)
    left_behind(door)
    work()
    assert set(Outgoing.objects.values_list("state", flat=True)) == {State.SENT}
    assert [one["To"] for one in servers.smtp.taken()].count("c1@example.com") == 1


def left_behind(door):
    Outgoing.objects.filter(state=State.WAITING).update(
        state=State.SENDING, claim="dead", claimed_at=door.created_at
    )


def test_missing_key_stops_the_door_and_loses_no_mail(door, work, write, monkeypatch):
    mail = write()

    def locked(*ticket, **more):
        raise UnreadableVault

    with monkeypatch.context() as patch:
        patch.setattr(intake, "receive", locked)
        for _round in range(5):
            assert work().trouble
    assert not Incoming.objects.exists()
    assert work().received == 1
    assert Ticket.objects.count() == 1
    right = bytes(Door.objects.get().secret_encrypted)
    Door.objects.update(secret_encrypted=b"nobody's")
    assert work().trouble
    Door.objects.update(secret_encrypted=right)
    write("باز هم", References=mail["Message-ID"])
    work()
    assert Message.objects.count() == 2


def test_folder_that_is_gone_does_not_make_the_log_lie(door, work, write, servers):
    """The mail was taken in; only moving it fails, again and again."""
    set_options(door, afterwards="move", move_to="Nowhere")
    write()
    for _round in range(5):
        assert work().trouble
    assert [row.outcome for row in Incoming.objects.all()] == ["ticket"]
    set_options(door, afterwards="keep")
    assert not work().trouble


def test_returned_mail_is_shown_with_its_reply(door, work, write, servers, sara):
    write()
    work()
    reply_to(Ticket.objects.get(), sara)
    work()
    (sent,) = servers.smtp.taken()
    answers = [
        {"From": "laleh@example.com", "Auto_Submitted": "auto-replied"},  # on holiday
        {"From": "MAILER-DAEMON@example.org", "Subject": "Warning: message delayed 24 hours"},
    ]
    for headers in answers:
        write("x", References=sent["Message-ID"], **headers)
    for kind, line in (
        ("disposition-notification", "Disposition: manual-action; displayed"),
        ("delivery-status", "Action: delayed\r\nStatus: 4.4.1"),
        ("delivery-status", "Action: delivered\r\nStatus: 2.0.0"),
    ):
        servers.imap.deliver(a_report(sent["Message-ID"], kind, line))
    assert work().received == 5
    assert Outgoing.objects.get().state == State.SENT  # it arrived, or may yet
    servers.imap.deliver(a_report(sent["Message-ID"], "delivery-status", "Action: failed"))
    work()
    assert Outgoing.objects.get().state == State.FAILED
    Outgoing.objects.update(state=State.SENT)
    report = EmailMessage()
    report["From"] = "MAILER-DAEMON@example.org"
    report.set_content("gone")
    report.add_attachment(f"Message-ID: {sent['Message-ID']}\n", filename="headers.txt")
    servers.imap.deliver(report.as_bytes())
    work()
    assert Outgoing.objects.get().state == State.FAILED
    assert Incoming.objects.filter(outcome="ignored").count() == 7


def a_report(message_id, kind, line):
    return (
        f"From: Mail <mail@example.net>\r\nAuto-Submitted: auto-replied\r\n"
        f"Content-Type: multipart/report; report-type={kind}; boundary=b\r\n\r\n"
        f"--b\r\n\r\nwords\r\n--b\r\nContent-Type: message/{kind}\r\n\r\n"
        f"Reporting-MTA: dns; example.net\r\n\r\n{line}\r\n"
        f"--b\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: {message_id}\r\n--b--\r\n"
    ).encode()


def test_own_reply_that_comes_back_under_another_name_is_no_ticket(
    door, work, write, servers, sara
):
    """A list, or a mailbox that passes mail on, may put its own sender there."""
    write()
    work()
    reply_to(Ticket.objects.get(), sara)
    work()
    (sent,) = servers.smtp.taken()
    write(From="Support via list <all@example.net>", Message_ID=sent["Message-ID"])
    work()
    assert Incoming.objects.first().why == incoming.OWN
    assert Ticket.objects.count() == 1


def test_message_that_the_server_does_not_give_out_does_not_stop_the_others(
    door, work, write, monkeypatch
):
    """Some servers list what they cannot convert, and say no to whoever asks for it."""
    real, deaf = IMAPClient.fetch, [1]

    def fetch(self, uids, *args):
        if deaf and len(uids) == 1 and min(uids) <= deaf[0]:
            raise IMAPClientError("fetch failed: NO cannot be converted")
        return real(self, uids, *args)

    monkeypatch.setattr(IMAPClient, "fetch", fetch)
    write("اول")
    deaf[0] = uid_of_the_last(door)
    for _round in range(5):  # alone it may be the server's own trouble: it is waited for
        assert work().trouble == troubles.IMAP_MESSAGE
    assert not Incoming.objects.exists()
    write("دوم")
    assert work().received == 2
    assert [row.why for row in Incoming.objects.order_by("pk")] == [receiving.BREAKS_OFF, ""]
    assert Ticket.objects.count() == 1


def uid_of_the_last(door):
    with opened(MailOptions.of(door)) as box:
        return box.select("INBOX").last


def test_trouble_is_one_line_and_ends_when_it_ends(door, work, write, servers):
    write()
    set_options(door, folder="Nowhere")
    assert work().trouble == troubles.IMAP_FOLDER
    door.refresh_from_db()
    assert (door.failures, door.last_error, door.last_ok_at) == (1, troubles.IMAP_FOLDER, None)
    set_options(door, folder="INBOX")
    assert work().received == 1
    door.refresh_from_db()
    assert (door.failures, door.last_error) == (0, "")


def test_erasing_a_customer_forgets_their_message_ids(door, work, write, sara, mina):
    """Also where the ticket stays as a number, since its drafts were rated."""
    write()
    work()
    ticket = Ticket.objects.get()
    rate(factories.make_drafts(ticket)[0], agent=sara, stars=5)
    erase_customer(ticket.customer, user=mina)
    assert Ticket.objects.exists()
    assert not MailReference.objects.exists()


def test_paused_door_is_not_worked(door, work, write):
    write()
    Door.objects.update(active=False)
    assert work().busy
    assert not Incoming.objects.exists()


def test_mail_that_breaks_the_reading_does_not_stop_the_others(door, work, write, monkeypatch):
    """A fault that nobody foresaw, or one that ends the process."""
    write("اول")
    write("دوم")
    real = incoming.read_mail

    def breaks(raw, **more):
        if "اول" in a_text(raw):
            raise MemoryError
        return real(raw, **more)

    monkeypatch.setattr(incoming, "read_mail", breaks)
    for _round in range(3):
        with pytest.raises(MemoryError):
            work()
    assert work().received == 2
    assert Incoming.objects.get(outcome="ignored").why == receiving.BREAKS_OFF
    assert Ticket.objects.count() == 1


def a_text(raw):
    from email import message_from_bytes

    return message_from_bytes(raw).get_payload(decode=True).decode()
