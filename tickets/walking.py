"""From ticket to ticket along the list that an agent came from: `Walk`, `Steps`.

The list stands in the ticket's address as it does in the inbox's (filters, order, page), and with
it the place in it (`at`, see `tickets.places`). So a reload, a second tab and a sent answer keep
it, and a list that changes meanwhile is neither begun again nor left: the next ticket is the first
one after the place, whatever became of this one. Words that were looked for are encrypted there
(`words`), since they may be a customer's.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Final
from urllib.parse import urlencode

from django.contrib.auth.models import User
from django.urls import reverse

from tickets import places, vault
from tickets.inbox_filters import WAITING, Filters, matching, read_filters
from tickets.models import Ticket

_LONGEST: Final = 2000


@dataclass(frozen=True)
class Walk:
    """`page`: of the inbox, as its address has it; `at`: the place in the list, "" where nobody
    knows it yet."""

    filters: Filters = field(default_factory=Filters)
    page: str = ""
    at: str = ""

    @cached_property
    def list_query(self) -> str:
        """The list without the place."""
        parts = self.filters.as_dict()
        if words := parts.pop("q", ""):
            parts["words"] = _sealed(words)
        return "&".join(part for part in (urlencode(parts), self.page) if part)

    @property
    def query(self) -> str:
        place = f"at={self.at}" if self.at else ""
        return "&".join(part for part in (self.list_query, place) if part)

    @property
    def back(self) -> str:
        """The list itself, for the inbox."""
        query = "&".join(part for part in (self.filters.query, self.page) if part)
        return _address(reverse("inbox"), query)

    def to(self, pk: int) -> str:
        """The address of a ticket's page from which the walk goes on."""
        return _address(reverse("ticket", args=[pk]), self.query)

    def at_ticket(self, ticket: Ticket) -> "Walk":
        """At the ticket's own place; without one where it has none in this list."""
        has_left = self.filters.state == WAITING and ticket.state not in Ticket.OPEN_STATES
        at = "" if has_left else places.cursor(ticket, self.keys)
        walk = replace(self, at=at)
        walk.__dict__["list_query"] = self.list_query  # encrypted once for a page of rows
        return walk

    @property
    def keys(self) -> tuple[str, ...]:
        return places.ORDERS[self.filters.order]


def read_walk(values: Mapping[str, Any]) -> Walk:
    """From the address of a ticket; what is not understood is left out."""
    filters = replace(read_filters(values), q=_opened(values.get("words", "")))
    walk = Walk(filters, places.page_of(values))
    at = values.get("at", "")
    return replace(walk, at=at) if places.read(at, walk.keys) else walk


def lead(tickets: Iterable[Any], walk: Walk) -> None:
    """Give each row of a list its `address`: the ticket, with the list that leads to it."""
    for ticket in tickets:
        ticket.address = walk.at_ticket(ticket).to(ticket.pk)


class Steps:
    """What can be gone to from a ticket: addresses, "" where there is nothing. Each is asked for
    when a page shows it."""

    def __init__(self, walk: Walk, ticket: Ticket, *, reader: User) -> None:
        self.walk = walk if walk.at else walk.at_ticket(ticket)
        self._ticket, self._reader = ticket, reader

    @property
    def suffix(self) -> str:
        """For addresses of this ticket: forms that come back to it, parts of its page."""
        return _address("", self.walk.query)

    @property
    def list_suffix(self) -> str:
        """For another ticket's: the list without this one's place."""
        return _address("", self.walk.list_query)

    @property
    def back(self) -> str:
        return self.walk.back

    @cached_property
    def previous(self) -> str:
        return self._step([places.turned(key) for key in self.walk.keys]) if self.walk.at else ""

    @cached_property
    def next(self) -> str:
        """Without a place: the first of the list."""
        return self._step(self.walk.keys)

    @cached_property
    def first(self) -> str:
        """Where to begin again when the list has ended."""
        return self._step(self.walk.keys, from_start=True)

    def _step(self, keys: Iterable[str], *, from_start: bool = False) -> str:
        keys = list(keys)
        rows = matching(self.walk.filters, reader=self._reader).exclude(pk=self._ticket.pk)
        place = None if from_start else places.read(self.walk.at, keys)
        if place is not None:
            rows = rows.filter(places.beyond(keys, place))
        names = [key.lstrip("-") for key in keys]
        found = rows.order_by(*keys).only("state", *names).first()
        return self.walk.at_ticket(found).to(found.pk) if found else ""


def _address(path: str, query: str) -> str:
    return f"{path}?{query}" if query else path


def _sealed(words: str) -> str:
    return vault.encrypt(words).decode().rstrip("=")


def _opened(sealed: str) -> str:
    """ "" for what this desk has not sealed."""
    if not sealed or len(sealed) > _LONGEST or not sealed.isascii():
        return ""
    try:
        return vault.decrypt((sealed + "=" * (-len(sealed) % 4)).encode())
    except vault.UnreadableVault:
        return ""
