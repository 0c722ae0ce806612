"""Days as people type them, in both calendars and all digits."""

from datetime import date

import pytest

from runtime.days import BadDay, end_of, read_day, start_of


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-21",
        " 2026/11/21 ",
        "1405-08-30",
        "1405/8/30",
        "۱۴۰۵/۰۸/۳۰",
        "١٤٠٥/٨/٣٠",
        "۱۴۰۵.۸.۳۰",
        "۲۰۲۶-۱۱-۲۱",
    ],
)
def test_day_is_read(text):
    assert read_day(text) == date(2026, 11, 21)


@pytest.mark.parametrize(
    "text",
    ["", "today", "1405/12/31", "2026-02-30", "1700-01-01", "9999-01-01", "1405/8", "۱" * 99],
)
def test_no_day_gives_one_line(text):
    with pytest.raises(BadDay) as refused:
        read_day(text)
    assert "\n" not in str(refused.value)


def test_leap_day_of_the_jalali_calendar_is_a_day():
    assert read_day("1403/12/30") == date(2025, 3, 20)


def test_a_day_is_whole():
    day = date(2026, 11, 21)
    assert (end_of(day) - start_of(day)).total_seconds() == 86400
