"""The API: its happy path, its refusals, and whose token may do what."""

import pytest
from django.urls import reverse
from rest_framework.test import APIClient

from tests.tickets.factories import PHONE, make_drafts, make_ticket
from tickets.api.tokens import issue_token
from tickets.models import ApiToken, Rating, Reply, Ticket, VaultReading
from tickets.rating import rate
from tickets.replying import send_reply

pytestmark = pytest.mark.django_db


def _client(user=None) -> APIClient:
    client = APIClient()
    if user is not None:
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {issue_token(user, name='test')}")
    return client


@pytest.fixture
def api(sara):
    return _client(sara)


def is_problem(answer) -> bool:
    """RFC 9457, with one line for people."""
    assert answer["Content-Type"] == "application/problem+json"
    assert {"type", "title", "status", "detail", "instance"} <= set(answer.data)
    assert answer.data["status"] == answer.status_code
    return bool(answer.data["detail"]) and "\n" not in answer.data["detail"]


def _ticket(**fields):
    return {"external_id": "7", "text": f"سلام {PHONE}", "contact": "a@mail.test"} | fields


def _routes(ticket, draft, rating, reply):
    return [
        ("get", reverse("api-tickets"), None),
        ("post", reverse("api-tickets"), _ticket(external_id="new")),
        ("get", reverse("api-ticket", args=[ticket.pk]), None),
        ("post", reverse("api-messages", args=[ticket.pk]), {"text": "دوباره"}),
        ("get", reverse("api-suggestions", args=[ticket.pk]), None),
        ("get", reverse("api-replies", args=[ticket.pk]), None),
        ("post", reverse("api-replies", args=[ticket.pk]), {"text": "x", "send_key": "k2"}),
        ("get", reverse("api-reply", args=[reply.pk]), None),
        ("post", reverse("api-ratings", args=[draft.pk]), {"stars": 5}),
        ("get", reverse("api-rating", args=[rating.pk]), None),
        ("patch", reverse("api-rating", args=[rating.pk]), {"stars": 1}),
        ("delete", reverse("api-rating", args=[rating.pk]), None),
    ]


@pytest.fixture
def routes(sara):
    ticket, answered = make_ticket(), make_ticket()
    draft = make_drafts(ticket)[0]
    rating = rate(draft, agent=sara, stars=3)
    reply = send_reply(answered.pk, agent=sara, text="تمام", suggestion_id=None, send_key="k")
    return _routes(ticket, draft, rating, reply)


@pytest.mark.parametrize("number", range(12))
def test_route_answers_an_agents_token_and_no_other(routes, sara, outsider, number):
    method, path, data = routes[number]
    nobody = getattr(_client(), method)(path, data, format="json")
    assert nobody.status_code == 401
    assert is_problem(nobody)
    wrong = APIClient(headers={"Authorization": "Bearer pasokh_wrong"})
    assert getattr(wrong, method)(path, data, format="json").status_code == 401
    denied = getattr(_client(outsider), method)(path, data, format="json")
    assert denied.status_code == 403
    assert getattr(_client(sara), method)(path, data, format="json").status_code in (200, 201, 204)


def test_session_without_token_is_no_way_in(client, sara):
    client.force_login(sara)
    assert client.get(reverse("api-tickets")).status_code == 401


def test_token_of_a_person_who_left_is_refused(api, sara):
    sara.is_active = False
    sara.save()
    assert api.get(reverse("api-tickets")).status_code == 401


def test_token_is_kept_hashed(sara):
    token = issue_token(sara, name="test")
    row = ApiToken.objects.get()
    assert token not in str(vars(row))
    assert row.last_used_at is None
    _client().get(reverse("api-tickets"))
    APIClient(headers={"Authorization": f"Bearer {token}"}).get(reverse("api-tickets"))
    row.refresh_from_db()
    assert row.last_used_at is not None


@pytest.mark.parametrize(
    "header", ["Bearer", "Bearer ", "Basic eDp5", "Bearer é", "Bearer " + "x" * 300]
)
def test_strange_authorization_is_401(header):
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=header)
    assert client.get(reverse("api-tickets")).status_code == 401


def test_ticket_is_created_once(api):
    first = api.post(reverse("api-tickets"), _ticket(), format="json")
    second = api.post(reverse("api-tickets"), _ticket(), format="json")
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.data == second.data
    assert first.data["source"] == "api"
    assert first.data["messages"][0]["text"] == "سلام [PHONE_1]"


def test_customers_words_may_be_called_question_as_in_files(api):
    answer = api.post(reverse("api-tickets"), {"question": f"سلام {PHONE}"}, format="json")
    assert answer.status_code == 201
    assert answer.data["messages"][0]["text"] == "سلام [PHONE_1]"
    both = {"question": "x", "text": "y"}
    assert api.post(reverse("api-tickets"), both, format="json").status_code == 400
    assert api.post(reverse("api-tickets"), {}, format="json").status_code == 400


def test_tickets_without_external_id_are_tickets_each(api):
    for _ in range(2):
        assert api.post(reverse("api-tickets"), {"text": "سلام"}, format="json").status_code == 201
    assert Ticket.objects.count() == 2


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"text": "ا" * 100_000}, 413),
        ({"text": ""}, 400),
        ({"text": None}, 400),
        ({"text": {"a": 1}}, 400),
        ({"external_id": ""}, 400),
        ({"external_id": "x" * 201}, 400),
        ({"source": "two words"}, 400),
        ({"lang": "Persian!"}, 400),
        ({"created_at": "yesterday"}, 400),
        ({"subject": "x" * 301}, 400),
        ({"text": "a\0b"}, 400),
        ({"external_id": "a\0b"}, 400),
        ({"contact": ["a"]}, 400),
    ],
)
def test_bad_ticket_is_refused_with_one_line(api, fields, status):
    answer = api.post(reverse("api-tickets"), _ticket(**fields), format="json")
    assert answer.status_code == status
    assert is_problem(answer)
    assert "\n" not in answer.data["detail"]
    assert not Ticket.objects.exists()


HALF_A_LETTER = r'{"text": "\ud800"}'


@pytest.mark.parametrize("body", ["{broken", "[1]", '"text"', "null", HALF_A_LETTER, "\xff"])
def test_body_that_cannot_be_used_is_400(api, body):
    answer = api.generic("POST", reverse("api-tickets"), body, content_type="application/json")
    assert answer.status_code == 400
    assert is_problem(answer)


def test_body_beyond_the_limit_is_413(api, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
    answer = api.post(reverse("api-tickets"), _ticket(text="x" * 2000), format="json")
    assert answer.status_code == 413
    assert is_problem(answer)


def test_list_is_paged_and_filtered(api):
    tickets = [make_ticket() for _ in range(3)]
    Ticket.objects.filter(pk=tickets[0].pk).update(state=Ticket.State.SPAM)
    assert api.get(reverse("api-tickets"), {"limit": 2}).data["count"] == 3
    answer = api.get(reverse("api-tickets"), {"state": "spam"})
    assert [row["id"] for row in answer.data["results"]] == [tickets[0].pk]
    for state in ("nonsense", "\0"):
        refused = api.get(reverse("api-tickets"), {"state": state})
        assert refused.status_code == 400
        assert is_problem(refused)
        assert "state" in refused.data["errors"]


def test_customers_next_message_reopens(api):
    ticket = make_ticket()
    Ticket.objects.update(state=Ticket.State.ANSWERED)
    path = reverse("api-messages", args=[ticket.pk])
    assert api.post(path, {"text": "باز هم نشد"}, format="json").status_code == 201
    assert api.get(reverse("api-ticket", args=[ticket.pk])).data["state"] == "new"
    assert api.post(path, {"text": "x" * 100_000}, format="json").status_code == 413


def test_suggestions_come_in_the_order_of_showing(api):
    ticket = make_ticket()
    make_drafts(ticket)
    answer = api.get(reverse("api-suggestions", args=[ticket.pk]))
    assert [(row["slot"], row["model"], row["text"]) for row in answer.data] == [
        ("A", "tuned-a", "یک"),
        ("B", "tuned-b", "دو"),
        ("C", "base", "سه"),
    ]


@pytest.mark.parametrize("stars", [0, 6, -1, "x", 4.5, None, True, 10**30])
def test_bad_rating_is_400(api, stars):
    draft = make_drafts(make_ticket())[0]
    answer = api.post(reverse("api-ratings", args=[draft.pk]), {"stars": stars}, format="json")
    assert answer.status_code == 400
    assert is_problem(answer)
    assert not Rating.objects.exists()


def test_ratings_through_the_api_give_the_same_table(api, client, sara):
    """The study's first rows, one agent for each rating."""
    from django.contrib.auth.models import Group, User

    draft = make_drafts(make_ticket())[0]
    agents = Group.objects.get(name="agent")
    for stars, count in zip(range(1, 6), (18, 21, 31, 28, 26), strict=True):
        for number in range(count):
            user = User.objects.create(username=f"agent-{stars}-{number}")
            user.groups.add(agents)
            answer = _client(user).post(
                reverse("api-ratings", args=[draft.pk]), {"stars": stars}, format="json"
            )
            assert answer.status_code == 201
    client.force_login(sara)
    (row,) = client.get(reverse("ratings")).context["models"]
    assert (row.counts, row.negative_pct, row.positive_pct) == ((18, 21, 31, 28, 26), 31.5, 68.5)


def test_rating_is_changed_and_taken_back_by_its_agent_only(api, sara, omid):
    draft = make_drafts(make_ticket())[0]
    posted = api.post(
        reverse("api-ratings", args=[draft.pk]), {"stars": 2, "reason": "کوتاه"}, format="json"
    )
    path = reverse("api-rating", args=[posted.data["id"]])
    other = _client(omid)
    assert other.get(path).status_code == 403
    assert other.patch(path, {"stars": 5}, format="json").status_code == 403
    assert other.delete(path).status_code == 403
    changed = api.patch(path, {"stars": 4}, format="json")
    assert (changed.data["stars"], changed.data["reason"]) == (4, "کوتاه")
    assert api.patch(path, {"stars": 6}, format="json").status_code == 400
    assert api.patch(path, [1], format="json").status_code == 400
    assert api.delete(path).status_code == 204
    assert not Rating.objects.exists()


def test_reply_is_sent_once_and_delivered_with_values(api, sara):
    ticket = make_ticket()
    draft = make_drafts(ticket)[0]
    path = reverse("api-replies", args=[ticket.pk])
    data = {"text": "با [PHONE_1] زنگ می‌زنیم", "suggestion": draft.pk, "send_key": "k"}
    first, second = (api.post(path, data, format="json") for _ in range(2))
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.data["id"] == second.data["id"]
    assert Reply.objects.count() == 1
    assert first.data["text"] == "با [PHONE_1] زنگ می‌زنیم"
    assert first.data["delivered"] == first.data["delivered_html"] == f"با {PHONE} زنگ می‌زنیم"
    assert [row["id"] for row in api.get(path).data] == [first.data["id"]]
    assert {one.purpose for one in VaultReading.objects.all()} == {"send"}


def test_delivered_text_is_seen_later_only_with_the_permission(api, sara, mina):
    ticket = make_ticket()
    reply = send_reply(ticket.pk, agent=sara, text="با [PHONE_1]", suggestion_id=None, send_key="k")
    for path in (
        reverse("api-reply", args=[reply.pk]),
        reverse("api-replies", args=[ticket.pk]),
    ):
        VaultReading.objects.all().delete()
        row = api.get(path).data
        row = row[0] if isinstance(row, list) else row
        assert (row["text"], row["delivered"], row["delivered_html"]) == (
            "با [PHONE_1]",
            None,
            None,
        )
        assert not VaultReading.objects.exists()
        row = _client(mina).get(path).data
        row = row[0] if isinstance(row, list) else row
        assert row["delivered"] == f"با {PHONE}"
        reading = VaultReading.objects.get()
        assert (reading.user, reading.purpose) == (mina, "reveal")


def test_second_agents_reply_is_409(api, omid):
    ticket = make_ticket()
    path = reverse("api-replies", args=[ticket.pk])
    assert api.post(path, {"text": "یک", "send_key": "a"}, format="json").status_code == 201
    answer = _client(omid).post(path, {"text": "دو", "send_key": "b"}, format="json")
    assert answer.status_code == 409
    assert is_problem(answer)


@pytest.mark.parametrize(
    "data",
    [
        {"text": "", "send_key": "k"},
        {"text": "x"},
        {"text": "x", "send_key": "k", "suggestion": 10**30},
        {"text": "x", "send_key": "k", "suggestion": 999},
        {"text": "به [EMAIL_4]", "send_key": "k"},
        {"text": "x" * 100_000, "send_key": "k"},
    ],
)
def test_bad_reply_is_400(api, data):
    ticket = make_ticket()
    answer = api.post(reverse("api-replies", args=[ticket.pk]), data, format="json")
    assert answer.status_code == 400
    assert not Reply.objects.exists()


@pytest.mark.parametrize(
    "name",
    ["api-ticket", "api-messages", "api-suggestions", "api-replies", "api-reply", "api-rating"],
)
def test_unknown_row_is_404(api, name):
    path = reverse(name, args=[10**30])
    method = "post" if name == "api-messages" else "get"
    answer = getattr(api, method)(path, {"text": "x"} if method == "post" else None, format="json")
    assert answer.status_code == 404
    assert is_problem(answer)
