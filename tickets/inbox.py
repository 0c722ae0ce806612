"""The inbox's rows, page by page, and how many there are, at a cost that does not grow.

A page begins where the last one ended (see `tickets.places`). Counts stop at `MOST_COUNTED`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.contrib.auth.models import User
from django.db import connection
from django.db.models import OuterRef, QuerySet, Subquery
from django.db.models.functions import Left

from text.privacy.placeholders import whole
from tickets import places, vault
from tickets.inbox_filters import Filters, matching
from tickets.models import Message, Ticket
from tickets.places import ORDERS

PAGE_SIZE: Final = 30
PREVIEW: Final = 140
MOST_COUNTED: Final = 1000


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
    cursors = [one for one in (places.cursor(ticket, keys) for ticket in tickets) if one]
    first, last = (cursors[0], cursors[-1]) if cursors else ("", "")
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
        keys = tuple(places.turned(key) for key in keys)
    place = places.read(before or after, keys)
    if place is not None:
        rows = rows.filter(places.beyond(keys, place))
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
