"""What the privacy engine did on this desk: `privacy_report()`.

`masked` counts placeholders in messages, each once a ticket: also those whose value expired or was
destroyed. A miss is what an agent marked afterwards, in a ticket that is still there; it is masked
since, so misses over masked is the share that the engine had left. What nobody marked is in no
figure.
"""

from collections import Counter
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import connection
from django.db.models import Count, Max, Min, Q
from django.utils import timezone

from text.privacy.spans import DESTROYED
from tickets.models import PrivacyMiss, RightsRequest, VaultEntry, VaultReading

READINGS_DAYS: Final = 30
SOON_DAYS: Final = 7

_MASKED = r"""
    SELECT regexp_replace(name, '_[0-9]+$', '') AS type, count(*)::bigint FROM (
        SELECT DISTINCT ticket_id, split_part(part, ']', 1) AS name
        FROM tickets_message, unnest((string_to_array(text, '['))[2:]) AS part
        WHERE strpos(text, '[') > 0 AND strpos(part, ']') > 0
    ) brackets WHERE name ~ '^[A-Z][A-Z_]*_[0-9]+$' GROUP BY type
"""
"""Cut at the brackets: a pattern that is looked for in all messages takes three times as long."""


@dataclass(frozen=True)
class TypeRow:
    """`kept`: values in the vault now, `destroyed`: of a type whose values are never kept.
    `share` of misses in what is masked, None where nothing is."""

    type: str
    masked: int
    kept: int
    misses: int
    share: float | None
    destroyed: bool


@dataclass(frozen=True)
class ReaderRow:
    """`user` "": commands."""

    user: str
    readings: int
    tickets: int
    last_at: datetime


@dataclass(frozen=True)
class PrivacyReport:
    """`next_expiry`: when the first value of the vault expires; `expiring_soon`: within a week.
    `readings`: of the last 30 days, by person. `requests`: customers' rights, ever."""

    types: tuple[TypeRow, ...]
    values: int
    next_expiry: datetime | None
    expiring_soon: int
    readings: tuple[ReaderRow, ...]
    requests: dict[str, int]

    @property
    def masked(self) -> int:
        return sum(row.masked for row in self.types)

    @property
    def misses(self) -> int:
        return sum(row.misses for row in self.types)

    def as_dict(self) -> dict[str, Any]:
        return {"masked": self.masked, "misses": self.misses, **asdict(self)}


def privacy_report(*, now: datetime | None = None) -> PrivacyReport:
    now = now or timezone.now()
    vault = VaultEntry.objects.filter(expires_at__gt=now)
    soon = now + timedelta(days=SOON_DAYS)
    sums = vault.aggregate(
        values=Count("pk"), next=Min("expires_at"), soon=Count("pk", filter=Q(expires_at__lte=soon))
    )
    asked = RightsRequest.objects.order_by().values_list("kind").annotate(Count("pk"))
    return PrivacyReport(
        types=_types(vault),
        values=sums["values"],
        next_expiry=sums["next"],
        expiring_soon=sums["soon"],
        readings=_readings(now - timedelta(days=READINGS_DAYS)),
        requests=dict.fromkeys(RightsRequest.Kind.values, 0) | dict(asked),
    )


def _types(vault: Any) -> tuple[TypeRow, ...]:
    masked = _masked()
    kept = dict(vault.order_by().values_list("type").annotate(Count("pk")))
    marked = PrivacyMiss.objects.exclude(ticket=None)  # of tickets whose masked values count too
    misses = dict(marked.order_by().values_list("type").annotate(Count("pk")))
    names = sorted({*masked, *kept, *misses}, key=lambda name: (-masked[name], name))
    return tuple(
        TypeRow(
            type=name,
            masked=masked[name],
            kept=kept.get(name, 0),
            misses=misses.get(name, 0),
            share=round(misses.get(name, 0) / masked[name], 4) if masked[name] else None,
            destroyed=name in DESTROYED,
        )
        for name in names
    )


def _masked() -> Counter[str]:
    with connection.cursor() as cursor:
        cursor.execute(_MASKED)
        return Counter(dict(cursor.fetchall()))


def _readings(since: datetime) -> tuple[ReaderRow, ...]:
    rows = (
        VaultReading.objects.filter(at__gte=since)
        .order_by()
        .values("user__username")
        .annotate(
            readings=Count("pk"), tickets=Count("ticket_number", distinct=True), last=Max("at")
        )
    )
    found = [
        ReaderRow(row["user__username"] or "", row["readings"], row["tickets"], row["last"])
        for row in rows
    ]
    return tuple(sorted(found, key=lambda row: (-row.readings, row.user)))
