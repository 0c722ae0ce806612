"""How each source is doing: `overview()` for the list, `health_of(source)` for one.

A source is archived, importing, new (never read), failing (its last import gave nothing), failures
(some of it could not be read or was held back), stale (its time has come and nothing happened),
stopped, or good.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, F, Q, QuerySet
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from kb.models import Article, ImportRun, Source
from runtime.jobs import OPEN

STATES: dict[str, str | Promise] = {
    "good": _("good"),
    "failures": _("with failures"),
    "failing": _("failing"),
    "stale": _("overdue"),
    "stopped": _("stopped"),
    "importing": _("importing"),
    "new": _("not read yet"),
    "archived": _("archived"),
}
OVERDUE = timedelta(hours=1)
"""The schedule looks every minute; an import that is an hour late does not come by itself."""

State = ImportRun.State


@dataclass(frozen=True)
class Health:
    """`run`: the source's last import. `published`, `drafts`, `archived`: its articles."""

    source: Source
    state: str
    run: ImportRun | None
    published: int
    drafts: int
    archived: int

    @property
    def label(self) -> str | Promise:
        return STATES[self.state]

    @property
    def failed_count(self) -> int:
        report = self.run.report if self.run else {}
        return int(report.get("failed_count", len(report.get("failed", []))))


def imported() -> QuerySet[Source]:
    """Sources that are read from somewhere, in use first and then by name."""
    rows = Source.objects.exclude(kind=Source.Kind.DESK)
    return rows.order_by(F("archived_at").asc(nulls_first=True), "name", "pk")


def overview(sources: list[Source]) -> list[Health]:
    """Two more questions to the database, however many there are."""
    pks = [source.pk for source in sources]
    last = ImportRun.objects.filter(source__in=pks).order_by("source", "-pk").distinct("source")
    runs = {run.source_id: run for run in last}
    state = Article.State
    counted = Article.objects.filter(source__in=pks).order_by().values_list("source")
    counts = {
        pk: figures
        for pk, *figures in counted.annotate(
            published=Count("pk", filter=Q(state=state.PUBLISHED)),
            drafts=Count("pk", filter=Q(state=state.DRAFT)),
            archived=Count("pk", filter=Q(state=state.ARCHIVED)),
        )
    }
    now = timezone.now()
    return [
        Health(
            source,
            _state(source, runs.get(source.pk), now),
            runs.get(source.pk),
            *counts.get(source.pk, (0, 0, 0)),
        )
        for source in sources
    ]


def health_of(source: Source) -> Health:
    return overview([source])[0]


def _state(source: Source, run: ImportRun | None, now: datetime) -> str:
    if run is not None and run.state in OPEN:
        return "importing"
    if source.archived_at is not None:
        return "archived"
    if run is not None and run.state == State.FAILED:
        return "failing"
    if source.next_refresh_at is not None and source.next_refresh_at < now - OVERDUE:
        return "stale"
    if run is not None and run.state == State.STOPPED:
        return "stopped"
    if run is not None and (run.report.get("failed") or run.report.get("held")):
        return "failures"
    return "good" if source.last_import_at is not None else "new"
