"""How figures, dates and languages are written: `{% load desk_text %}`.

In Persian, digits are Persian and dates are Jalali; every other language gets Django's own form.
Only what the desk itself says goes through these filters: the words of customers and agents are
shown as they were written.
"""

import re
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import jdatetime
from django import template
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.translation import gettext, ngettext

from runtime import saying

register = template.Library()

_PERSIAN_DIGITS = str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹")
_JALALI_FORMATS = {
    "": "%-d %B %Y، %H:%M",
    "date": "%-d %B %Y",
    "short": "%-d %B، %H:%M",
    "time": "%H:%M",
}
_FORMATS = {"": "j F Y, H:i", "date": "j F Y", "short": "j M, H:i", "time": "H:i"}
_NUMBER = re.compile(r"(?<![\w.@:/#\[-])[0-9]+(?![\w@:/\]-]|\.\w)")
_MINUTE, _HOUR, _DAY = 60, 3600, 86400


def _in_persian() -> bool:
    return (translation.get_language() or "").split("-")[0] == "fa"


@register.filter
def digits(value: object) -> str:
    """The value with the digits of the interface's language; a number's point becomes ٫ in
    Persian (a version's or an address's does not)."""
    if value is None:
        return ""
    text = str(value)
    if not _in_persian():
        return text
    if isinstance(value, float | Decimal):
        text = text.replace(".", "٫")
    return text.translate(_PERSIAN_DIGITS)


@register.filter
def numbered(value: object) -> str:
    """A line for people with its numbers in the digits of the interface's language; codes,
    placeholders, addresses and versions stay as they are."""
    text = str(value)
    return _NUMBER.sub(lambda match: digits(match[0]), text) if _in_persian() else text


@register.filter
def percent(value: float | None) -> str:
    """31.5 → "31.5%", in Persian "۳۱٫۵٪"; nothing for a share of nothing."""
    if value is None:
        return "–"
    number = value if isinstance(value, int) else round(float(value), 1)
    return digits(number) + ("٪" if _in_persian() else "%")


@register.filter
def jalali(value: date | datetime | None, kind: str = "") -> str:
    """A date and time in the calendar of the interface's language, in the desk's time zone.

    `kind`: "" both, "date", "time", "short" (day and time without the year).
    """
    if value is None:
        return ""
    if isinstance(value, datetime):
        moment = _local(value)
    else:
        moment = datetime(value.year, value.month, value.day)
        kind = "date"
    if not _in_persian():
        return date_format(moment, _FORMATS[kind])
    try:
        in_jalali = jdatetime.datetime.fromgregorian(datetime=moment, locale=jdatetime.FA_LOCALE)
    except ValueError:  # before the calendar's first year, or after its last
        return digits(date_format(moment, _FORMATS[kind]))
    return in_jalali.strftime(_JALALI_FORMATS[kind]).translate(_PERSIAN_DIGITS)


def _local(moment: datetime) -> datetime:
    try:
        return timezone.localtime(moment) if timezone.is_aware(moment) else moment
    except OverflowError:  # the last hours of the year 9999
        return moment


@register.filter
def waiting(since: datetime | None) -> str:
    """How long ago, in the one unit that matters: "12 min", "3 hours", "2 days"."""
    if since is None:
        return ""
    seconds = max(0, int((timezone.now() - since).total_seconds()))
    if seconds < _MINUTE:
        return gettext("just now")
    if seconds < _HOUR:
        length = seconds // _MINUTE
        text = ngettext("%(number)s minute", "%(number)s minutes", length)
    elif seconds < 2 * _DAY:
        length = seconds // _HOUR
        text = ngettext("%(number)s hour", "%(number)s hours", length)
    else:
        length = seconds // _DAY
        text = ngettext("%(number)s day", "%(number)s days", length)
    return text % {"number": digits(length)}


@register.filter
def duration(seconds: float | str | None) -> str:
    """How long something took: "0.8 s", "45 s", "3 min 20 s", "2 h 5 min"."""
    if seconds is None or seconds == "":
        return ""
    length = float(seconds)
    if length < 10:
        return gettext("%(seconds)s s") % {"seconds": digits(round(length, 1))}
    whole = round(length)
    if whole < _MINUTE:
        return gettext("%(seconds)s s") % {"seconds": digits(whole)}
    if whole < _HOUR:
        parts = {"minutes": digits(whole // _MINUTE), "seconds": digits(whole % _MINUTE)}
        return gettext("%(minutes)s min %(seconds)s s") % parts
    parts = {"hours": digits(whole // _HOUR), "minutes": digits(whole % _HOUR // _MINUTE)}
    return gettext("%(hours)s h %(minutes)s min") % parts


@register.filter
def said(line: str | None) -> str:
    """A line that is kept in English, in the reader's language where it is known."""
    return saying.said(line or "", figure=_figure)


def _figure(text: str) -> str:
    """A number that is written already: "5,000"."""
    if not _in_persian():
        return text
    return text.replace(",", "٬").replace(".", "٫").translate(_PERSIAN_DIGITS)


@register.filter
def language_name(code: str) -> str:
    """The language's name in the interface's language; an unknown code stands for itself."""
    try:
        return translation.get_language_info(code)["name_translated"]
    except KeyError:
        return code


@register.simple_tag
def periods(*lengths: int) -> list[dict[str, int | date]]:
    """For each number of days the first day of the period that ends today: to choose from, so that
    nobody has to type a date in another calendar."""
    today = timezone.localdate()
    return [{"number": days, "start": today - timedelta(days=days - 1)} for days in lengths]


@register.filter
def number(value: float | str | None) -> str:
    """A count or a measure: whole numbers in groups of three, others with up to three decimals.
    What is missing (None, or "" as a template gives it) is a dash."""
    if value is None or value == "":
        return "–"
    measure = value if isinstance(value, int) else float(value)
    if isinstance(measure, int) or measure.is_integer():
        text = f"{int(measure):,}"
    else:
        text = f"{measure:,.3f}".rstrip("0")
    return _figure(text)


@register.filter
def figures(values: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The plain numbers of a mapping, by name; what is nested or text is left out."""
    return [
        (name, number(value))
        for name, value in values.items()
        if isinstance(value, int | float) and not isinstance(value, bool)
    ]
