"""Days as people type them: `read_day("۱۴۰۵/۸/۳۰")`, `read_day("2026-11-21")`, and back."""

import re
from datetime import date, datetime, time, timedelta

import jdatetime
from django.utils import timezone
from django.utils.translation import gettext as _

from runtime.errors import InputError

_DAY = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})")
_DIGITS = str.maketrans("۰۱۲۳۴۵۶۷۸۹٠١٢٣٤٥٦٧٨٩", "01234567890123456789")
_JALALI_YEARS = range(1200, 1600)
_GREGORIAN_YEARS = range(1821, 2221)
MOST_LETTERS = 40


class BadDay(InputError):
    """What was typed is no day of either calendar."""


def read_day(text: str) -> date:
    """Year, month and day in Persian, Arabic or Latin digits: of the Jalali calendar where the year
    is one of its own (1405), else of the Gregorian. Raises BadDay."""
    found = _DAY.fullmatch(text.strip()[:MOST_LETTERS].translate(_DIGITS))
    if found:
        year, month, day = map(int, found.groups())
        try:
            if year in _JALALI_YEARS:
                return jdatetime.date(year, month, day).togregorian()
            if year in _GREGORIAN_YEARS:
                return date(year, month, day)
        except ValueError:  # well formed, but no day (1405/12/31)
            pass
    raise BadDay(_("Write a day as 1405/08/30 or 2026-11-21."))


def start_of(day: date) -> datetime:
    """Midnight in the desk's time zone."""
    return timezone.make_aware(datetime.combine(day, time.min))


def end_of(day: date) -> datetime:
    """The midnight after it."""
    return start_of(day + timedelta(days=1))
