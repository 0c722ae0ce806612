"""The inbox: who sees what, in which order, page by page, and what is done with many."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from tests.tickets.factories import PHONE, make_ticket
from tickets import inbox
from tickets.inbox_filters import Filters, read_filters
from tickets.models import SavedView, Ticket
from tickets.replying import send_reply

pytestmark = pytest.mark.django_db


def _tickets(count: int, **fields) -> list[Ticket]:
    """Made at once; the first waits longest."""
    now = timezone.now()
    return Ticket.objects.bulk_create(
        Ticket(
            **(
                {
                    "source": "many",
                    "external_id": f"{fields.get('state', 'ready')}-{number}",
                    "subject": f"ticket {number}",
                    "lang": "fa",
                    "state": Ticket.State.READY,
                    "created_at": now - timedelta(minutes=count - number),
                    "waiting_since": now - timedelta(minutes=count - number),
                }
                | fields
            )
        )
        for number in range(count)
    )


def _shown(answer) -> list[int]:
    return [row.pk for row in answer.context["page"].tickets]


def test_inbox_lists_waiting_tickets_the_longest_waiting_first(desk, sara):
    first, second, done = (make_ticket(subject=name) for name in ("اول", "دوم", "سوم"))
    send_reply(done.pk, agent=sara, text="پاسخ", suggestion_id=None, send_key="k")
    answer = desk.get(reverse("inbox"))
    assert _shown(answer) == [first.pk, second.pk]
    counts = {key: count for key, _name, _query, count in answer.context["views"]}
    expected = {"mine": 0, "unassigned": 2, "waiting": 2, "urgent": 0, "answered": 1, "all": 3}
    assert counts == expected
    assert answer.context["page"].tickets[0].customer_name == "مریم کریمی"
    assert "[PHONE_1]" in answer.context["page"].tickets[0].preview
    assert PHONE not in answer.content.decode()


def test_inbox_shows_other_states_by_its_address(desk, sara):
    ticket = make_ticket()
    send_reply(ticket.pk, agent=sara, text="پاسخ", suggestion_id=None, send_key="k")
    assert _shown(desk.get(reverse("inbox"), {"state": "answered"})) == [ticket.pk]
    nonsense = {"state": "x", "assignee": "x", "team": "-1", "priority": "9", "after": "x.y"}
    answer = desk.get(reverse("inbox"), nonsense)
    assert answer.context["filters"] == Filters()
    assert _shown(answer) == []


def test_every_filter_leaves_out_what_is_not_like_it(sara, omid, support, django_user_model):
    now = timezone.now()
    like, _other = _tickets(2)
    Ticket.objects.filter(pk=like.pk).update(
        assignee=sara,
        team=support,
        priority=3,
        lang="en",
        source="mail",
        waiting_since=now - timedelta(hours=5),
    )
    Ticket.objects.exclude(pk=like.pk).update(updated_at=now - timedelta(days=3))
    for name, value in {
        "assignee": "me",
        "team": str(support.pk),
        "priority": "3",
        "lang": "en",
        "source": "mail",
        "waiting": "4",
        "updated": "1",
    }.items():
        filters = read_filters({name: value})
        found = [row.pk for row in inbox.page(filters, reader=sara).tickets]
        assert found == [like.pk], name
    assert len(inbox.page(read_filters({"assignee": "nobody"}), reader=omid).tickets) == 1
    assert len(inbox.page(read_filters({"assignee": "somebody"}), reader=omid).tickets) == 1
    assert len(inbox.page(read_filters({"team": "none"}), reader=omid).tickets) == 1


def test_inbox_hides_tickets_of_other_teams(navid, support, sara, mina):
    (theirs,) = _tickets(1, team=support)
    everything = Filters(state="all")
    assert inbox.page(everything, reader=navid).tickets == []
    assert inbox.counts({"all": everything}, reader=navid) == {"all": 0}
    for person in (sara, mina):
        assert [row.pk for row in inbox.page(everything, reader=person).tickets] == [theirs.pk]


@pytest.mark.parametrize("sort", ["waiting", "priority", "newest"])
def test_pages_lead_through_all_tickets_and_back_once_each(sara, sort):
    rows = _tickets(23)
    same = timezone.now() - timedelta(hours=1)
    Ticket.objects.filter(pk__in=[row.pk for row in rows[:8]]).update(waiting_since=same)
    Ticket.objects.filter(pk__in=[row.pk for row in rows[4:12]]).update(priority=2)
    filters = Filters(sort=sort)
    page = inbox.page(filters, reader=sara, size=5)
    assert page.before == ""
    walked, pages = [], []
    while True:
        pages.append([row.pk for row in page.tickets])
        walked += pages[-1]
        if not page.after:
            break
        page = inbox.page(filters, reader=sara, after=page.after, size=5)
    assert len(walked) == len(set(walked)) == 23
    in_order = Ticket.objects.order_by(*inbox.ORDERS[sort]).values_list("pk", flat=True)
    assert walked == list(in_order)
    for expected in reversed(pages[:-1]):
        page = inbox.page(filters, reader=sara, before=page.before, size=5)
        assert [row.pk for row in page.tickets] == expected
    assert page.before == ""


def test_page_goes_on_where_it_ended_when_its_tickets_are_answered(sara):
    rows = _tickets(10)
    page = inbox.page(Filters(), reader=sara, size=4)
    Ticket.objects.filter(pk__in=[row.pk for row in rows[:4]]).update(
        state="answered", waiting_since=None
    )
    following = inbox.page(Filters(), reader=sara, after=page.after, size=4)
    assert [row.pk for row in following.tickets] == [row.pk for row in rows[4:8]]


def test_counts_stop_at_a_thousand(sara):
    _tickets(1005)
    assert inbox.counts({"waiting": Filters()}, reader=sara) == {"waiting": 1001}


def test_counts_say_so_on_the_page(desk):
    _tickets(1005)
    assert "1000+" in desk.get(reverse("inbox")).content.decode()


def test_inbox_asks_as_often_for_many_tickets_as_for_few(desk):
    def asked(count: int) -> int:
        Ticket.objects.all().delete()
        _tickets(count)
        with CaptureQueriesContext(connection) as queries:
            answer = desk.get(reverse("inbox"))
        assert len(_shown(answer)) == min(count, 30)
        return len(queries)

    asked(1)  # the first request reads what is kept afterwards
    assert asked(60) == asked(3) <= 12


# --- live


def test_news_announces_new_tickets_and_moves_nothing(desk, sara):
    rows = _tickets(3)
    shown = ",".join(str(row.pk) for row in rows)
    assert desk.get(reverse("inbox-news"), {"shown": shown}).context["new"] == 0
    make_ticket()
    Ticket.objects.filter(pk=rows[0].pk).update(state="closed", waiting_since=None)
    answer = desk.get(reverse("inbox-news"), {"shown": shown})
    assert answer.context["new"] == 1
    assert [(row.pk, row.has_left) for row in answer.context["tickets"]] == [
        (rows[0].pk, True),
        (rows[1].pk, False),
        (rows[2].pk, False),
    ]
    page = answer.content.decode()
    assert "<html" not in page
    assert f'id="row-{rows[0].pk}"' in page


def test_news_takes_away_what_went_to_another_team(desk, navid):
    (row,) = _tickets(1)
    Ticket.objects.filter(pk=row.pk).update(team=navid.teams.get())
    answer = desk.get(reverse("inbox-news"), {"shown": str(row.pk)})
    assert answer.context["gone"] == [row.pk]
    assert "ticket 0" not in answer.content.decode()


# --- search


def test_search_by_number_opens_the_ticket(desk, support, navid, client):
    ticket = make_ticket()
    for typed in (f"#{ticket.pk}", str(ticket.pk)):
        answer = desk.post(reverse("inbox-search"), {"q": typed})
        assert answer["Location"] == reverse("ticket", args=[ticket.pk])
    Ticket.objects.filter(pk=ticket.pk).update(team=support)
    client.force_login(navid)
    answer = client.post(reverse("inbox-search"), {"q": f"#{ticket.pk}"}, follow=True)
    assert "There is no ticket with this number." in answer.content.decode()


def test_search_by_address_puts_no_address_into_an_address(desk):
    ticket = make_ticket(contact="zahra@mail.test")
    make_ticket(contact="other@mail.test")
    answer = desk.post(reverse("inbox-search"), {"q": " Zahra@mail.test"})
    assert "zahra" not in answer["Location"].lower()
    assert _shown(desk.get(answer["Location"])) == [ticket.pk]
    answer = desk.post(reverse("inbox-search"), {"q": "nobody@mail.test"})
    assert answer["Location"] == reverse("inbox")


def test_search_by_words_leaves_personal_data_out_of_the_address(desk):
    ticket = make_ticket(subject="modem", text="the lamp of my modem stays red", lang="en")
    answer = desk.post(reverse("inbox-search"), {"q": f"modems {PHONE}"})
    assert "912" not in answer["Location"]
    assert _shown(desk.get(answer["Location"])) == [ticket.pk]


def test_personal_words_of_an_address_are_looked_for_and_kept_nowhere(desk):
    """By hand, or a link that somebody passes on."""
    shown = desk.get(reverse("inbox"), {"q": f"modem {PHONE}"})
    assert shown.context["filters"].q == "modem"
    assert shown.context["query"] == "q=modem"
    desk.post(reverse("view-save"), {"name": "a", "query": f"q=modem+{PHONE}"})
    assert SavedView.objects.get().filters == {"q": "modem"}


# --- views


def test_view_is_kept_shown_and_removed(desk, sara, omid, support, client):
    query = Filters(lang="en", priority="2").query
    own_team = {"name": "English", "team": str(support.pk), "query": query + "&evil=1"}
    desk.post(reverse("view-save"), own_team)
    view = SavedView.objects.get()
    assert (view.team, view.filters) == (support, {"lang": "en", "priority": "2"})
    client.force_login(omid)
    answer = client.get(f"{reverse('inbox')}?{query}")
    assert answer.context["view"] == view
    assert not answer.context["may_remove"]
    assert client.post(reverse("view-remove", args=[view.pk])).status_code == 404
    client.force_login(sara)
    client.post(reverse("view-remove", args=[view.pk]))
    assert not SavedView.objects.exists()


def test_view_of_another_team_or_without_a_name_is_refused(desk, navid, sara):
    team = navid.teams.get()
    for name, of in (("English", team.pk), ("", ""), ("x" * 61, "")):
        desk.post(reverse("view-save"), {"name": name, "team": of, "query": "lang=en"})
    assert not SavedView.objects.exists()
    SavedView.objects.create(name="theirs", owner=navid, team=team, filters={"lang": "en"})
    assert list(desk.get(reverse("inbox")).context["saved"]) == []


# --- many at once


@pytest.mark.parametrize("team", ["²", "9" * 5_000, "-1", "x"])
def test_a_view_of_no_team_that_there_is_is_not_saved(desk, team):
    answer = desk.post(reverse("view-save"), {"name": "a", "team": team})
    assert answer.status_code == 302
    assert not SavedView.objects.exists()


@pytest.mark.parametrize(
    "query", [{"assignee": "9" * 5_000}, {"after": "².1"}, {"team": "²"}, {"customer": "9" * 40}]
)
def test_an_address_with_strange_numbers_shows_an_inbox(desk, query):
    assert desk.get(reverse("inbox"), query).status_code == 200


def test_change_of_many_goes_by_each_rows_rule(desk, sara, navid):
    rows = _tickets(3)
    Ticket.objects.filter(pk=rows[2].pk).update(team=navid.teams.get())
    body = {"ticket": [row.pk for row in rows], "do": "assign:me", "query": "state=waiting"}
    answer = desk.post(reverse("inbox-change"), body, follow=True)
    said = [str(one) for one in answer.context["messages"]]
    assert said == [
        "2 tickets were changed.",
        "1 ticket stays as it is: There is no ticket with this number.",
    ]
    whose = Ticket.objects.order_by("pk").values_list("assignee__username", flat=True)
    assert list(whose) == ["sara", "sara", None]
    again = desk.post(reverse("inbox-change"), body | {"ticket": [rows[0].pk]}, follow=True)
    assert [str(one) for one in again.context["messages"]] == ["It was so already."]


def test_change_of_many_takes_nothing_from_a_colleague_who_was_faster(desk, sara, omid):
    rows = _tickets(3)
    Ticket.objects.filter(pk=rows[2].pk).update(assignee=omid)
    html = desk.get(reverse("inbox")).content.decode()
    had = re.findall(r'name="had" value="([\d:]+)"', html)
    assert had == [f"{rows[0].pk}:0", f"{rows[1].pk}:0", f"{rows[2].pk}:{omid.pk}"]
    Ticket.objects.filter(pk=rows[0].pk).update(assignee=omid)  # while the page is open
    body = {"ticket": [row.pk for row in rows], "do": "assign:me", "had": [*had, "x", "²:1", "1"]}
    answer = desk.post(reverse("inbox-change"), body, follow=True)
    said = [str(one) for one in answer.context["messages"]]
    assert said[1] == "1 ticket stays as it is: omid took this ticket meanwhile."
    whose = Ticket.objects.order_by("pk").values_list("assignee__username", flat=True)
    assert list(whose) == ["omid", "sara", "sara"]


@pytest.mark.parametrize(
    ("do", "field", "value"),
    [
        ("close", "state", "closed"),
        ("spam", "state", "spam"),
        ("priority:3", "priority", 3),
        ("assign:nobody", "assignee", None),
    ],
)
def test_change_of_many_does_what_it_says(desk, omid, do, field, value):
    rows = _tickets(2, assignee=omid)
    desk.post(reverse("inbox-change"), {"ticket": [row.pk for row in rows], "do": do})
    assert list(Ticket.objects.values_list(field, flat=True)) == [value, value]


@pytest.mark.parametrize("do", ["", "merge:1", "delete", "priority:7", "assign:x", "team:99999"])
def test_change_that_nobody_knows_changes_nothing(desk, do):
    (row,) = _tickets(1)
    before = Ticket.objects.values().get()
    assert desk.post(reverse("inbox-change"), {"ticket": row.pk, "do": do}).status_code == 302
    assert Ticket.objects.values().get() == before


def test_change_goes_back_to_no_other_site(desk):
    body = {"do": "close", "query": "//evil.test/?state=all", "cursor": "after=1.2&next=//x"}
    assert desk.post(reverse("inbox-change"), body)["Location"] == reverse("inbox")
