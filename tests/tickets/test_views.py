"""The desk's pages: what an agent sees and does, and who is turned away."""

import uuid

import pytest
from django.urls import reverse

from llm.models import Slot
from tests.tickets.factories import EMAIL, PHONE, fill_slots, make_drafts, make_ticket
from tickets.intake import add_customer_message
from tickets.models import Rating, Reply, Suggestion, Ticket
from tickets.rating import rate
from tickets.replying import send_reply

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(client, sara):
    client.force_login(sara)
    return client


@pytest.fixture
def ticket():
    return make_ticket()


def _paths(ticket, drafts):
    return [
        ("get", reverse("inbox"), {}),
        ("get", reverse("ticket", args=[ticket.pk]), {}),
        ("get", reverse("ticket-drafts", args=[ticket.pk]), {}),
        ("post", reverse("ticket-send", args=[ticket.pk]), {"text": "x", "send_key": "k"}),
        ("post", reverse("suggestion-rate", args=[drafts[0].pk]), {"stars": "5"}),
        ("get", reverse("ticket-new"), {}),
        (
            "post",
            reverse("ticket-new"),
            {"text": "سلام", "external_id": "6f0e7d5c-3f0e-4f7b-9d5c-111111111111"},
        ),
        ("get", reverse("ratings"), {}),
        ("get", reverse("ratings-csv"), {}),
    ]


@pytest.mark.parametrize("number", range(9))
def test_page_turns_away_who_is_no_agent(client, outsider, ticket, number):
    method, path, data = _paths(ticket, make_drafts(ticket))[number]
    answer = getattr(client, method)(path, data)
    assert answer.status_code == 302
    assert answer["Location"].startswith(reverse("login"))
    client.force_login(outsider)
    assert getattr(client, method)(path, data).status_code == 403
    assert not Reply.objects.exists()
    assert not Rating.objects.exists()
    assert Ticket.objects.count() == 1


@pytest.mark.parametrize("number", range(9))
def test_page_opens_for_agents_and_admins(client, sara, mina, ticket, number):
    method, path, data = _paths(ticket, make_drafts(ticket))[number]
    for person in (sara, mina):
        client.force_login(person)
        data |= {"send_key": person.username}
        assert getattr(client, method)(path, data).status_code in (200, 302, 409)


@pytest.mark.parametrize("method", ["get", "head", "put", "delete"])
def test_changes_are_made_by_post_only(desk, ticket, method):
    drafts = make_drafts(ticket)
    for path in (
        reverse("ticket-send", args=[ticket.pk]),
        reverse("suggestion-rate", args=[drafts[0].pk]),
    ):
        assert getattr(desk, method)(path).status_code == 405


@pytest.mark.parametrize("name", ["ticket", "ticket-drafts"])
def test_unknown_ticket_is_404(desk, name):
    assert desk.get(reverse(name, args=[10**30])).status_code == 404


def test_ticket_page_shows_the_conversation_and_hides_values_and_names(desk, ticket):
    make_drafts(ticket)
    answer = desk.get(reverse("ticket", args=[ticket.pk]))
    page = answer.content.decode()
    assert answer.context["customer"] == {"name": "مریم کریمی", "contact": EMAIL}
    assert [one.role for one in answer.context["messages_list"]] == ["customer"]
    assert [draft.number for draft in answer.context["drafts"]] == [1, 2, 3]
    assert PHONE not in page
    assert "tuned-a" not in page


def test_customers_html_stays_text(desk):
    ticket = make_ticket(text="<script>alert(1)</script>", subject="<b>x</b>", name="<i>y</i>")
    page = desk.get(reverse("ticket", args=[ticket.pk])).content.decode()
    assert "<script>alert" not in page
    assert "<b>x</b>" not in page
    assert "<i>y</i>" not in page


def test_models_html_stays_text(desk, ticket):
    make_drafts(ticket, texts=("<img src=x onerror=alert(1)>", "[x](javascript:alert(1))", "y"))
    page = desk.get(reverse("ticket-drafts", args=[ticket.pk])).content.decode()
    assert "<img src=x" not in page
    assert 'href="javascript' not in page


def test_ticket_page_asks_as_often_for_a_long_conversation(
    desk, sara, ticket, django_assert_max_num_queries
):
    for number in range(20):
        add_customer_message(ticket, f"پیام {number}")
    make_drafts(ticket)
    with django_assert_max_num_queries(26):
        desk.get(reverse("ticket", args=[ticket.pk]))


def test_drafts_of_the_last_message_are_shown(desk, ticket):
    make_drafts(ticket)
    add_customer_message(ticket, "هنوز نشده")
    assert desk.get(reverse("ticket-drafts", args=[ticket.pk])).context["drafts"] == []


def test_drafts_are_done_when_none_is_written_any_more(desk, ticket):
    path = reverse("ticket-drafts", args=[ticket.pk])
    assert not desk.get(path).context["drafts_done"]
    make_drafts(ticket)
    assert desk.get(path).context["drafts_done"]
    Suggestion.objects.filter(position=1).update(state=Suggestion.State.WRITING)
    assert not desk.get(path).context["drafts_done"]


def test_sending_answers_and_goes_to_the_ticket(desk, sara, ticket):
    drafts = make_drafts(ticket)
    path = reverse("ticket-send", args=[ticket.pk])
    data = {"text": "سلام\r\nتمام", "suggestion": drafts[1].pk, "send_key": str(uuid.uuid4())}
    for _ in range(2):  # a double click
        answer = desk.post(path, data)
        assert (answer.status_code, answer["Location"]) == (
            302,
            reverse("ticket", args=[ticket.pk]),
        )
    reply = Reply.objects.get()
    assert (reply.agent, reply.suggestion, reply.message.text) == (sara, drafts[1], "سلام\nتمام")


def test_refused_send_gives_the_typed_text_back(desk, omid, ticket):
    send_reply(ticket.pk, agent=omid, text="پاسخ امید", suggestion_id=None, send_key="k")
    answer = desk.post(
        reverse("ticket-send", args=[ticket.pk]), {"text": "پاسخ سارا", "send_key": "other"}
    )
    assert answer.status_code == 409
    assert "پاسخ سارا" in answer.content.decode()
    assert answer.context["error"]
    assert Reply.objects.count() == 1


@pytest.mark.parametrize(
    "data",
    [
        {"text": "", "send_key": "k"},
        {"text": "x"},
        {"text": "x" * 100_000, "send_key": "k"},
        {"text": "x", "send_key": "k" * 65},
        {"text": "x", "send_key": "k", "suggestion": "abc"},
        {"text": "x", "send_key": "k", "suggestion": "99999999999999999999"},
        {"text": "به [EMAIL_9]", "send_key": "k"},
    ],
)
def test_bad_send_is_400_and_changes_nothing(desk, ticket, data):
    answer = desk.post(reverse("ticket-send", args=[ticket.pk]), data)
    assert answer.status_code == 400
    assert answer.context["error"]
    assert not Reply.objects.exists()


def test_rating_is_kept_and_names_appear_after_the_last(desk, sara, ticket):
    drafts = make_drafts(ticket)
    for draft in drafts[:2]:
        answer = desk.post(
            reverse("suggestion-rate", args=[draft.pk]), {"stars": "4", "reason": "خوب"}
        )
        assert "HX-Trigger" not in answer
        assert draft.version.name not in answer.content.decode()
    answer = desk.post(reverse("suggestion-rate", args=[drafts[2].pk]), {"stars": "1"})
    assert answer["HX-Trigger"] == "ratings-complete"
    shown = desk.get(reverse("ticket-drafts", args=[ticket.pk])).context["drafts"]
    assert [draft.model_name for draft in shown] == ["tuned-a", "tuned-b", "base"]
    assert [draft.stars for draft in shown] == [4, 4, 1]
    assert Rating.objects.filter(agent=sara).count() == 3


def test_names_stay_hidden_from_the_agent_who_has_not_rated(client, sara, omid, ticket):
    for draft in make_drafts(ticket):
        rate(draft, agent=omid, stars=3)
    client.force_login(sara)
    shown = client.get(reverse("ticket-drafts", args=[ticket.pk])).context["drafts"]
    assert [(draft.model_name, draft.stars) for draft in shown] == [("", None)] * 3


@pytest.mark.parametrize(
    "data",
    [{"stars": "6"}, {"stars": "0"}, {}, {"stars": "x"}, {"stars": "5", "reason": "x" * 1001}],
)
def test_bad_rating_is_400(desk, ticket, data):
    draft = make_drafts(ticket)[0]
    answer = desk.post(reverse("suggestion-rate", args=[draft.pk]), data)
    assert answer.status_code == 400
    assert answer.context["error"]
    assert not Rating.objects.exists()


def test_new_ticket_is_received_once(desk):
    form = desk.get(reverse("ticket-new")).context["form"]
    data = {
        "external_id": form.initial["external_id"],
        "text": f"تلفنی گفت {PHONE}",
        "name": "رضا",
        "contact": "reza@mail.test",
    }
    for _ in range(2):
        answer = desk.post(reverse("ticket-new"), data)
    ticket = Ticket.objects.get()
    assert answer["Location"] == reverse("ticket", args=[ticket.pk])
    assert (ticket.source, ticket.messages.get().text) == ("desk", "تلفنی گفت [PHONE_1]")


@pytest.mark.parametrize("text", ["", "x" * 100_000])
def test_bad_new_ticket_is_400(desk, text):
    answer = desk.post(reverse("ticket-new"), {"external_id": str(uuid.uuid4()), "text": text})
    assert answer.status_code == 400
    assert answer.context["form"].errors
    assert not Ticket.objects.exists()


def test_ratings_page_and_its_csv_show_the_tables(desk, sara, ticket):
    fill_slots()
    assert Slot.objects.count() == 3
    for draft, stars in zip(make_drafts(ticket), (1, 3, 5), strict=True):
        rate(draft, agent=sara, stars=stars)
    answer = desk.get(reverse("ratings"))
    assert [(row.model, row.positive_pct) for row in answer.context["models"]] == [
        ("base", 100.0),
        ("tuned-a", 0.0),
        ("tuned-b", 100.0),
    ]
    assert answer.context["total"] == 3
    file = desk.get(reverse("ratings-csv")).content.decode()
    assert file.startswith("\ufeff")  # by which Excel reads Persian
    lines = file.removeprefix("\ufeff").splitlines()
    assert lines[0] == "model,1,2,3,4,5,negative_pct,positive_pct,low,high"
    assert lines[2].startswith("tuned-a,1,0,0,0,0,100.0,0.0,")


@pytest.mark.parametrize("since", ["2026-02-31", "nonsense", "", "2026-01-01"])
def test_ratings_page_takes_any_since(desk, since):
    assert desk.get(reverse("ratings"), {"since": since}).status_code == 200
