"""The ticket page: what it holds when it opens, and what its scripts ask for."""

import re
import uuid

import pytest
from django.urls import reverse
from django.utils import timezone

from tests.tickets.factories import PHONE, make_drafts, make_ticket
from tickets import attachments, desk, kept_drafts
from tickets.intake import add_customer_message
from tickets.models import Note, Reply, ReplyDraft, Suggestion, Ticket
from tickets.notes import add_note
from tickets.replying import send_reply

pytestmark = pytest.mark.django_db

JSON = {"Accept": "application/json"}
HTMX = {"HX-Request": "true"}
SOURCE = {
    "kind": "chunk",
    "id": 71,
    "article": 7,
    "title": "Domains",
    "url": "",
    "score": 1,
    "text": "A domain takes up to 24 hours to reach all name servers. We are closed on Fridays.",
    "fits": True,
}
PAST = {
    "kind": "question",
    "id": 9,
    "title": "",
    "url": "",
    "score": 1.0,
    "text": "دامنه وصل نمی‌شود",
    "answer": "صبر کنید",
}


@pytest.fixture(autouse=True)
def in_english(client):
    client.cookies["django_language"] = "en"


@pytest.fixture(autouse=True)
def hour(settings):
    """No reply of a test goes out before it is undone."""
    settings.UNDO_SECONDS = 3600


@pytest.fixture
def page(client, sara):
    client.force_login(sara)

    def get(ticket, name="ticket"):
        headers = HTMX if name == "ticket-drafts" else {}
        answer = client.get(reverse(name, args=[ticket.pk]), headers=headers)
        assert answer.status_code == 200
        return answer

    return get


def _send(client, ticket, **data):
    fields = {"text": "سلام", "send_key": str(uuid.uuid4())} | data
    return client.post(reverse("ticket-send", args=[ticket.pk]), fields, headers=JSON)


def test_everything_is_there_when_the_page_opens(page, sara):
    first = make_ticket(subject="اولین تیکت")
    ticket = make_ticket()
    Ticket.objects.filter(pk=ticket.pk).update(found=[SOURCE, PAST])
    make_drafts(ticket, texts=("Domains reach name servers within 24 hours.", "دو", "سه"))
    Suggestion.objects.update(sources=[SOURCE])
    add_note(ticket.pk, author=sara, text="تلفنی هم گفت")
    answer = page(ticket)
    html = answer.content.decode()
    assert "<mark>A domain takes up to 24 hours to reach all name servers.</mark>" in html
    assert f"{reverse('article', args=[7])}#passage-71" in html
    assert "تلفنی هم گفت" in html
    assert list(answer.context["earlier"].shown) == [first]
    assert [one.kind for one in answer.context["history"]][-1] == "noted"
    assert answer.context["similar"][0]["alike"] > 50
    assert [one.kind for one in answer.context["thread"]] == ["customer", "note"]
    assert PHONE not in html


def test_earlier_tickets_are_those_that_the_agent_may_see(page, support, navid, mina, client):
    ticket = make_ticket()
    hidden = make_ticket(subject="پنهان")
    Ticket.objects.filter(pk=hidden.pk).update(team=navid.teams.get())
    assert page(ticket).context["earlier"].shown == []
    client.force_login(mina)
    assert client.get(reverse("ticket", args=[ticket.pk])).context["earlier"].shown == [hidden]


def test_many_earlier_tickets_are_folded_and_capped(page, sara):
    tickets = [make_ticket() for _ in range(24)]
    earlier = desk.earlier_tickets(tickets[0], reader=sara)
    assert list(earlier.shown) == tickets[:18:-1]
    assert (len(earlier.folded), earlier.has_more) == (15, True)


def test_customer_who_is_nobody_has_no_earlier_tickets(sara):
    first, second = make_ticket(contact=""), make_ticket(contact="")
    assert first.customer is None
    assert desk.earlier_tickets(second, reader=sara).shown == ()


def test_page_asks_as_often_however_much_there_is(
    client, sara, omid, mina, django_assert_num_queries
):
    def counted(ticket):
        from django.db import connection
        from django.test.utils import CaptureQueriesContext

        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert client.get(reverse("ticket", args=[ticket.pk])).status_code == 200
        return len(queries)

    client.force_login(sara)
    ticket = make_ticket()
    make_drafts(ticket)
    add_note(ticket.pk, author=sara, text="یک")
    make_ticket()
    counted(ticket)
    few = counted(ticket)
    for number in range(12):
        add_note(ticket.pk, author=(sara, omid, mina)[number % 3], text="یادداشت")
        make_ticket()
    assert counted(ticket) == few


def test_sending_by_script_answers_with_an_address_and_holds_the_reply(page, client, sara):
    ticket = make_ticket()
    opened = page(ticket).context["opened"]
    answer = _send(client, ticket, opened=opened)
    assert answer.json() == {"to": reverse("ticket", args=[ticket.pk])}
    reply = Reply.objects.get()
    assert reply.held_until > timezone.now()
    assert ticket.created_at < reply.opened_at < reply.created_at
    after = page(ticket)
    assert after.context["undoable"] == reply
    assert reverse("reply-undo", args=[reply.pk]) in after.content.decode()
    elsewhere = page(make_ticket())
    assert reverse("reply-undo", args=[reply.pk]) in elsewhere.content.decode()


@pytest.mark.parametrize("opened", ["", "nonsense", "of another ticket"])
def test_opened_that_this_page_did_not_sign_is_nothing(client, sara, opened):
    client.force_login(sara)
    ticket = make_ticket()
    if opened == "of another ticket":
        opened = desk.opened_now(make_ticket())
    assert _send(client, ticket, opened=opened).status_code == 200
    assert Reply.objects.get().opened_at is None


def test_refused_send_by_script_is_one_line(client, sara, omid):
    ticket = make_ticket()
    client.force_login(sara)
    assert _send(client, ticket, text="").status_code == 400
    send_reply(ticket.pk, agent=omid, text="پاسخ", suggestion_id=None, send_key="k")
    answer = _send(client, ticket)
    assert answer.status_code == 409
    assert list(answer.json()) == ["error"]


def test_typed_words_are_kept_and_come_back(page, client, sara, omid):
    ticket = make_ticket()
    draft = make_drafts(ticket)[0]
    path = reverse("ticket-keep", args=[ticket.pk])
    client.force_login(sara)
    data = {"text": "نیمه‌کاره", "suggestion": draft.pk}
    assert client.post(path, data).json() == {"kept": True}
    shown = page(ticket)
    assert (shown.context["reply_text"], shown.context["picked"]) == ("نیمه‌کاره", draft.pk)
    assert client.get(path).json() == {"text": "نیمه‌کاره", "suggestion": draft.pk}
    client.force_login(omid)
    assert client.get(path).json() == {"text": ""}
    other = client.get(reverse("ticket", args=[ticket.pk]))
    assert "نیمه‌کاره" not in other.content.decode()
    assert "sara" in other.content.decode()  # is writing too
    assert client.post(path, {"text": "x" * 100_000}).status_code == 400
    assert client.post(path, {"suggestion": "x"}).status_code == 400
    assert ReplyDraft.objects.count() == 1


def test_words_that_somebody_was_faster_than_are_shown_still(page, sara, omid):
    ticket = make_ticket()
    kept_drafts.keep(ticket, agent=sara, text="پاسخ سارا", suggestion_id=None)
    send_reply(ticket.pk, agent=omid, text="پاسخ امید", suggestion_id=None, send_key="k")
    assert "پاسخ سارا" in page(ticket).content.decode()


def test_fragment_says_that_somebody_answered_meanwhile(page, omid, client):
    ticket = make_ticket()
    send_reply(ticket.pk, agent=omid, text="پاسخ امید", suggestion_id=None, send_key="k")
    answer = client.get(reverse("ticket-drafts", args=[ticket.pk]), headers=HTMX)
    assert 'id="meanwhile"' in answer.content.decode()
    assert "answered or closed meanwhile" in answer.content.decode()


def test_fragment_tells_an_answered_page_that_its_customer_wrote_again(page, sara):
    ticket = make_ticket()
    send_reply(ticket.pk, agent=sara, text="x", suggestion_id=None, send_key="k")
    assert 'id="answer-again"' not in page(ticket).text
    assert 'id="reply-form"' not in page(ticket).text
    add_customer_message(ticket, "هنوز نشده")
    assert 'id="answer-again"' in page(ticket, "ticket-drafts").text


def test_fragment_tells_an_open_page_who_took_the_ticket(page, omid):
    ticket = make_ticket()
    before = _stamp_of_facts(page(ticket).text)
    Ticket.objects.filter(pk=ticket.pk).update(state=Ticket.State.READY)
    assert _stamp_of_facts(page(ticket, "ticket-drafts").text) == before
    Ticket.objects.filter(pk=ticket.pk).update(assignee=omid)
    assert _stamp_of_facts(page(ticket, "ticket-drafts").text) != before


def test_fragment_brings_a_file_that_comes_after_its_message(page, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    ticket = make_ticket()
    stamps = []
    for name in ("before", "after"):
        html = page(ticket, "ticket-drafts").text
        stamps += re.findall(r'id="talk" data-part="whole" data-stamp="([^"]*)"', html)
        if name == "before":
            attachments.store(ticket, ticket.messages.get(), name="a.txt", content=b"words")
    assert len(set(stamps)) == 2


def _stamp_of_facts(html: str) -> str:
    (stamp,) = re.findall(r'id="ticket-facts"[^>]* data-stamp="([^"]*)"', html)
    return stamp


def test_undo_by_its_route_brings_the_words_back(page, client, sara, omid):
    ticket = make_ticket()
    make_drafts(ticket)
    client.force_login(sara)
    _send(client, ticket, text="پاسخ کوتاه")
    path = reverse("reply-undo", args=[Reply.objects.get().pk])
    client.force_login(omid)
    assert client.post(path).status_code == 403
    client.force_login(sara)
    assert client.get(path).status_code == 405
    assert client.post(path)["Location"] == reverse("ticket", args=[ticket.pk])
    shown = page(ticket)
    assert shown.context["reply_text"] == "پاسخ کوتاه"
    assert shown.context["can_reply"]
    assert client.post(path)["Location"] == reverse("ticket", args=[ticket.pk])  # done before


def test_undo_that_comes_too_late_says_so(client, sara):
    ticket = make_ticket()
    client.force_login(sara)
    _send(client, ticket)
    Reply.objects.update(held_until=timezone.now())
    path = reverse("reply-undo", args=[Reply.objects.get().pk])
    assert "too late" in client.post(path, follow=True).content.decode()
    assert Reply.objects.count() == 1


def test_note_by_its_route(client, sara):
    ticket = make_ticket()
    client.force_login(sara)
    path = reverse("ticket-note", args=[ticket.pk])
    assert client.post(path, {"text": f"گفت {PHONE}"}).status_code == 302
    answer = client.post(path, {"text": "دومی"}, headers=HTMX)
    assert "message-note" in answer.content.decode()
    assert [one.text for one in Note.objects.all()] == ["گفت [PHONE_1]", "دومی"]
    refused = client.post(path, {"text": ""}, headers=HTMX)
    assert (refused.status_code, refused["Content-Type"].split(";")[0]) == (422, "text/plain")
    assert client.post(path, {"text": ""}).status_code == 302
    assert Note.objects.count() == 2
