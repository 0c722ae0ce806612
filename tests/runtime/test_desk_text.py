"""Figures, dates and lengths of time as the desk writes them, in both languages."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone, translation

from runtime.templatetags.desk_text import (
    digits,
    figures,
    jalali,
    language_name,
    number,
    numbered,
    percent,
    periods,
    waiting,
)

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
def test_waiting_names_the_unit_that_matters(ago, persian, english):
    since = timezone.now() - ago - timedelta(milliseconds=200 if ago > timedelta() else 0)
    with translation.override("fa"):
        assert waiting(since) == persian
    with translation.override("en"):
        assert waiting(since) == english


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


def test_periods_end_today():
    today = timezone.localdate()
    week = periods(7)[0]
    assert week == {"number": 7, "start": today - timedelta(days=6)}


def test_unknown_language_stands_for_itself():
    with translation.override("en"):
        assert language_name("fa") == "Persian"
        assert language_name("tlh") == "tlh"
