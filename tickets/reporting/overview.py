"""The overview: the period's few main figures, and what stands around them: `overview`."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final

from django.db.models import Count, Q
from django.utils import timezone

from kb import health
from kb.models import CoverageGap
from people.models import AuditEntry
from people.roles import is_admin
from tickets.models import PrivacyMiss, Rating, VaultReading
from tickets.reporting.panels import Panel, panels
from tickets.reporting.replies import RefusalFigures, ReplyGroup, refusal_figures, reply_totals
from tickets.reporting.scope import Scope
from tickets.reports import ModelRatings, summarise

MOST_GAPS: Final = 5
MOST_SOURCES: Final = 8
MOST_ENTRIES: Final = 8
PRIVACY_DAYS: Final = 30
WELL: Final = frozenset({"good", "archived", "importing"})


@dataclass(frozen=True)
class Privacy:
    """Of the last PRIVACY_DAYS."""

    misses: int
    readings: int
    readers: int


@dataclass(frozen=True)
class Overview:
    """`sources` by state; `troubled`: those that need somebody. `privacy`, `audit`: for admins."""

    ratings: ModelRatings
    replies: ReplyGroup
    refusals: RefusalFigures
    gaps: list[CoverageGap]
    gap_count: int
    sources: dict[str, int]
    troubled: list[health.Health]
    privacy: Privacy | None = None
    audit: list[AuditEntry] = field(default_factory=list)
    panels: list[Panel] = field(default_factory=list)


def overview(scope: Scope) -> Overview:
    gaps = CoverageGap.objects.filter(state=CoverageGap.State.OPEN)
    found = health.overview(list(health.imported()))
    states: dict[str, int] = {}
    for one in found:
        states[one.state] = states.get(one.state, 0) + 1
    admin = is_admin(scope.user)
    return Overview(
        ratings=_ratings(scope),
        replies=reply_totals(scope),
        refusals=refusal_figures(scope),
        gaps=list(gaps.order_by("-count", "-last_at")[:MOST_GAPS]),
        gap_count=gaps.count(),
        sources={
            str(health.STATES[name]): states[name] for name in health.STATES if name in states
        },
        troubled=[one for one in found if one.state not in WELL][:MOST_SOURCES],
        privacy=_privacy() if admin else None,
        audit=list(AuditEntry.objects.select_related("actor")[:MOST_ENTRIES]) if admin else [],
        panels=panels(scope.user),
    )


def _ratings(scope: Scope) -> ModelRatings:
    counts: dict[str, Any] = Rating.objects.filter(
        scope.within("updated_at"),
        scope.of_ticket("suggestion__ticket__"),
        scope.by_version("suggestion__version"),
    ).aggregate(**{f"stars_{star}": Count("pk", filter=Q(stars=star)) for star in range(1, 6)})
    return summarise("", [counts[f"stars_{star}"] for star in range(1, 6)])


def _privacy() -> Privacy:
    since = timezone.now() - timedelta(days=PRIVACY_DAYS)
    readings = VaultReading.objects.filter(at__gte=since).aggregate(
        readings=Count("pk"), readers=Count("user", distinct=True)
    )
    return Privacy(misses=PrivacyMiss.objects.filter(created_at__gte=since).count(), **readings)
