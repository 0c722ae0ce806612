"""Notes are for colleagues: masked, with the ticket's numbers, and in nothing that leaves."""

import io

import pytest

from tests.tickets.everywhere import tables_with
from tests.tickets.factories import PHONE, make_ticket
from tickets.exporting import FORMS, export_conversations
from tickets.learning import learn_from
from tickets.misses import mark_missed
from tickets.models import Note, Ticket, VaultEntry
from tickets.notes import MAX_NOTE, BadNote, add_note
from tickets.replying import delivered, send_reply
from tickets.rights.exporting import export_ticket
from tickets.suggesting import prompt_parts

pytestmark = pytest.mark.django_db

SECRET = "Zarrinkolah-the-word-of-the-note"


def test_note_is_masked_with_the_numbers_of_the_ticket(sara):
    ticket = make_ticket()
    note = add_note(ticket.pk, author=sara, text=f"گفت {PHONE} یا 0935 111 2233")
    assert note.text == "گفت [PHONE_1] یا [PHONE_2]"
    assert VaultEntry.objects.filter(ticket=ticket, type="PHONE").count() == 2
    event = ticket.events.last()
    assert (event.kind, event.actor, event.object_id) == ("noted", sara, note.pk)
    later = add_note(ticket.pk, author=sara, text="0936 222 3344")
    assert later.text == "[PHONE_3]"


def test_number_of_a_note_is_not_given_again_when_its_value_is_gone(sara):
    ticket = make_ticket()
    add_note(ticket.pk, author=sara, text="0935 111 2233")
    VaultEntry.objects.all().delete()
    assert add_note(ticket.pk, author=sara, text="0936 222 3344").text == "[PHONE_3]"


def test_note_changes_nothing_of_the_ticket(sara):
    ticket = make_ticket()
    add_note(ticket.pk, author=sara, text="یادداشت")
    row = Ticket.objects.get(pk=ticket.pk)
    assert (row.state, row.waiting_since) == (Ticket.State.NEW, ticket.waiting_since)
    assert row.messages.count() == 1


@pytest.mark.parametrize("text", ["", " \n ", "x" * (MAX_NOTE + 1)])
def test_bad_note_is_refused(sara, text):
    ticket = make_ticket()
    with pytest.raises(BadNote):
        add_note(ticket.pk, author=sara, text=text)
    assert not Note.objects.exists()


def test_what_the_engine_missed_is_masked_in_notes_too(sara):
    ticket = make_ticket(text="My name is Zarafshan, call me")
    add_note(ticket.pk, author=sara, text="Zarafshan called twice")
    mark_missed(ticket, "Zarafshan", "PERSON", agent=sara)
    assert Note.objects.get().text == "[PERSON_1] called twice"


@pytest.mark.parametrize("form", sorted(FORMS))
def test_note_is_in_no_export(sara, form):
    ticket = make_ticket()
    add_note(ticket.pk, author=sara, text=SECRET)
    send_reply(ticket.pk, agent=sara, text="درست شد", suggestion_id=None, send_key="k")
    file = io.StringIO()
    export_conversations(file, form=form)
    assert "درست شد" in file.getvalue()
    assert SECRET not in file.getvalue()


def test_note_is_in_no_prompt_no_reply_and_no_other_table(sara):
    ticket = make_ticket()
    add_note(ticket.pk, author=sara, text=SECRET)
    parts, sources = prompt_parts(ticket, [])
    assert parts.turns[-1].text == ticket.messages.get().text
    assert SECRET not in f"{parts} {sources}"
    reply = send_reply(ticket.pk, agent=sara, text="درست شد", suggestion_id=None, send_key="k")
    assert SECRET not in delivered(reply, reader=sara).text
    assert learn_from(reply.pk)
    assert tables_with(SECRET) == {"tickets_note"}


def test_customer_who_asks_for_everything_gets_the_notes_too(sara, mina):
    ticket = make_ticket()
    add_note(ticket.pk, author=sara, text=f"گفت {PHONE}")
    (exported,) = export_ticket(ticket, user=mina)["tickets"]
    assert [one["text"] for one in exported["notes"]] == [f"گفت {PHONE}"]
    assert "sara" not in str(exported)
