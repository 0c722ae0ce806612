"""Figures, dates and lengths of time as the desk writes them, in both languages."""

import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from gettext import translation as catalog_of

import pytest
from django.conf import settings
from django.utils import timezone, translation

from runtime import saying
from runtime.templatetags.desk_text import (
    digits,
    figures,
    jalali,
    language_name,
    number,
    numbered,
    percent,
    periods,
    said,
    waiting,
)

RIGHT_TO_LEFT = "\u200f"
NOON = datetime(2026, 3, 21, 8, 30, tzinfo=UTC)  # Nowruz 1405, noon in Tehran


@pytest.mark.parametrize(
    ("line", "persian"),
    [
        ("1 تیکت تغییر کرد.", "۱ تیکت تغییر کرد."),
        ("حداکثر 20000. پس 3", "حداکثر ۲۰۰۰۰. پس ۳"),
        ("[PHONE_1] در llama-3.1 و v2 و 127.0.0.1:8000 و a1", None),
        ("https://a.example/7/x و 2026-11-21 و #12 و 3.5", None),
    ],
)
def test_line_says_its_numbers_and_leaves_codes(line, persian):
    with translation.override("fa"):
        assert numbered(line) == (persian or line)
    with translation.override("en"):
        assert numbered(line) == line


@pytest.mark.parametrize(
    ("message", "values", "shown"),
    [
        ("The server answered %(status)s.", {"status": "500"}, {"status": "۵۰۰"}),
        ("A CSV file has %(most)s rows at most.", {"most": "5,000"}, {"most": "۵٬۰۰۰"}),
        ("%(host)s did not answer in time.", {"host": "a.example"}, {"host": "a.example"}),
        ("Question or answer has more than %d characters.", 20000, "۲۰۰۰۰"),
        ("An unexpected error: %s.", "KeyError", "KeyError"),
        ("There is no text in it.", None, None),
    ],
)
def test_line_that_was_kept_in_english_is_said_with_what_was_put_into_it(message, values, shown):
    line = message if values is None else message % values
    with translation.override("fa"):
        words = translation.gettext(message).replace("%d", "%s")
        assert words != message
        words = words if values is None else words % shown
        assert said(line).removeprefix(RIGHT_TO_LEFT) == words
        assert said(f"faq.csv: {line}") == f"{RIGHT_TO_LEFT}faq.csv: {words}"
    with translation.override("en"):
        assert said(line) == line


def test_line_within_a_line_is_said_too():
    robots = "robots.txt cannot be read, so nothing is read for now: %(reason)s"
    with translation.override("fa"):
        inner = translation.gettext("The server answered %(status)s.") % {"status": "۵۰۳"}
        outer = translation.gettext(robots) % {"reason": inner}
        line = said(robots % {"reason": "The server answered 503."})
        assert line == f"{RIGHT_TO_LEFT}{outer}"  # it begins with a name in Latin letters


def test_every_message_is_found_again_with_what_was_put_into_it():
    folder = settings.BASE_DIR / "locale"
    messages = catalog_of("django", folder, languages=["fa"])._catalog
    places = re.compile(r"%(?:\((\w+)\))?[sd]")
    with translation.override("fa"):
        forms = [form.message for form in saying._forms("fa") if form.message in messages]
        assert len(forms) > 150
        for message in forms:
            names = dict.fromkeys(name or "" for name in places.findall(message))
            values = {name: f"v{number}" for number, name in enumerate(names)}

            def filled(text, values=values):
                return places.sub(lambda place: values[place[1] or ""], text).replace("%%", "%")

            words = filled(translation.gettext(message)).removeprefix(RIGHT_TO_LEFT)
            assert said(filled(message)).removeprefix(RIGHT_TO_LEFT) == words


@pytest.mark.parametrize(
    "line", ["", "Words of nobody.", "5 h", "a: b: c", "100% (x)s", "پیام", None]
)
def test_line_of_no_known_form_is_shown_as_it_is(line):
    with translation.override("fa"):
        assert said(line) == (line or "")


@pytest.mark.parametrize(
    ("value", "persian", "english"),
    [
        (0, "۰", "0"),
        (1405, "۱۴۰۵", "1405"),
        (31.5, "۳۱٫۵", "31.5"),
        (Decimal("0.25"), "۰٫۲۵", "0.25"),
        ("192.168.10.1", "۱۹۲.۱۶۸.۱۰.۱", "192.168.10.1"),
        ("", "", ""),
        (None, "", ""),
    ],
)
def test_digits_follow_the_language(value, persian, english):
    with translation.override("fa"):
        assert digits(value) == persian
    with translation.override("en"):
        assert digits(value) == english


@pytest.mark.parametrize(
    ("kind", "persian", "english"),
    [
        ("", "۱ فروردین ۱۴۰۵، ۱۲:۰۰", "21 March 2026, 12:00"),
        ("date", "۱ فروردین ۱۴۰۵", "21 March 2026"),
        ("short", "۱ فروردین، ۱۲:۰۰", "21 Mar, 12:00"),
        ("time", "۱۲:۰۰", "12:00"),
    ],
)
def test_dates_follow_the_calendar_of_the_language(kind, persian, english):
    with timezone.override("Asia/Tehran"):
        with translation.override("fa"):
            assert jalali(NOON, kind) == persian
        with translation.override("en"):
            assert jalali(NOON, kind) == english


def test_a_leap_day_of_the_jalali_calendar_is_shown():
    with translation.override("fa"):
        assert jalali(date(2025, 3, 20)) == "۳۰ اسفند ۱۴۰۳"
        assert jalali(date(2025, 3, 21)) == "۱ فروردین ۱۴۰۴"
        assert jalali(None) == ""


@pytest.mark.parametrize("year", [1, 300, 621, 9999])
def test_a_year_that_the_jalali_calendar_has_not_is_shown_all_the_same(year):
    moment = datetime(year, 12, 31, 23, 30, tzinfo=UTC)
    with timezone.override("Asia/Tehran"), translation.override("fa"):
        assert jalali(moment, "date")


@pytest.mark.parametrize(
    ("ago", "persian", "english"),
    [
        (timedelta(seconds=-5), "همین حالا", "just now"),  # another machine's clock runs ahead
        (timedelta(seconds=59), "همین حالا", "just now"),
        (timedelta(seconds=60), "۱ دقیقه", "1 minute"),
        (timedelta(minutes=59), "۵۹ دقیقه", "59 minutes"),
        (timedelta(hours=1), "۱ ساعت", "1 hour"),
        (timedelta(hours=47), "۴۷ ساعت", "47 hours"),
        (timedelta(hours=48), "۲ روز", "2 days"),
    ],
)
def test_waiting_names_the_unit_that_matters(monkeypatch, ago, persian, english):
    monkeypatch.setattr(timezone, "now", lambda: NOON)
    with translation.override("fa"):
        assert waiting(NOON - ago) == persian
    with translation.override("en"):
        assert waiting(NOON - ago) == english


def test_percent_and_number_follow_the_language():
    with translation.override("fa"):
        assert percent(31.5) == "۳۱٫۵٪"
        assert percent(0) == "۰٪"
        assert number(1_234_567) == "۱٬۲۳۴٬۵۶۷"
        assert number(0.1250) == "۰٫۱۲۵"
    with translation.override("en"):
        assert percent(68.5) == "68.5%"
        assert percent(None) == "–"
        assert number(1_234_567) == "1,234,567"
        assert number(3.0) == "3"
        assert number(None) == "–"


def test_figures_takes_plain_numbers_only():
    with translation.override("en"):
        shown = figures(
            {"chrf": 45.25, "rows": 1200, "by_topic": {"a": 1}, "note": "x", "ok": True}
        )
    assert shown == [("chrf", "45.25"), ("rows", "1,200")]


def test_periods_end_today(monkeypatch):
    after_midnight = datetime(2026, 3, 20, 21, tzinfo=UTC)  # the 21st in Tehran
    monkeypatch.setattr(timezone, "now", lambda: after_midnight)
    with timezone.override("Asia/Tehran"):
        assert periods(7) == [{"number": 7, "start": date(2026, 3, 15)}]


def test_unknown_language_stands_for_itself():
    with translation.override("en"):
        assert language_name("fa") == "Persian"
        assert language_name("tlh") == "tlh"
