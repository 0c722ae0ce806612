"""Many past tickets at once into the database: `write(tickets, source)`, by COPY, which takes a
fifth of what INSERT does. In the caller's transaction."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, models
from django.db.models import Count, Max, Sum, Value
from django.db.models.functions import Coalesce, Length, Replace
from django.utils import timezone

from tickets import vault
from tickets.importing.masking import MaskedTicket
from tickets.importing.records import AGENT, Turn
from tickets.models import Customer, Message, Ticket, VaultEntry
from tickets.second_opinion import along

LOCK = 7_263_012  # one import at a time writes; others wait


@dataclass(frozen=True, slots=True)
class Stored:
    """How much of a conversation is there: enough to see that a file has no more of it."""

    turns: int
    line_ends: int
    last: datetime | None

    def may_grow_by(self, turns: Sequence[Turn]) -> bool:
        """Masking makes no lines, so equal counts say that nothing came."""
        last = turns[-1].at
        return (
            len(turns) > self.turns
            or sum(turn.text.count("\n") for turn in turns) > self.line_ends
            or (last is not None and self.last is not None and last > self.last)
        )


def existing(source: str, external_ids: Iterable[str]) -> set[str]:
    rows = Ticket.objects.filter(source=source, external_id__in=list(external_ids))
    return set(rows.values_list("external_id", flat=True))


def stored(source: str, external_ids: Iterable[str]) -> dict[str, Stored]:
    """Of those that are there."""
    text = "messages__text"
    one_line = Replace(text, Value("\n"), Value(""))
    rows = (
        Ticket.objects.filter(source=source, external_id__in=list(external_ids))
        .annotate(
            turns=Count("messages"),
            line_ends=Coalesce(Sum(Length(text) - Length(one_line)), 0),
            last=Max("messages__created_at"),
        )
        .values_list("external_id", "turns", "line_ends", "last")
    )
    return {external_id: Stored(*counts) for external_id, *counts in rows}


def lock() -> None:
    """Until the transaction ends: two imports of one file add nothing twice."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])


def hold(source: str, external_ids: Iterable[str], contacts: Iterable[str]) -> set[str]:
    """The external ids of those tickets that are there; they and the contacts' customers stay until
    the transaction ends. Before any question is written: who erases takes the locks in this order.
    """
    digests = {vault.contact_hmac(contact) for contact in contacts}
    customers = Customer.objects.filter(contact_hmac__in=digests)
    list(customers.select_for_update(no_key=True).order_by("pk").values_list("pk"))
    rows = Ticket.objects.filter(source=source, external_id__in=list(external_ids))
    held = rows.select_for_update().order_by("pk")
    return set(held.values_list("external_id", flat=True))


def write(tickets: Sequence[MaskedTicket], source: str) -> None:
    now = timezone.now()
    numbers = _next_numbers(Ticket, len(tickets))
    customers = _customers(tickets)
    rows = [
        _ticket(ticket, number, source, now, customers.get(ticket.contact))
        for ticket, number in zip(tickets, numbers, strict=True)
    ]
    copy(rows, with_key=True)
    copy(
        Message(
            ticket_id=row.pk,
            role=turn.role,
            text=turn.text,
            second_read=along.is_reading(),
            created_at=turn.at,
        )
        for row, ticket in zip(rows, tickets, strict=True)
        for turn in ticket.turns
    )
    copy(_entries(rows, tickets, now))


def _customers(tickets: Sequence[MaskedTicket]) -> dict[str, int]:
    """The customer of each contact; new ones are made."""
    digests = {one.contact: vault.contact_hmac(one.contact) for one in tickets if one.contact}
    wanted = {digest: contact for contact, digest in digests.items()}
    there = Customer.objects.filter(contact_hmac__in=wanted)
    found = dict(there.values_list("contact_hmac", "pk"))
    missing = wanted.keys() - found.keys()
    Customer.objects.bulk_create(
        (
            Customer(contact_hmac=digest, contact_encrypted=vault.encrypt(wanted[digest]))
            for digest in sorted(missing)
        ),
        ignore_conflicts=True,
    )
    if missing:
        found = dict(there.all().values_list("contact_hmac", "pk"))
    return {contact: found[digest] for contact, digest in digests.items()}


def _ticket(
    ticket: MaskedTicket, number: int, source: str, now: datetime, customer: int | None
) -> Ticket:
    """Nobody waits for an answer any more, also where the customer had the last word."""
    answered = ticket.turns[-1].role == AGENT
    return Ticket(
        pk=number,
        customer_id=customer,
        source=source,
        external_id=ticket.external_id,
        subject=ticket.subject,
        lang=ticket.lang,
        state=Ticket.State.ANSWERED if answered else Ticket.State.CLOSED,
        created_at=ticket.turns[0].at,
        updated_at=now,
    )


def _entries(
    rows: Sequence[Ticket], tickets: Sequence[MaskedTicket], now: datetime
) -> Iterable[VaultEntry]:
    """Not of tickets older than the vault keeps anything: their values are forgotten at once."""
    for row, ticket in zip(rows, tickets, strict=True):
        expires_at = vault.expiry(ticket.turns[-1].at)
        if expires_at > now:
            yield from ticket.masker.entries(row, expires_at=expires_at)


def _next_numbers(table: type[models.Model], count: int) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)",
            [table._meta.db_table, count],
        )
        return [row[0] for row in cursor.fetchall()]


def copy(rows: Iterable[models.Model], *, with_key: bool = False) -> None:
    """COPY of unsaved rows, all of one model. `auto_now` fields hold what the row holds."""
    waiting = iter(rows)
    first = next(waiting, None)
    if first is None:
        return
    fields = [
        field
        for field in first._meta.concrete_fields
        if (with_key or not field.primary_key) and not field.generated
    ]
    columns = ", ".join(connection.ops.quote_name(str(field.column)) for field in fields)
    sql = f"COPY {connection.ops.quote_name(first._meta.db_table)} ({columns}) FROM STDIN"
    plain = [(field.attname, field) for field in fields]
    with connection.cursor() as cursor, cursor.copy(sql) as stream:
        row: models.Model | None = first
        while row is not None:
            stream.write_row([_value(getattr(row, name), field) for name, field in plain])
            row = next(waiting, None)


def _value(value: Any, field: Any) -> Any:
    if isinstance(value, str | int | bytes | datetime) or value is None:
        return value
    return field.get_db_prep_save(value, connection)
