"""What only the whole file tells: `survey(lines)` is the first of two passes over a chat.

Which shapes of headers are headers (a text may begin with a date too), which number is the month,
what AM and PM are called, who speaks, and whether names hold colons. It keeps counts, days and
names, never texts.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Final

from tickets.importing.lines import Line
from tickets.importing.whatsapp.calendars import (
    DMY,
    Order,
    Triple,
    choose_order,
    day_of,
    orders_for,
)
from tickets.importing.whatsapp.halfdays import Half, half_of, hour_of_day
from tickets.importing.whatsapp.headers import Header, Shape, read_header, split_name, visible

MAX_SPEAKERS: Final = 10_000
_MAX_DATES: Final = 20_000
_RUN: Final = 3
_SHARE: Final = 0.2
_SURE: Final = 5  # messages by which a name is known to hold a colon
_LONGEST_NAME_PART: Final = 40


@dataclass
class Clock:
    """Reads the times of one shape of headers."""

    order: Order
    halves: dict[str, Half]
    _days: dict[Triple, date | None] = field(default_factory=dict)

    def moment(self, header: Header) -> datetime | None:
        """None for a date that does not exist. Local time, as it was written."""
        if header.date not in self._days:
            self._days[header.date] = day_of(header.date, self.order)
        day = self._days[header.date]
        if day is None:
            return None
        hour = header.hour
        if header.words:
            hour = hour_of_day(hour, self.halves.get(header.words))
        return datetime(day.year, day.month, day.day, hour % 24, header.minute, header.second)


@dataclass
class Survey:
    """`speakers`: messages of each name, in order of appearance. `marks_are_own`: a mark before a
    text says that the application wrote it; `leads_are_own`: one before a header, an attachment."""

    clocks: dict[Shape, Clock]
    speakers: Counter[str]
    names_with_colon: dict[str, tuple[str, ...]]
    marks_are_own: bool
    leads_are_own: bool
    headers: int

    def moment(self, header: Header) -> datetime | None:
        clock = self.clocks.get(header.shape)
        return clock.moment(header) if clock else None

    def name_and_text(self, rest: str) -> tuple[str, str] | None:
        cut = split_name(rest)
        if cut is None:
            return None
        name, text = plain_name(cut[0]), cut[1]
        if name in self.names_with_colon and (second := split_name(text)):
            longer = visible(second[0])
            if longer in self.names_with_colon[name]:
                return f"{name}: {longer}", second[1]
        return name, text


@dataclass
class _Form:
    headers: int = 0
    run: int = 0
    longest_run: int = 0
    dates: list[Triple] = field(default_factory=list)
    hours: dict[str, int] = field(default_factory=dict)  # words -> the highest hour beside them
    follows: Counter[tuple[str, str]] = field(default_factory=Counter)
    last_words: str = ""
    speakers: Counter[str] = field(default_factory=Counter)
    marked: Counter[str] = field(default_factory=Counter)  # names before a text with a mark


class _Surveyor:
    def __init__(self) -> None:
        self.forms: dict[Shape, _Form] = {}
        self.speakers: Counter[str] = Counter()
        self.parts: dict[str, Counter[str]] = {}
        self.marked = 0
        self.led = 0
        self.named = 0
        self.last: _Form | None = None

    def add(self, header: Header) -> None:
        form = self.forms.get(header.shape)
        if form is None:
            form = self.forms.setdefault(header.shape, _Form())
        form.headers += 1
        form.run = form.run + 1 if form is self.last else 1
        form.longest_run = max(form.longest_run, form.run)
        self.last = form
        new_day = not form.dates or form.dates[-1] != header.date
        if new_day and len(form.dates) < _MAX_DATES:
            form.dates.append(header.date)
        if header.words:
            form.hours[header.words] = max(form.hours.get(header.words, 0), header.hour)
            if not new_day and form.last_words != header.words:
                form.follows[form.last_words, header.words] += 1
            form.last_words = header.words
        self._add_speaker(header, form)

    def _add_speaker(self, header: Header, form: _Form) -> None:
        cut = split_name(header.rest)
        if cut is None:
            return
        name, text = plain_name(cut[0]), cut[1]
        self.named += 1
        self.led += header.own
        if text.startswith("\u200e"):
            self.marked += 1
            if name in form.marked or len(form.marked) < MAX_SPEAKERS:
                form.marked[name] += 1
            return
        if name not in self.speakers and len(self.speakers) >= MAX_SPEAKERS:
            return
        self.speakers[name] += 1
        form.speakers[name] += 1
        if ":" in text and (second := split_name(text[: _LONGEST_NAME_PART + 2])):
            parts = self.parts.setdefault(name, Counter())
            if len(parts) < _LONGEST_NAME_PART:
                parts[visible(second[0])] += 1

    def names_with_colon(self) -> dict[str, tuple[str, ...]]:
        """Names after which the same few words and a colon always follow."""
        return {
            name: tuple(parts)
            for name, parts in self.parts.items()
            if parts.total() == self.speakers[name] >= max(_SURE, 4 * (len(parts) - 1))
        }


plain_name = lru_cache(maxsize=1024)(visible)


def survey(lines: Iterable[Line], *, today: date | None = None) -> Survey:
    """`lines`: of one chat in one file; read once, from start to end."""
    seen = _Surveyor()
    for line in lines:
        if line.text and (header := read_header(line.text.rstrip("\r\n"))):
            seen.add(header)
    total = sum(form.headers for form in seen.forms.values())
    last_day = (today or date.today()) + timedelta(days=2)
    clocks = {
        shape: _clock(shape, form, last_day)
        for shape, form in seen.forms.items()
        if form.longest_run >= _RUN or form.headers >= _SHARE * total
    }
    marks_are_own = seen.marked <= seen.named / 2 or seen.named < _RUN
    with_colon = seen.names_with_colon()
    spoken: Counter[str] = Counter()
    for shape in clocks:
        form = seen.forms[shape]
        spoken.update(form.speakers if marks_are_own else form.speakers + form.marked)
    return Survey(
        clocks=clocks,
        speakers=_speakers(seen, spoken, with_colon),
        names_with_colon=with_colon,
        marks_are_own=marks_are_own,
        leads_are_own=seen.led <= seen.named / 2 or seen.named < _RUN,
        headers=total,
    )


def _speakers(
    seen: _Surveyor, spoken: Counter[str], with_colon: dict[str, tuple[str, ...]]
) -> Counter[str]:
    """In order of appearance, without those that only a text's own dates made."""
    speakers: Counter[str] = Counter()
    for name in dict.fromkeys([*seen.speakers, *spoken]):
        if not (count := spoken[name]):
            continue
        if name in with_colon:
            speakers.update({f"{name}: {part}": n for part, n in seen.parts[name].items()})
        else:
            speakers[name] += count
    return speakers


def _clock(shape: Shape, form: _Form, last_day: date) -> Clock:
    halves = _halves(form)
    first = form.dates[0]
    orders = orders_for(first, shape.separator, half_days=bool(halves))
    if not orders:
        return Clock(DMY, halves)
    return Clock(choose_order(form.dates, orders, today=last_day), halves)


def _halves(form: _Form) -> dict[str, Half]:
    """Of two words of an unknown language the one that stands first on most days is the morning."""
    twelve = [words for words, hour in form.hours.items() if hour <= 12]
    known = {words: half for words in twelve if (half := half_of(words))}
    unknown = [words for words in twelve if words not in known]
    if len(unknown) == 2 and not known:
        first, second = unknown
        if form.follows[second, first] > form.follows[first, second]:
            first, second = second, first
        return {first: "am", second: "pm"}
    return known
