"""Everything under the newest key, so that the older ones can be thrown away.

Rows are written in batches, each a transaction of its own; what is under the newest key already is
left as it is, so a run that was cut off is simply started again. Keyed hashes are made anew from
the values that they stand for: after a new contact key, customers are found again. Hashes of
outside ids (`opaque_id`) cannot be: nothing keeps what they stand for.
"""

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any, Final

from django.db import transaction
from django.db.models import Model, QuerySet

from text.privacy import normal_value
from tickets.models import Attachment, Customer, ReplyDraft, VaultEntry
from tickets.vault import files
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
    """`values`, `customers`, `files`, `others` (what agents typed, secrets of doors and of second
    factors): encrypted anew. `hashes`: keyed hashes that changed. `current`: what was under the
    newest key. `unreadable`: what no key opens, left as it is. `clashes`: hashes left, since
    another row has the new one."""

    values: int = 0
    customers: int = 0
    files: int = 0
    others: int = 0
    hashes: int = 0
    current: int = 0
    unreadable: int = 0
    clashes: int = 0
    seconds: float = 0.0

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


Encrypted = tuple[QuerySet[Any], str]
"""Rows, and the field of theirs that the vault's key encrypted."""


def rotate(
    *,
    others: Sequence[Encrypted] = (),
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> RotationReport:
    """`others`: of parts that this one does not know. `progress` gets the rows done and how many
    there are."""
    started = time.monotonic()
    report = RotationReport()
    kept = Attachment.objects.filter(state=Attachment.State.KEPT).exclude(path="")
    kinds: list[tuple[QuerySet[Any], Callable[[list[Any]], None]]] = [
        (VaultEntry.objects.select_related("ticket"), partial(_values, report=report)),
        (Customer.objects.all(), partial(_customers, report=report)),
        (kept, partial(_files, report=report)),
    ]
    for rows, field in [(ReplyDraft.objects.all(), "text_encrypted"), *others]:
        kinds.append((rows, partial(_others, field=field, report=report)))
    total = sum(rows.count() for rows, _renew in kinds)
    done = 0
    for rows, renew in kinds:
        for count in _batches(rows, renew):
            done += count
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


def _files(rows: Sequence[Attachment], report: RotationReport) -> None:
    """Each in place of the former, whole; rows share one where the same file came twice."""
    for path in {row.path for row in rows}:
        try:
            renewed = files.renew(path)
        except FileNotFoundError:
            continue  # its row says so to whoever asks for it
        except UnreadableVault:
            report.unreadable += 1
            continue
        report.files += renewed
        report.current += not renewed


def _others(rows: Sequence[Any], field: str, report: RotationReport) -> None:
    changed: list[Any] = []
    for row in rows:
        token = bytes(getattr(row, field))
        if not token:
            continue
        try:
            value = decrypt(token)
        except UnreadableVault:
            report.unreadable += 1
            continue
        if is_current(token):
            report.current += 1
            continue
        setattr(row, field, encrypt(value))
        changed.append(row)
    if changed:
        type(changed[0])._default_manager.bulk_update(changed, [field])
    report.others += len(changed)


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
