"""The inbox's rows, page by page, and how many there are, at a cost that does not grow.

A page begins where the last one ended (`cursor`): no row is counted or skipped, so the thousandth
page costs what the first does. Counts stop at `MOST_COUNTED`. The indexes behind each order are in
`tickets.models.Ticket`.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from django.contrib.auth.models import User
from django.db import connection
from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Left

from people.roles import Person
from text.privacy.placeholders import whole
from tickets import vault
from tickets.access import tickets_of
from tickets.inbox_filters import Filters, matching
from tickets.models import Message, Ticket
from tickets.rights.requests import ERASED

PAGE_SIZE: Final = 30
PREVIEW: Final = 140
MOST_COUNTED: Final = 1000
_SINCE_1970: Final = datetime(1970, 1, 1, tzinfo=UTC)
ORDERS: Final[dict[str, tuple[str, ...]]] = {
    "waiting": ("waiting_since", "pk"),
    "priority": ("-priority", "waiting_since", "pk"),
    "newest": ("-created_at", "-pk"),
}


@dataclass(frozen=True)
class Page:
    """`before`, `after`: cursors of the pages around it, "" where there is none."""

    tickets: Sequence[Any]
    before: str
    after: str


def page(
    filters: Filters, *, reader: User, after: str = "", before: str = "", size: int = PAGE_SIZE
) -> Page:
    """The first page, or the one that begins after a cursor, or ends before one."""
    rows = matching(filters, reader=reader)
    found = page_keys(filters, rows, after=after, before=before, size=size)
    is_more = len(found) > size
    found = found[:size]
    if before:
        found.reverse()
    tickets = load(found)
    keys = ORDERS[filters.order]
    first = _cursor(tickets[0], keys) if tickets else ""
    last = _cursor(tickets[-1], keys) if tickets else ""
    has_before = is_more if before else bool(after)
    has_after = bool(before) or is_more
    return Page(tickets, first if has_before else "", last if has_after else "")


def page_keys(
    filters: Filters,
    rows: QuerySet[Ticket],
    *,
    after: str = "",
    before: str = "",
    size: int = PAGE_SIZE,
) -> list[int]:
    """Numbers of a page's tickets and of one more; backwards where it ends before a cursor."""
    keys = ORDERS[filters.order]
    if before:
        keys = tuple(_turned(key) for key in keys)
    place = _place(before or after, keys)
    if place is not None:
        rows = rows.filter(_beyond(keys, place))
    return list(rows.order_by(*keys).values_list("pk", flat=True)[: size + 1])


def load(pks: Sequence[int]) -> list[Any]:
    """Rows as the page shows them, in the order given."""
    last = Message.objects.filter(ticket=OuterRef("pk"), role=Message.Role.CUSTOMER)
    last = last.order_by("-created_at", "-pk").annotate(start=Left("text", PREVIEW))
    rows = (
        Ticket.objects.filter(pk__in=pks)
        .defer("found", "search")
        .select_related("customer", "assignee", "team")
        .annotate(preview=Subquery(last.values("start")[:1]))
    )
    found = {row.pk: row for row in rows}
    shown = [found[pk] for pk in pks if pk in found]
    name_customers(shown)
    return shown


def counts(views: Mapping[str, Filters], *, reader: User) -> dict[str, int]:
    """Of each view, in one query; MOST_COUNTED + 1 says: more than that."""
    parts: list[str] = []
    parameters: list[Any] = []
    for filters in views.values():
        rows = matching(filters, reader=reader).order_by().values("pk")[: MOST_COUNTED + 1]
        sql, values = rows.query.sql_with_params()
        parts.append(f"(SELECT count(*) FROM ({sql}) AS counted)")  # noqa: S608  Django's SQL
        parameters += values
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(parts)}", parameters)
        row = cursor.fetchone()
    return dict(zip(views, row, strict=True))


def name_customers(rows: Iterable[Any]) -> None:
    """Give each row of a page its `customer_name`, which stands encrypted in the database, and
    take the half placeholder from the end of its preview."""
    for row in rows:
        row.customer_name = vault.readable(row.customer.name_encrypted) if row.customer else ""
        row.preview = whole(row.preview or "")


def neighbours(ticket: Ticket, *, reader: Person | None = None) -> tuple[int | None, int | None]:
    """The waiting tickets before and after this one. For one that waits no more, the next is the
    longest waiting."""
    rows = Ticket.objects.all() if reader is None else tickets_of(reader)
    rows = rows.filter(waiting_since__isnull=False, state__in=Ticket.OPEN_STATES)
    rows = rows.exclude(source=ERASED)
    keys = ORDERS["waiting"]
    since = ticket.waiting_since
    if since is None or ticket.state not in Ticket.OPEN_STATES:
        return None, rows.order_by(*keys).values_list("pk", flat=True).first()
    place = [since, ticket.pk]
    turned = tuple(_turned(key) for key in keys)
    before, after = (
        rows.filter(_beyond(way, place)).order_by(*way).values_list("pk", flat=True).first()
        for way in (turned, keys)
    )
    return before, after


def _turned(key: str) -> str:
    return key[1:] if key.startswith("-") else f"-{key}"


def _beyond(keys: Sequence[str], place: Sequence[Any]) -> Q:
    """Rows that come after the place. The first key's bound alone is said too: it is what the
    index is entered by."""
    condition, equal = Q(), Q()
    for key, value in zip(keys, place, strict=True):
        name, side = key.lstrip("-"), "lt" if key.startswith("-") else "gt"
        condition |= equal & Q(**{f"{name}__{side}": value})
        equal &= Q(**{name: value})
    name, side = keys[0].lstrip("-"), "lte" if keys[0].startswith("-") else "gte"
    return Q(**{f"{name}__{side}": place[0]}) & condition


def _cursor(ticket: Any, keys: Sequence[str]) -> str:
    return ".".join(_written(getattr(ticket, key.lstrip("-"))) for key in keys)


def _written(value: datetime | int) -> str:
    if isinstance(value, datetime):
        return str((value - _SINCE_1970) // timedelta(microseconds=1))
    return str(value)


def _place(cursor: str, keys: Sequence[str]) -> list[Any] | None:
    """None for no cursor, and for one that is none."""
    parts = cursor.split(".")
    if len(parts) != len(keys) or not all(
        part.isascii() and part.isdigit() and len(part) <= 18 for part in parts
    ):
        return None
    try:
        return [_read[key.lstrip("-")](int(part)) for key, part in zip(keys, parts, strict=True)]
    except OverflowError:
        return None


def _moment(microseconds: int) -> datetime:
    return _SINCE_1970 + timedelta(microseconds=microseconds)


_read: Final[dict[str, Callable[[int], Any]]] = {
    "waiting_since": _moment,
    "created_at": _moment,
    "priority": lambda number: min(number, 9),
    "pk": int,
}
