"""The walk from ticket to ticket: the list that an agent came from, kept by each address."""

import re
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import resolve, reverse
from django.utils import timezone

from tests.tickets.factories import make_ticket
from tickets.inbox_filters import Filters
from tickets.models import SavedView, Ticket
from tickets.replying import send_reply
from tickets.walking import Steps, Walk, read_walk

pytestmark = pytest.mark.django_db


def _more(count: int) -> None:
    """That have waited for no time."""
    now = timezone.now()
    Ticket.objects.bulk_create(
        Ticket(
            source="more",
            external_id=str(number),
            lang="fa",
            state="ready",
            created_at=now,
            waiting_since=now,
        )
        for number in range(count)
    )


@pytest.fixture
def rows() -> list[Ticket]:
    """Nine that wait, the first the longest; every third is English, two are urgent."""
    now = timezone.now()
    return Ticket.objects.bulk_create(
        Ticket(
            source="many",
            external_id=str(number),
            subject=f"ticket {number}",
            lang="en" if number % 3 == 0 else "fa",
            priority=3 if number in (4, 7) else 1,
            state=Ticket.State.READY,
            created_at=now - timedelta(minutes=60 - number),
            waiting_since=now - timedelta(minutes=60 - number),
        )
        for number in range(9)
    )


def _number(address: str) -> int:
    return int(resolve(urlsplit(address).path).kwargs["pk"])


def _query(address: str) -> dict[str, str]:
    return {name: one[0] for name, one in parse_qs(urlsplit(address).query).items()}


def _listed(desk, **query) -> list[tuple[int, str]]:
    """The inbox's rows: number and address."""
    page = desk.get(reverse("inbox"), query).content.decode()
    return [
        (int(number), address.replace("&amp;", "&"))
        for number, address in re.findall(r'id="ticket-(\d+)" href="([^"]+)"', page)
    ]


def _walked(desk, address: str, *, way: str = "next") -> list[int]:
    """From page to page, to the end."""
    numbers = [_number(address)]
    while address := getattr(desk.get(address).context["walk"], way):
        numbers.append(_number(address))
        assert len(numbers) <= 20, "the walk does not end"
    return numbers


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"lang": "en"},
        {"sort": "priority"},
        {"state": "all", "assignee": "nobody"},
        {"assignee": "me"},
    ],
)
def test_walk_is_the_list_that_one_came_from_and_back(desk, sara, rows, query):
    Ticket.objects.filter(pk__in=[row.pk for row in rows[2:5]]).update(assignee=sara)
    Ticket.objects.filter(pk=rows[8].pk).update(state="answered", waiting_since=None)
    listed = _listed(desk, **query)
    numbers = [number for number, _address in listed]
    assert len(numbers) > 1
    assert _walked(desk, listed[0][1]) == numbers
    assert _walked(desk, listed[-1][1], way="previous") == numbers[::-1]
    back = desk.get(listed[1][1]).context["walk"].back
    assert [one for one, _address in _listed(desk, **_query(back))] == numbers


def test_words_that_were_looked_for_stand_in_no_address(desk):
    word = "thermometer"  # a short one stands by chance in what is encrypted
    tickets = [make_ticket(subject=word, text=f"the {word} is red", lang="en") for _ in range(3)]
    make_ticket()
    found = desk.post(reverse("inbox-search"), {"q": f"{word}s"})["Location"]
    page = desk.get(found).content.decode()
    addresses = re.findall(r'id="ticket-\d+" href="([^"]+)"', page)
    assert len(addresses) == 3
    first = addresses[0].replace("&amp;", "&")
    assert word not in first.lower()
    assert _walked(desk, first) == sorted((one.pk for one in tickets), reverse=True)
    answer = desk.get(first)
    assert answer.context["walk"].back == found
    urls = re.findall(r'(?:href|action|hx-[a-z]+)="(/tickets/[^"]*)"', answer.content.decode())
    assert len(urls) > 5
    assert not [url for url in urls if word in url.lower()]


def test_view_that_somebody_saved_is_walked_too(desk, sara, rows):
    SavedView.objects.create(name="English", owner=sara, filters={"lang": "en", "sort": "newest"})
    query = desk.get(reverse("inbox")).context["saved"][0].query
    listed = _listed(desk, **_query(f"?{query}"))
    assert _walked(desk, listed[0][1]) == [rows[6].pk, rows[3].pk, rows[0].pk]


def test_plain_link_walks_the_waiting_tickets(desk, rows):
    middle = desk.get(reverse("ticket", args=[rows[4].pk])).context["walk"]
    assert (_number(middle.previous), _number(middle.next)) == (rows[3].pk, rows[5].pk)
    assert middle.back == reverse("inbox")
    Ticket.objects.filter(pk=rows[4].pk).update(state="closed", waiting_since=None)
    closed = desk.get(reverse("ticket", args=[rows[4].pk])).context["walk"]
    assert (closed.previous, _number(closed.next)) == ("", rows[0].pk)


def test_walk_goes_by_what_the_agent_may_see(client, navid, sara, support, rows):
    Ticket.objects.filter(pk=rows[1].pk).update(team=support)
    for person, following in ((navid, rows[2].pk), (sara, rows[1].pk)):
        steps = Steps(Walk(), rows[0], reader=person)
        assert _number(steps.next) == following


def test_sent_answer_goes_on_in_the_list_and_not_from_its_beginning(desk, rows):
    listed = _listed(desk, lang="en")
    page = desk.get(listed[1][1])
    action = re.search(r'action="([^"]+/send/[^"]*)"', page.content.decode())[1]
    fields = {"text": "Done.", "send_key": "k", "opened": page.context["opened"]}
    json = {"Accept": "application/json"}
    sent = desk.post(action.replace("&amp;", "&"), fields, headers=json).json()["to"]
    assert _number(sent) == listed[1][0]
    after = desk.get(sent)
    assert _number(after.context["walk"].next) == listed[2][0]
    assert _number(after.context["walk"].previous) == listed[0][0]
    part = re.search(r'hx-get="([^"]+/drafts/[^"]*)"', after.content.decode())[1]
    part = part.replace("&amp;", "&")
    live = desk.get(part, headers={"HX-Request": "true"}).content.decode()
    assert after.context["walk"].next.replace("&", "&amp;") in live


@pytest.mark.parametrize("do", ["close", "assign:me", "priority:3", "merge:0"])
def test_change_comes_back_to_the_ticket_in_its_list(desk, rows, do):
    address = _listed(desk, lang="en")[1][1]
    change = f"{reverse('ticket-change', args=[rows[3].pk])}?{urlsplit(address).query}"
    assert desk.post(change, {"do": do})["Location"] == address


def test_ticket_that_another_team_got_leads_back_to_the_list(desk, rows, navid):
    address = _listed(desk, lang="en")[1][1]
    change = f"{reverse('ticket-change', args=[rows[3].pk])}?{urlsplit(address).query}"
    answer = desk.post(change, {"do": f"team:{navid.teams.get().pk}"})
    assert answer["Location"] == f"{reverse('inbox')}?lang=en"


def test_undo_comes_back_to_its_ticket_in_the_list(desk, sara, rows, settings):
    settings.UNDO_SECONDS = 3600
    listed = _listed(desk, lang="en")
    reply = send_reply(
        rows[3].pk, agent=sara, text="Done.", suggestion_id=None, send_key="k", hold=True
    )
    page = desk.get(listed[2][1]).content.decode()  # on the next ticket already
    undo = re.search(rf'action="(/replies/{reply.pk}/undo/[^"]*)"', page)[1].replace("&amp;", "&")
    undone = desk.get(desk.post(undo)["Location"])
    assert undone.context["ticket"].pk == rows[3].pk
    walk = undone.context["walk"]
    assert (_number(walk.previous), _number(walk.next)) == (listed[0][0], listed[2][0])


def test_list_that_others_work_in_is_walked_once_and_to_its_end(desk, omid, rows):
    """Before each step somebody answers, hurries or takes tickets before and behind it."""
    address = _listed(desk, sort="priority")[0][1]
    numbers = []
    changes = iter(
        [
            {"pk": rows[0].pk, "state": "answered", "waiting_since": None},  # the next one
            {"pk": rows[4].pk, "state": "closed", "waiting_since": None},  # where it began
            {"pk": rows[1].pk, "priority": 2},  # the one that is open
            {"pk": rows[2].pk, "assignee": omid},
        ]
    )
    while address:
        change = next(changes, {})
        Ticket.objects.filter(pk=change.pop("pk", 0)).update(**change)
        page = desk.get(address)
        numbers.append(page.context["ticket"].pk)
        address = page.context["walk"].next
    expected = [rows[place].pk for place in (4, 7, 1, 2, 3, 5, 6, 8)]
    assert numbers == expected


def test_list_that_has_ended_says_so_and_can_be_begun_again(desk, rows):
    numbers = [one for one, _address in _listed(desk)]
    last = _listed(desk)[-1][1]
    Ticket.objects.filter(pk=numbers[-1]).update(state="closed", waiting_since=None)
    answer = desk.get(last)
    assert answer.context["walk"].next == ""
    html = answer.content.decode()
    assert "The list ends here." in html
    assert _number(answer.context["walk"].first) == numbers[0]
    Ticket.objects.update(state="closed", waiting_since=None)
    assert "The list ends here." not in desk.get(last).content.decode()


def test_back_leads_to_the_page_of_the_list_that_one_left(desk, rows, monkeypatch):
    _more(40)
    second = f"{reverse('inbox')}?after={desk.get(reverse('inbox')).context['page'].after}"
    html = desk.get(second).content.decode()
    address = re.search(r'id="ticket-\d+" href="([^"]+)"', html)[1].replace("&amp;", "&")
    assert desk.get(address).context["walk"].back == second


@pytest.mark.parametrize(
    "query",
    [
        {"at": "x.y"},
        {"at": "9" * 30},
        {"at": "1.2", "sort": "priority"},
        {"words": "gAAAA"},
        {"words": "ü" * 50},
        {"words": "A" * 5000},
        {"q": "modem", "state": "nonsense", "after": "²"},
    ],
)
def test_address_that_somebody_changed_by_hand_shows_the_ticket(desk, rows, query):
    answer = desk.get(reverse("ticket", args=[rows[1].pk]), query)
    assert answer.status_code == 200
    assert "modem" not in answer.context["walk"].suffix
    assert answer.context["walk"].next


def test_what_was_sealed_is_the_desks_own(rows):
    walk = Walk(Filters(state="all", q="مودم قرمز"), "after=1.2", "5.6")
    query = _query(f"?{walk.query}")
    assert read_walk(query) == walk
    assert read_walk(query | {"words": query["words"][:-4] + "AAAA"}).filters.q == ""


def test_page_asks_as_often_for_many_tickets_as_for_few(desk, rows):
    address = _listed(desk, lang="fa")[1][1]

    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert desk.get(address).status_code == 200
        return len(queries)

    asked()
    few = asked()
    _more(200)
    assert asked() == few
