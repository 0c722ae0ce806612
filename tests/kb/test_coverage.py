"""What nothing answers: kept without personal data, counted, grouped, linked to its article."""

from datetime import timedelta

import pytest
from django.db import connection
from django.urls import reverse
from django.utils import timezone
from rest_framework.test import APIClient

from kb import coverage
from kb.importing import import_sources
from kb.models import Article, CoverageGap
from tests.kb.conftest import PAGES

pytestmark = pytest.mark.django_db

DESK, API = CoverageGap.Origin.DESK, CoverageGap.Origin.API
State = CoverageGap.State


def long_ago(**fields) -> None:
    CoverageGap.objects.update(last_at=timezone.now() - timedelta(minutes=5), **fields)


PERSONAL = ["09121234567", "sara.k@customer.example", "6037-9911-2345-6781", "0499370899"]


@pytest.mark.parametrize("value", PERSONAL)
def test_personal_data_is_not_stored(value):
    coverage.record(f"my number is {value} where is my parcel", lang="en", origin=DESK)
    coverage.record("a" * 290 + f" {value}", lang="en", origin=DESK)  # where a cut would halve it
    with connection.cursor() as cursor:
        cursor.execute("SELECT t::text FROM kb_coveragegap t")
        stored = "\n".join(row for (row,) in cursor.fetchall())
    assert stored.count("parcel") == 2  # wording and search form
    for part in (value, value.replace("-", ""), value[:6]):
        assert part not in stored


def test_a_search_for_a_number_alone_is_not_kept():
    for query in ("09121234567", "  ", "؟!", "12 34", "[PHONE_1]", "ab"):
        coverage.record(query, lang="fa", origin=DESK)
    assert not CoverageGap.objects.exists()


def test_the_same_words_count_up():
    coverage.record("کارت هدیه ۱۰۰۰ تومانی", lang="fa", origin=DESK, best_score=0.1)
    coverage.record("كارت هديه 1000 تومانی", lang="fa", origin=API, best_score=0.3)
    coverage.record("کارت هدیه ۱۰۰۰ تومانی", lang="en", origin=DESK)
    gap = CoverageGap.objects.get(lang="fa")
    assert (gap.count, gap.best_score, gap.origin) == (2, 0.3, "desk")
    assert gap.text == "کارت هدیه ۱۰۰۰ تومانی"


def test_recording_is_one_statement(django_assert_num_queries):
    with django_assert_num_queries(1):
        coverage.record("gift cards", lang="en", origin=API)


def test_what_was_typed_on_the_way_is_dropped(monkeypatch):
    now = timezone.now()
    monkeypatch.setattr(timezone, "now", lambda: now)  # a stall is no pause between two letters
    for query in ("gif", "gift", "gift ca", "gift cards"):
        coverage.record(query, lang="en", origin=API)
    assert [gap.text for gap in CoverageGap.objects.all()] == ["gift cards"]
    long_ago()
    coverage.record("gift cards for friends", lang="en", origin=API)
    coverage.record("gift cards for friends abroad", lang="en", origin=DESK)
    assert CoverageGap.objects.count() == 3


def test_a_long_message_is_cut_between_words():
    coverage.record("please " * 4000, lang="en", origin=API)
    gap = CoverageGap.objects.get()
    assert len(gap.text) <= 300
    assert gap.text.endswith("please…")


def test_dismissed_stays_dismissed_and_written_opens_again():
    coverage.record("gift cards", lang="en", origin=DESK)
    CoverageGap.objects.update(state=State.DISMISSED)
    coverage.record("gift cards", lang="en", origin=DESK)
    assert CoverageGap.objects.get().state == State.DISMISSED
    CoverageGap.objects.update(state=State.WRITTEN)
    coverage.record("gift cards", lang="en", origin=DESK)
    assert (CoverageGap.objects.get().state, CoverageGap.objects.get().count) == (State.OPEN, 3)


def test_groups_are_by_language_and_the_most_asked_first():
    for query, times in (("wifi password", 1), ("gift card", 2), ("gift cards", 1)):
        for _ in range(times):
            coverage.record(query, lang="en", origin=DESK, best_score=times / 10)
            long_ago()
    coverage.record("gift card", lang="de", origin=API)
    groups = coverage.groups()
    assert [(one.title, one.lang, one.count) for one in groups] == [
        ("gift card", "en", 3),
        ("gift card", "de", 1),
        ("wifi password", "en", 1),
    ]
    assert groups[0].best_score == 0.2
    assert groups[0].origins == ["search at the desk"]


def test_the_table_stays_small(monkeypatch):
    monkeypatch.setattr(coverage, "MOST_KEPT", 3)
    names = ["apple", "banana", "cherry", "damson", "elder"]
    for name in names:
        coverage.record(name, lang="en", origin=DESK)
        long_ago(state=State.OPEN)
    coverage.record("apple", lang="en", origin=DESK)
    assert coverage.prune() == 2
    left = set(CoverageGap.objects.values_list("text", flat=True))
    assert left >= {"apple", "elder"}
    assert len(left) == 3


class TestSearches:
    @pytest.fixture(autouse=True)
    def articles(self):
        import_sources([PAGES])

    def test_a_search_at_the_desk_that_finds_nothing_is_noted(self, client, sara):
        client.force_login(sara)
        page = client.get(reverse("articles"), {"q": "xylophone 09121234567"})
        assert page.status_code == 200
        gap = CoverageGap.objects.get()
        assert (gap.text, gap.origin, gap.lang) == ("xylophone [PHONE_1]", "desk", "en")

    def test_a_search_by_the_api_is_noted_too(self, sara):
        api = APIClient()
        api.force_authenticate(sara)
        for mode in ("lexical", "questions", "hybrid"):
            asked = {"q": "xylophone", "mode": mode, "lang": "de"}
            assert api.get(reverse("api-search"), asked).json() == {"results": []}
        gap = CoverageGap.objects.get()
        assert (gap.text, gap.origin, gap.lang, gap.count) == ("xylophone", "api", "de", 1)

    def test_a_search_that_finds_something_is_not(self, client, sara):
        client.force_login(sara)
        client.get(reverse("articles"), {"q": "How do I close my account?"})
        client.get(reverse("playground"), {"q": "xylophone"})
        assert not CoverageGap.objects.exists()


class TestPage:
    @pytest.fixture
    def gaps(self):
        coverage.record("gift card", lang="en", origin=DESK)
        coverage.record("printer jam", lang="en", origin=API)
        return {gap.text: gap for gap in CoverageGap.objects.all()}

    def test_agents_see_and_admins_dismiss(self, client, sara, mina, gaps):
        change = {"gaps": str(gaps["gift card"].pk), "state": "dismissed"}
        client.force_login(sara)
        page = client.get(reverse("coverage"))
        assert len(page.context["page_obj"].object_list) == 2
        assert reverse("article-new") not in page.content.decode()
        assert client.post(reverse("coverage-change"), change).status_code == 403
        client.force_login(mina)
        assert client.post(reverse("coverage-change"), change).status_code == 302
        page = client.get(reverse("coverage"))
        assert [one.title for one in page.context["page_obj"]] == ["printer jam"]
        dismissed = client.get(reverse("coverage"), {"state": "dismissed"})
        assert [one.title for one in dismissed.context["page_obj"]] == ["gift card"]
        client.post(reverse("coverage-change"), {**change, "state": "open"})
        assert CoverageGap.objects.filter(state=State.OPEN).count() == 2

    @pytest.mark.parametrize("change", [{}, {"gaps": "x,-1,9" + "9" * 30, "state": "dismissed"}])
    def test_odd_changes_harm_nothing(self, client, mina, gaps, change):
        client.force_login(mina)
        assert client.post(reverse("coverage-change"), change).status_code == 302
        assert CoverageGap.objects.filter(state=State.OPEN).count() == 2

    def test_one_click_from_the_editor_to_written(self, client, mina, gaps):
        client.force_login(mina)
        pk = gaps["gift card"].pk
        page = client.get(reverse("article-new"), {"gaps": str(pk)})
        form = page.context["form"]
        assert (form["title"].value(), form["lang"].value()) == ("gift card", "en")
        data = {
            "title": "Gift cards",
            "text": "Buy a gift card in the shop.",
            "visibility": "public",
            "lang": "en",
            "key": str(form["key"].value()),
            "gaps": form["gaps"].value(),
            "state": "draft",
        }
        client.post(reverse("article-new"), data)
        article = Article.objects.get()
        gap = CoverageGap.objects.get(pk=pk)
        assert (gap.article, gap.state) == (article, State.OPEN)
        edit = client.get(reverse("article-edit", args=[article.pk])).context["form"]
        data |= {"seen": edit["seen"].value(), "state": "published"}
        client.post(reverse("article-edit", args=[article.pk]), data)
        gap.refresh_from_db()
        assert gap.state == State.WRITTEN
        assert CoverageGap.objects.get(text="printer jam").state == State.OPEN
