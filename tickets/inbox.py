"""Rows of the inbox."""

from collections.abc import Iterable
from typing import Any, Final

from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Left

from text.privacy.placeholders import whole
from tickets import vault
from tickets.models import Message, Ticket
from tickets.rights.requests import ERASED

TABS: Final = ("open", "answered", "all")
PREVIEW = 140
NEIGHBOURS_WITHIN = 1000
"""Farther down the inbox, next and previous are not offered."""


def inbox_rows(tab: str) -> QuerySet[Any]:
    """Open ones: the longest waiting first; others: the newest first."""
    last = Message.objects.filter(ticket=OuterRef("pk"), role=Message.Role.CUSTOMER)
    last = last.order_by("-created_at", "-pk")
    rows = (
        Ticket.objects.exclude(source=ERASED)
        .defer("found")
        .select_related("customer")
        .annotate(
            preview=Subquery(last.annotate(start=Left("text", PREVIEW)).values("start")[:1]),
        )
    )
    if tab == "open":
        return rows.filter(state__in=Ticket.OPEN_STATES).order_by("waiting_since", "pk")
    if tab == "answered":
        rows = rows.filter(state=Ticket.State.ANSWERED)
    return rows.order_by("-created_at", "-pk")


def state_counts() -> dict[str, int]:
    """{"open": n, "answered": n, "all": n} in one query."""
    rows = Ticket.objects.exclude(source=ERASED)
    counts = dict(rows.values_list("state").annotate(Count("pk")).order_by())
    return {
        "open": sum(counts.get(state, 0) for state in Ticket.OPEN_STATES),
        "answered": counts.get(Ticket.State.ANSWERED, 0),
        "all": sum(counts.values()),
    }


def name_customers(rows: Iterable[Any]) -> None:
    """Give each row of a page its `customer_name`, which stands encrypted in the database, and
    take the half placeholder from the end of its preview."""
    for row in rows:
        row.customer_name = vault.readable(row.customer.name_encrypted) if row.customer else ""
        row.preview = whole(row.preview or "")


def neighbours(ticket: Ticket) -> tuple[int | None, int | None]:
    """The open tickets before and after this one, in the inbox's order. For one that waits no more,
    the next is the longest waiting."""
    waiting = list(inbox_rows("open").values_list("pk", flat=True)[:NEIGHBOURS_WITHIN])
    if ticket.pk not in waiting:
        return None, waiting[0] if waiting else None
    place = waiting.index(ticket.pk)
    return (
        waiting[place - 1] if place else None,
        waiting[place + 1] if place + 1 < len(waiting) else None,
    )
