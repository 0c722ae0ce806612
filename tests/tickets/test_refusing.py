"""None of the drafts is good: kept with its reason, and an article to write."""

import json

import pytest
from django.urls import reverse

from kb import coverage
from kb.models import Article, CoverageGap, Source
from tests.tickets.everywhere import tables_with
from tests.tickets.factories import PHONE, make_drafts, make_ticket
from tickets.intake import add_customer_message
from tickets.models import NoGoodAnswer, Ticket, TicketEvent
from tickets.refusing import LISTED, BadRefusal, refusal_of, refuse
from tickets.replying import send_reply
from tickets.rights import erase_ticket

pytestmark = pytest.mark.django_db
SUBJECT = "چگونه پشتیبان بگیرم از سایت"


@pytest.fixture
def ticket():
    made = make_ticket(subject=SUBJECT)
    make_drafts(made)
    return made


def test_refusal_is_an_article_to_write(ticket, sara):
    refusal = refuse(ticket, agent=sara, reason="no_article", text="مقاله‌ای نیست")
    gap = CoverageGap.objects.get()
    assert (refusal.gap, gap.text, gap.count, gap.origin) == (gap, SUBJECT, 1, "refused")
    event = TicketEvent.objects.filter(kind="refused").get()
    assert (event.object_id, event.actor, event.details) == (
        refusal.pk,
        sara,
        {"reason": "no_article"},
    )
    assert refusal_of(ticket, agent=sara) == refusal


def test_same_question_refused_elsewhere_counts_with_it(ticket, sara, omid):
    other = make_ticket(subject=SUBJECT)
    refuse(ticket, agent=sara, reason="no_article")
    refuse(other, agent=omid, reason="wrong")
    refuse(other, agent=sara, reason="not_the_question")
    assert CoverageGap.objects.get().count == 3
    assert NoGoodAnswer.objects.filter(gap=CoverageGap.objects.get()).count() == 3


def test_agent_who_says_it_again_counts_once(ticket, sara):
    first = refuse(ticket, agent=sara, reason="no_article", text="یک")
    again = refuse(ticket, agent=sara, reason="wrong", text="دو")
    assert (again.pk, again.reason, again.text) == (first.pk, "wrong", "دو")
    assert CoverageGap.objects.get().count == 1
    assert TicketEvent.objects.filter(kind="refused").count() == 1


def test_later_message_can_be_refused_anew(ticket, sara):
    refuse(ticket, agent=sara, reason="other")
    add_customer_message(ticket, "هنوز نشد")
    assert refusal_of(ticket, agent=sara) is None
    refuse(ticket, agent=sara, reason="other")
    assert NoGoodAnswer.objects.count() == 2


def test_tone_needs_no_article(ticket, sara):
    assert refuse(ticket, agent=sara, reason="tone").gap is None
    assert not CoverageGap.objects.exists()


def test_reason_is_masked(ticket, sara):
    refusal = refuse(ticket, agent=sara, reason="other", text=f"به {PHONE} زنگ زدم")
    assert refusal.text == "به [PHONE_1] زنگ زدم"
    assert not tables_with(PHONE)


@pytest.mark.parametrize(("reason", "text"), [("none", ""), ("", ""), ("other", "x" * 1001)])
def test_strange_refusal_changes_nothing(ticket, sara, reason, text):
    with pytest.raises(BadRefusal):
        refuse(ticket, agent=sara, reason=reason, text=text)
    assert not NoGoodAnswer.objects.exists()
    assert not CoverageGap.objects.exists()


def test_answered_ticket_is_not_refused(ticket, sara):
    send_reply(ticket.pk, agent=sara, text="خوب", suggestion_id=None, send_key="k")
    with pytest.raises(BadRefusal):
        refuse(ticket, agent=sara, reason="wrong")


def test_article_that_is_written_settles_it(ticket, sara):
    gap = refuse(ticket, agent=sara, reason="no_article").gap
    source = Source.objects.create(kind="desk", location="desk", name="desk")
    article = Article.objects.create(
        source=source, external_id="a", title="پشتیبان", text="…", lang="fa", state="published"
    )
    coverage.link([gap.pk], article)
    coverage.settle(article)
    gap.refresh_from_db()
    assert gap.state == "written"
    # refused again, it was not the answer
    refuse(make_ticket(subject=SUBJECT), agent=sara, reason="wrong")
    gap.refresh_from_db()
    assert (gap.state, gap.count) == ("open", 2)


def test_erased_ticket_leaves_no_wish(ticket, sara):
    refuse(ticket, agent=sara, reason="no_article", text="زرافه")
    erase_ticket(ticket, user=None)
    assert not CoverageGap.objects.exists()
    assert not tables_with("زرافه", "پشتیبان")


def test_refused_gap_outlives_a_longer_wish(sara):
    """What was typed on the way to a search goes; a refused ticket is none."""
    first = refuse(make_ticket(subject="دامنه وصل نمی‌شود"), agent=sara, reason="wrong")
    refuse(make_ticket(subject="دامنه وصل نمی‌شود از ایران"), agent=sara, reason="wrong")
    first.refresh_from_db()
    assert first.gap is not None
    assert CoverageGap.objects.count() == 2


def test_page_keeps_it_and_lists_the_tickets(ticket, client, sara, navid, support):
    client.force_login(sara)
    address = reverse("ticket-refuse", args=[ticket.pk])
    sent = client.post(address, {"reason": "no_article", "text": ""})
    assert (sent.status_code, sent.url) == (302, reverse("ticket", args=[ticket.pk]))
    quietly = client.post(address, {"reason": "wrong"}, headers={"HX-Request": "true"})
    assert quietly.status_code == 204
    assert json.loads(quietly["HX-Trigger"])["desk:say"]["text"]
    bad = client.post(address, {"reason": "x"})
    assert bad.status_code == 400
    assert b"<" not in bad.content
    page = client.get(reverse("coverage")).content.decode()
    assert reverse("ticket", args=[ticket.pk]) in page
    Ticket.objects.filter(pk=ticket.pk).update(team=support)
    client.force_login(navid)  # sees the article to write, but not whose ticket it is
    page = client.get(reverse("coverage")).content.decode()
    assert SUBJECT in page
    assert reverse("ticket", args=[ticket.pk]) not in page


def test_page_asks_once_however_many_gaps(client, sara, django_assert_max_num_queries):
    for number in range(12):
        refuse(
            make_ticket(subject=f"پرسش {number} دربارهٔ چیزی {number}"), agent=sara, reason="wrong"
        )
    for _number in range(LISTED + 2):
        refuse(make_ticket(subject=SUBJECT), agent=sara, reason="wrong")
    client.force_login(sara)
    with django_assert_max_num_queries(14):
        page = client.get(reverse("coverage")).content.decode()
    assert page.count(reverse("inbox") + "tickets/") >= LISTED
