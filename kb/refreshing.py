"""Sources that are imported again: `queue_refresh` for one, `start_due` for those whose time has
come, `set_schedule`, `archive_source`.

What lies on this server or on the web can be read again; an upload cannot, and what was written at
the desk has nothing to be read from.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from kb import runs
from kb.importing.resolving import is_web
from kb.importing.storing import archive
from kb.models import Article, ImportRun, Source
from runtime.jobs import OPEN, Trigger

MAX_HOURS = 24 * 366
AT_A_TIME = 500
REFRESHABLE = (Source.Kind.FILES, Source.Kind.PAGE, Source.Kind.SITEMAP, Source.Kind.CRAWL)


def refreshable() -> QuerySet[Source]:
    return Source.objects.filter(kind__in=REFRESHABLE, archived_at=None).exclude(
        location__startswith="upload:"
    )


def is_refreshable(source: Source) -> bool:
    return source.kind in REFRESHABLE and not source.location.startswith("upload:")


def due(*, now: datetime | None = None) -> QuerySet[Source]:
    """The longest overdue first."""
    now = now or timezone.now()
    rows = refreshable().filter(refresh_hours__gt=0, next_refresh_at__lte=now)
    return rows.order_by("next_refresh_at", "pk")


def start_due(*, now: datetime | None = None) -> int:
    """Queue an import of each source whose time has come; how many."""
    now = now or timezone.now()
    return sum(_start_in_time(source, now) for source in due(now=now)[:AT_A_TIME])


def _start_in_time(source: Source, now: datetime) -> bool:
    """Only one process wins a source's turn; a source that is being imported waits for the next."""
    later = now + timedelta(hours=source.refresh_hours)
    mine = Source.objects.filter(pk=source.pk, next_refresh_at=source.next_refresh_at)
    if not mine.update(next_refresh_at=later):
        return False
    try:
        queue_refresh(source, trigger=Trigger.SCHEDULE)
    except runs.SourceBusy:
        return False
    return True


def queue_refresh(
    source: Source,
    *,
    trigger: Trigger,
    user: User | None = None,
    options: dict[str, Any] | None = None,
) -> ImportRun:
    """Ask for an import in a process of its own, or SourceBusy."""
    run = runs.begin(
        source, trigger=trigger, state=ImportRun.State.QUEUED, user=user, options=options or {}
    )
    ask_for_import(run.pk)
    return run


def ask_for_import(run_id: int) -> None:
    """A hint for the workers once the row is committed; a broker that is down loses nothing."""
    transaction.on_commit(lambda: _send(run_id), robust=True)


def _send(run_id: int) -> None:
    from kb import tasks  # the tasks import what asks for them

    tasks.run_import.delay(run_id)


def set_schedule(sources: Source | Sequence[str], hours: int) -> None:
    """Every so many hours from now on; 0 for never."""
    if isinstance(sources, Source):
        rows = Source.objects.filter(pk=sources.pk)
    else:
        rows = refreshable().filter(location__in=_locations(sources))
    at = timezone.now() + timedelta(hours=hours) if hours else None
    rows.update(refresh_hours=hours, next_refresh_at=at)


def _locations(sources: Sequence[str]) -> Iterator[str]:
    for source in sources:
        yield source.strip() if is_web(source) else str(Path(source).expanduser().absolute())


def archive_source(source: Source) -> int:
    """Out of the search with all its articles, and not refreshed any more; how many articles.
    SourceBusy while it is being imported."""
    if ImportRun.objects.filter(source=source, state__in=OPEN).exists():
        raise runs.busy(source)
    count = 0
    current = Article.objects.filter(source=source).exclude(state=Article.State.ARCHIVED)
    while pks := list(current.order_by("pk").values_list("pk", flat=True)[:AT_A_TIME]):
        count += archive(Article.objects.filter(pk__in=pks))
    Source.objects.filter(pk=source.pk).update(
        archived_at=timezone.now(), refresh_hours=0, next_refresh_at=None
    )
    return count
