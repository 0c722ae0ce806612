"""Everything under the newest key, so that the older ones can be thrown away.

Rows are written in batches, each a transaction of its own; what is under the newest key already is
left as it is, so a run that was cut off is simply started again. Keyed hashes are made anew from
the values that they stand for: after a new contact key, customers are found again. Hashes of
outside ids (`opaque_id`) cannot be: nothing keeps what they stand for.
"""

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from django.db import transaction
from django.db.models import Model, QuerySet

from text.privacy import normal_value
from tickets.models import Customer, VaultEntry
from tickets.vault.cipher import (
    UnreadableVault,
    contact_hmac,
    decrypt,
    encrypt,
    is_current,
    value_hmac,
)

BATCH: Final = 500


@dataclass
class RotationReport:
    """`values`, `customers`: rows encrypted anew. `hashes`: keyed hashes that changed. `current`:
    rows that were under the newest key. `unreadable`: rows that no key opens, left as they are.
    `clashes`: hashes left, since another row has the new one."""

    values: int = 0
    customers: int = 0
    hashes: int = 0
    current: int = 0
    unreadable: int = 0
    clashes: int = 0
    seconds: float = 0.0

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def rotate(*, progress: Callable[[int, int], None] = lambda done, total: None) -> RotationReport:
    """`progress` gets the rows done and how many there are."""
    started = time.monotonic()
    report = RotationReport()
    values = VaultEntry.objects.select_related("ticket")
    customers = Customer.objects.all()
    total = values.count() + customers.count()
    done = 0
    for rows in _batches(values, lambda rows: _values(rows, report)):
        done += rows
        progress(done, total)
    for rows in _batches(customers, lambda rows: _customers(rows, report)):
        done += rows
        progress(done, total)
    report.seconds = round(time.monotonic() - started, 3)
    return report


def _batches(rows: QuerySet[Any], renew: Callable[[list[Any]], None]) -> Iterable[int]:
    """Sizes of the batches, each renewed and committed."""
    last = 0
    while True:
        with transaction.atomic():
            locked = rows.select_for_update(of=("self",)).filter(pk__gt=last).order_by("pk")
            batch = list(locked[:BATCH])
            renew(batch)
        if not batch:
            return
        last = batch[-1].pk
        yield len(batch)


def _values(rows: Sequence[VaultEntry], report: RotationReport) -> None:
    hashes: dict[int, str] = {}
    changed: list[VaultEntry] = []
    for row in rows:
        try:
            value = decrypt(row.value_encrypted)
        except UnreadableVault:
            report.unreadable += 1
            continue
        hashes[row.pk] = value_hmac(
            source=row.ticket.source,
            external_id=row.ticket.external_id,
            type_=row.type,
            normal=normal_value(row.type, value),
        )
        if is_current(row.value_encrypted):
            report.current += 1
            continue
        row.value_encrypted = encrypt(value)
        changed.append(row)
    VaultEntry.objects.bulk_update(changed, ["value_encrypted"])
    report.values += len(changed)
    _rehash(rows, hashes, "value_hmac", report)


def _customers(rows: Sequence[Customer], report: RotationReport) -> None:
    hashes: dict[int, str] = {}
    changed: list[Customer] = []
    for row in rows:
        tokens = [bytes(one) for one in (row.contact_encrypted, row.name_encrypted)]
        try:
            contact, name = (decrypt(token) for token in tokens)
        except UnreadableVault:
            report.unreadable += 1
            continue
        hashes[row.pk] = contact_hmac(contact)
        if all(is_current(token) for token in tokens if token):
            report.current += 1
            continue
        row.contact_encrypted, row.name_encrypted = encrypt(contact), encrypt(name)
        changed.append(row)
    Customer.objects.bulk_update(changed, ["contact_encrypted", "name_encrypted"])
    report.customers += len(changed)
    _rehash(rows, hashes, "contact_hmac", report)


def _rehash(
    rows: Sequence[Model], hashes: dict[int, str], field: str, report: RotationReport
) -> None:
    """Write the hashes that changed. Two spellings that were two values before a release and are
    one since keep their hashes: rows are not merged here."""
    changed = {
        pk: hashes[pk]
        for row in rows
        if (pk := row.pk) in hashes and getattr(row, field) != hashes[pk]
    }
    if not changed:
        return
    kind = type(rows[0])
    there = kind._default_manager.filter(**{f"{field}__in": changed.values()})
    taken = set(there.values_list(field, flat=True))
    for pk, digest in changed.items():
        if digest in taken:
            report.clashes += 1
            continue
        taken.add(digest)
        kind._default_manager.filter(pk=pk).update(**{field: digest})
        report.hashes += 1
