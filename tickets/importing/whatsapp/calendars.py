"""Dates as exports write them: `choose_order` finds the order of day, month and year from all dates
of a file, `day_of` reads one.

A single date such as 03/04/24 can be read in several ways; a file seldom can. An order is good
when all its dates exist, lie in the years in which WhatsApp does, and run forward without long
jumps. Only when files agree with several orders does the habit of the separator decide. Years
tell the calendar: Gregorian, Jalali, Hijri (tabular, so a day may be off by one) or Buddhist.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import jdatetime

FIRST_YEAR: Final = 2009
"""WhatsApp's first: an order that gives earlier dates is wrong."""

Triple = tuple[str, str, str]
NAMED_MONTH: Final = "month"
"""Stands for the separator where the month is a word."""


@dataclass(frozen=True)
class Order:
    """Where year, month and day stand in a triple; `jalali`: years of two digits are Jalali."""

    year: int
    month: int
    day: int
    jalali: bool = False


DMY = Order(2, 1, 0)
MDY = Order(2, 0, 1)
YMD = Order(0, 1, 2)
YDM = Order(0, 2, 1)


def day_of(triple: Triple, order: Order) -> date | None:
    """None for a date that does not exist."""
    year, month, day = triple[order.year], int(triple[order.month]), int(triple[order.day])
    if not (1 <= month <= 12 and 1 <= day <= 32):
        return None
    try:
        return _day(_full_year(year, jalali=order.jalali), month, day)
    except ValueError:
        return None


def _full_year(text: str, *, jalali: bool) -> int:
    year = int(text)
    if len(text) > 2:
        return year
    if jalali:
        return year + (1300 if year >= 80 else 1400)
    return year + 2000


def _day(year: int, month: int, day: int) -> date:
    if 1300 <= year < 1430:
        gregorian: date = jdatetime.date(year, month, day).togregorian()
        return gregorian
    if 1430 <= year < 1500:
        return _from_hijri(year, month, day)
    if 2400 <= year < 2700:
        return date(year - 543, month, day)
    if not 1900 <= year < 2200:
        raise ValueError("a year of no calendar")
    return date(year, month, day)


_HIJRI_EPOCH: Final = 227_014
"""The ordinal of the day before 1 Muharram 1 (19 July 622 in the proleptic Gregorian calendar)."""


def _from_hijri(year: int, month: int, day: int) -> date:
    if day > 30:
        raise ValueError("no such day")
    days = (year - 1) * 354 + (3 + 11 * year) // 30 + 29 * (month - 1) + month // 2 + day
    return date.fromordinal(_HIJRI_EPOCH + days)


def orders_for(triple: Triple, separator: str, *, half_days: bool) -> tuple[Order, ...]:
    """The orders that dates of this shape can have, the most usual first."""
    first, second, third = triple
    if len(second) > 2:
        return ()
    if separator == NAMED_MONTH:
        return (DMY,)
    if len(first) > 2:
        return (YMD, YDM)
    foreign = not first.isascii()
    if len(third) > 2:
        return (MDY, DMY) if separator == "/" and half_days and not foreign else (DMY, MDY)
    short = Order(0, 1, 2, jalali=True)
    if foreign:
        return (YMD, short, DMY, MDY, Order(2, 1, 0, jalali=True))
    if separator == "/" and half_days:
        return (MDY, DMY, YMD, short)
    return (DMY, MDY, YMD, short)


def choose_order(dates: Sequence[Triple], orders: Sequence[Order], *, today: date) -> Order:
    """`dates` as they follow each other in the file. The first of `orders` wins a tie."""
    return min(orders, key=lambda order: _badness(dates, order, today))


def _badness(dates: Sequence[Triple], order: Order, today: date) -> tuple[int, int]:
    """(dates that are wrong or step back, days between neighbours in all)."""
    days: dict[Triple, int] = {}
    wrong = steps = 0
    last = 0
    for triple in dates:
        if triple not in days:
            day = day_of(triple, order)
            credible = day is not None and day.year >= FIRST_YEAR and day <= today
            days[triple] = day.toordinal() if day is not None and credible else 0
        here = days[triple]
        if not here:
            wrong += 1
            continue
        if last:
            wrong += here < last
            steps += abs(here - last)
        last = here
    return wrong, steps
