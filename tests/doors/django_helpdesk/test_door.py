"""The door against a real django-helpdesk: what comes in, what goes back, and only once."""

from datetime import timedelta

import httpx
import pytest
from django.utils import timezone, translation

from doors import http, working
from doors.django_helpdesk import KIND
from doors.django_helpdesk.client import Client
from doors.kinds import DoorTrouble, PerhapsSent
from doors.models import Incoming, Outgoing
from tests.doors.django_helpdesk.desk import PASSWORD
from tickets.models import Message, Reply, Ticket, TicketEvent
from tickets.replying import send_reply
from tickets.rights.erasing import erase_customer
from tickets.states import reopen
from tickets.vault import decrypt, encrypt

PHONE = "0912 345 6789"


def a_ticket(there, number=1, **fields):
    told = {
        "queue_id": 1,
        "title": f"Domain {number}",
        "description": f"My domain does not resolve, call {PHONE}. Case {number}",
        "submitter_email": f"customer{number}@mail.example",
    }
    return there.add(told | fields)


def say(there, ticket, text, *, user=None, public=1, title="", message_id=None, seconds=0):
    """A follow-up as mail, the public page or staff leave it."""
    at = (timezone.now() + timedelta(seconds=seconds)).strftime("%Y-%m-%d %H:%M:%S.%f")
    there.write(
        "INSERT INTO helpdesk_followup (ticket_id, date, title, comment, public, user_id,"
        " message_id) VALUES (?, ?, ?, ?, ?, ?, ?)",
        *(ticket, at, title, text, public, user, message_id),
    )


def said(there, ticket):
    query = "SELECT comment FROM helpdesk_followup WHERE ticket_id = ? AND public = 1 ORDER BY id"
    return [text for (text,) in there.rows(query, ticket)]


def work(door):
    worked = working.work(door.pk)
    door.refresh_from_db()
    return worked


def answer(ticket, agent, text="Please wait an hour."):
    reply = send_reply(
        ticket.pk, agent=agent, text=text, suggestion_id=None, send_key=f"k{timezone.now()}"
    )
    Reply.objects.filter(pk=reply.pk).update(held_until=None)
    Outgoing.objects.filter(reply=reply).update(next_at=timezone.now())
    return reply


def test_open_tickets_come_in_masked_with_their_customer(door, there):
    number = a_ticket(there, priority=1)
    assert not work(door).trouble
    ticket = Ticket.objects.get(source="old-desk")
    assert ticket.external_id == str(number)
    assert ticket.state == Ticket.State.NEW
    assert ticket.priority == Ticket.Priority.URGENT
    assert ticket.subject == "Domain 1"
    text = ticket.messages.get().text
    assert "[PHONE_1]" in text
    assert PHONE not in text
    assert decrypt(ticket.customer.contact_encrypted) == "customer1@mail.example"


def test_a_second_look_brings_nothing_new(door, there):
    a_ticket(there)
    work(door)
    work(door)
    assert Ticket.objects.count() == Message.objects.count() == 1


def test_the_reply_goes_back_and_their_mail_goes_out(door, there, sara):
    number = a_ticket(there)
    work(door)
    answer(Ticket.objects.get(), sara, f"We will call {PHONE} soon.")
    assert work(door).sent == 1
    work(door)
    assert said(there, number) == [f"We will call {PHONE} soon."]
    assert Message.objects.filter(role="agent").count() == 1  # our own is not taken in again
    mails = list(there.folder.glob("mail/*"))
    assert len(mails) == 1
    assert "customer1@mail.example" in mails[0].read_text()
    assert there.rows("SELECT title, status FROM helpdesk_ticket") == [("Domain 1", 1)]


@pytest.mark.parametrize(
    "text",
    [
        "Write {{ ticket.secret_key }} or {% now 'Y' %} there",
        "A lone {% and {{ and %} and }} and {# a note #} {",
        "سلام {{name}}،\nقیمت <b>۵</b> & «{}»",
    ],
)
def test_a_reply_with_a_template_s_signs_arrives_as_it_was_written(door, there, sara, text):
    number = a_ticket(there)
    work(door)
    answer(Ticket.objects.get(), sara, text)
    assert work(door).sent == 1
    assert said(there, number) == [text]


def test_what_the_customer_wrote_again_waits_anew(door, there, sara):
    number = a_ticket(there)
    work(door)
    answer(Ticket.objects.get(), sara)
    work(door)
    say(there, number, "It still does not work.", message_id="<a@mail.example>")
    say(there, number, "From the public page", seconds=1)
    say(there, number, "Ticket escalated after 3 days", title="Ticket Escalated", seconds=2)
    work(door)
    ticket = Ticket.objects.get()
    assert ticket.state == Ticket.State.NEW
    texts = list(ticket.messages.filter(role="customer").values_list("text", flat=True))
    assert texts[1:] == ["It still does not work.", "From the public page"]


def test_an_answer_over_there_is_not_waited_for_here(door, there):
    number = a_ticket(there)
    work(door)
    with there.api() as staff:
        staff.post("followups/", json={"ticket": number, "comment": "a note", "public": False})
        staff.post("followups/", json={"ticket": number, "comment": "Done.", "public": True})
    work(door)
    ticket = Ticket.objects.get()
    assert ticket.state == Ticket.State.ANSWERED
    assert ticket.waiting_since is None
    assert list(ticket.messages.values_list("role", "text"))[1:] == [("agent", "Done.")]
    assert ticket.events.filter(kind=TicketEvent.Kind.ELSEWHERE).count() == 1
    assert not Outgoing.objects.exists()


def test_a_ticket_with_a_history_comes_in_as_it_was_said(door, there):
    number = a_ticket(there, description="How do I pay?")
    say(there, number, "How do I pay?", title="Ticket Opened Via Web", seconds=-300)
    say(there, number, "By card.", user=2, seconds=-200)
    say(there, number, "<p>Which card?</p><p>Any?</p>", message_id="<b@mail.example>", seconds=-100)
    work(door)
    ticket = Ticket.objects.get()
    assert list(ticket.messages.values_list("role", "text")) == [
        ("customer", "How do I pay?"),
        ("agent", "By card."),
        ("customer", "Which card?\n\nAny?"),
    ]
    assert ticket.state == Ticket.State.NEW
    assert timezone.now() - ticket.created_at > timedelta(seconds=250)


def test_an_edited_follow_up_does_not_come_twice(door, there):
    number = a_ticket(there)
    say(there, number, "And my mail too", message_id="<c@mail.example>")
    work(door)
    there.write("UPDATE helpdesk_followup SET id = id + 1000, comment = 'And my mail too!'")
    work(door)
    assert Ticket.objects.get().messages.count() == 2


def test_what_is_closed_over_there_is_closed_here(door, there):
    closed, open_ = a_ticket(there, 1), a_ticket(there, 2)
    work(door)
    with there.api() as staff:
        told = {"ticket": closed, "comment": "Solved.", "public": True, "new_status": 3}
        assert staff.post("followups/", json=told).status_code == 201
    work(door)
    ticket = Ticket.objects.get(external_id=str(closed))
    assert ticket.state == Ticket.State.CLOSED
    assert ticket.messages.filter(role="agent", text="Solved.").exists()
    assert Ticket.objects.get(external_id=str(open_)).state == Ticket.State.NEW


def test_a_deleted_ticket_is_closed_and_its_reply_is_given_up(door, there, sara):
    number = a_ticket(there)
    work(door)
    answer(Ticket.objects.get(), sara)
    there.write("DELETE FROM helpdesk_ticket WHERE id = ?", number)
    work(door)
    assert Ticket.objects.get().state == Ticket.State.CLOSED
    row = Outgoing.objects.get()
    assert row.state == Outgoing.State.FAILED
    assert "is the ticket still there?" in row.error


def test_only_the_chosen_queues_come_in(there, make_door):
    a_ticket(there, 1)
    wanted = a_ticket(there, 2, queue_id=2)
    work(make_door(there, queues=[2]))
    assert [one.external_id for one in Ticket.objects.all()] == [str(wanted)]


def test_from_now_on_leaves_what_was_open_alone(there, make_door):
    a_ticket(there, 1)
    door = make_door(there, start="new")
    work(door)
    later = a_ticket(there, 2)
    work(door)
    assert [one.external_id for one in Ticket.objects.all()] == [str(later)]


def test_a_status_for_answered_tickets_is_set(there, make_door, sara):
    a_ticket(there)
    door = make_door(there, reply_status=3)
    work(door)
    answer(Ticket.objects.get(), sara)
    work(door)
    assert there.rows("SELECT status FROM helpdesk_ticket") == [(3,)]


def test_pages_are_read_one_after_the_other(there, make_door, monkeypatch):
    for number in range(5):
        a_ticket(there, number)
    monkeypatch.setattr("doors.django_helpdesk.receiving.MAX_SECONDS", 0)
    page = Client.open_page
    monkeypatch.setattr(Client, "open_page", lambda self, number: page(self, number, size=2))
    door = make_door(there)
    counts = []
    for _round in range(3):
        work(door)
        counts.append(Ticket.objects.count())
    assert counts == [2, 4, 5]
    assert door.cursor["page"] == 1


def test_a_reply_whose_answer_was_not_heard_is_found_and_not_sent_again(
    door, there, sara, monkeypatch
):
    number = a_ticket(there)
    say(there, number, "Please wait an hour.", user=2)  # the same words, said before
    work(door)
    ticket = Ticket.objects.get()
    reopen(ticket.pk, actor=sara)
    answer(ticket, sara)
    write = Client.write

    def unheard(self, *arguments):
        write(self, *arguments)
        raise PerhapsSent("The connection broke.")

    with monkeypatch.context() as patched:
        patched.setattr(Client, "write", unheard)
        work(door)
    row = Outgoing.objects.get()
    assert row.state == Outgoing.State.UNSURE
    work(door)
    row.refresh_from_db()
    assert row.state == Outgoing.State.SENT
    assert said(there, number) == ["Please wait an hour."] * 2
    newest = there.rows("SELECT max(id) FROM helpdesk_followup")[0][0]
    assert row.remote_id == str(newest)
    work(door)
    assert ticket.messages.filter(role="agent").count() == 2


def test_a_reply_that_surely_did_not_arrive_is_sent_again(door, there, sara, monkeypatch):
    number = a_ticket(there)
    work(door)
    answer(Ticket.objects.get(), sara)

    def cut(self, *arguments):
        raise PerhapsSent("The connection broke.")

    with monkeypatch.context() as patched:
        patched.setattr(Client, "write", cut)
        work(door)
    for _round in range(2):
        Outgoing.objects.update(next_at=timezone.now())
        work(door)
    assert said(there, number) == ["Please wait an hour."]
    assert Outgoing.objects.get().state == Outgoing.State.SENT


def test_the_other_desk_is_given_time_before_it_is_asked(there, make_door, sara, monkeypatch):
    number = a_ticket(there)
    door = make_door(there, settle_seconds=60)
    work(door)
    answer(Ticket.objects.get(), sara)

    def cut(self, *arguments):
        raise PerhapsSent("The connection broke.")

    with monkeypatch.context() as patched:
        patched.setattr(Client, "write", cut)
        work(door)
    Outgoing.objects.update(next_at=timezone.now())
    work(door)
    row = Outgoing.objects.get()
    assert (row.state, row.error) == ("unsure", "The other desk may still be working on it.")
    assert said(there, number) == []


def test_a_file_is_kept_beside_the_message(door, there):
    number = a_ticket(there)
    say(there, number, "See the picture", message_id="<d@mail.example>")
    media = there.folder / "media"
    media.mkdir(exist_ok=True)
    (media / "a.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(40))
    there.write(
        "INSERT INTO helpdesk_followupattachment (followup_id, file, filename, mime_type, size)"
        " SELECT id, 'a.png', 'a.png', 'image/png', 48 FROM helpdesk_followup"
    )
    work(door)
    work(door)
    message = Ticket.objects.get().messages.last()
    assert [one.name for one in message.attachments.all()] == ["a.png"]


@pytest.mark.parametrize(
    ("changed", "line"),
    [
        ({"secret": "wrong"}, "does not let us in"),
        ({"url": "nowhere/"}, "no API of django-helpdesk at this address"),
        ({"auth": "token"}, "let us in"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(door, there, changed, line):
    if "secret" in changed:
        door.secret_encrypted = encrypt(changed.pop("secret"))
    if "url" in changed:
        changed["url"] = f"http://{there.place}/{changed['url']}"
    door.options |= changed
    door.save()
    with translation.override("en"), pytest.raises(DoorTrouble, match=line):
        KIND.check(door)
    assert line in work(door).trouble
    assert door.failures == 1
    assert PASSWORD not in door.last_error


def test_a_desk_that_is_away_is_asked_again_later(door, there):
    a_ticket(there)
    door.options["url"] = "http://127.0.0.1:9/helpdesk/"
    door.save()
    assert "PASOKH_FETCH_ALLOW" in work(door).trouble
    door.options["url"] = there.url
    door.save()
    assert not work(door).trouble
    assert (Ticket.objects.count(), door.failures) == (1, 0)


def test_a_ticket_without_words_is_not_taken_in(door, there):
    a_ticket(there, title=" ", description=" ")
    work(door)
    assert not Ticket.objects.exists()
    assert Incoming.objects.get().outcome == Incoming.Outcome.IGNORED


def test_the_check_is_silent_where_all_is_well(door, there):
    assert KIND.check(door) is None
    assert httpx.get(f"{there.url}api/tickets/").status_code in (401, 403)


def test_words_that_are_too_long_and_messages_of_files_alone_are_taken_in(door, there, settings):
    settings.MAX_TICKET_CHARACTERS = 200
    number = a_ticket(there, description="long " * 100)
    say(there, number, "longer " * 100, message_id="<a@mail.example>")
    say(there, number, "", message_id="<b@mail.example>", seconds=1)
    (pk,) = there.rows("SELECT max(id) FROM helpdesk_followup")[0]
    there.write(
        "INSERT INTO helpdesk_followupattachment (followup_id, file, filename, mime_type, size)"
        " VALUES (?, 'gone.txt', 'gone.txt', 'text/plain', 4)",
        pk,
    )
    work(door)
    texts = [one.text for one in Message.objects.order_by("pk")]
    assert [text[-1] for text in texts] == ["…", "…", "…"]
    assert texts[2] == "…"


def test_page_that_is_too_long_is_read_in_parts(door, there, monkeypatch):
    numbers = [a_ticket(there, number, description="x" * 3000) for number in range(1, 13)]
    there.write("UPDATE helpdesk_ticket SET description = ? WHERE id = ?", "y" * 9000, numbers[4])
    request = http.request
    monkeypatch.setattr(http, "request", lambda *a, **k: request(*a, **{"most": 8000} | k))
    for _round in range(2):
        assert not work(door).trouble
    came = sorted(int(one) for one in Ticket.objects.values_list("external_id", flat=True))
    assert came == [number for number in numbers if number != numbers[4]]


def test_what_is_written_after_an_erasure_begins_anew(door, there, mina):
    number = a_ticket(there)
    say(there, number, "More words.", message_id="<a@mail.example>")
    work(door)
    erase_customer(Ticket.objects.get().customer, user=mina)
    work(door)
    assert not Ticket.objects.exists()
    say(there, number, "I am back.", message_id="<b@mail.example>", seconds=1)
    work(door)
    say(there, number, "Is somebody there?", message_id="<c@mail.example>", seconds=2)
    work(door)
    ticket = Ticket.objects.get()
    assert (ticket.external_id, ticket.subject) == (str(number), "")
    texts = [one.text for one in ticket.messages.order_by("pk")]
    assert texts == ["I am back.", "Is somebody there?"]


def test_clock_that_was_set_back_does_not_stop_the_looks(door, there):
    work(door)
    door.cursor |= {"rest_until": timezone.now().timestamp() + 86_400}
    door.save()
    a_ticket(there)
    work(door)
    assert Ticket.objects.count() == 1
