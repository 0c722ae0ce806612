"""How long things are kept: `apply()` deletes what is older than its rule says, `apply_due()` does
it once a day for the schedule.

Rules are rows (`RetentionRule`), off until an admin gives a number of days; only the vault has one
from the start (`PASOKH_VAULT_DAYS`). Deleting goes in batches, each in a transaction of its own: a
run that was cut off goes on with the next.
"""

import time
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.conf import settings
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from kb.forgetting import forget_words
from people import audit
from runtime.errors import InputError
from tickets.models import (
    Customer,
    Message,
    PrivacyMiss,
    Rating,
    Reply,
    RetentionRule,
    Rewrite,
    RightsRequest,
    Suggestion,
    Ticket,
    VaultEntry,
    VaultReading,
)
from tickets.rights.erasing import erase_tickets
from tickets.rights.requests import ERASED
from tickets.vault import forget_expired

VAULT: Final = "vault"
MAX_DAYS: Final = 36_500
AT_A_TIME: Final = 500
DAILY: Final = timedelta(hours=23)
RECENTLY: Final = timedelta(hours=2)
"""The schedule comes every hour."""
SECONDS: Final = 240.0
"""How long the schedule's task goes on; what is left then is done the next time."""
_LOCK: Final = 7_263_022

Kind = RetentionRule.Kind


class BadRule(InputError):
    """A number of days outside 1 to MAX_DAYS."""


@dataclass(frozen=True)
class Applied:
    """`removed`: rows that went, or would go. `kind` "vault": values that expired."""

    kind: str
    days: int
    removed: int


def rules() -> list[RetentionRule]:
    """All of them, in the order of `Kind`; those that nobody touched have no days."""
    RetentionRule.objects.bulk_create(
        [RetentionRule(kind=kind) for kind in Kind.values], ignore_conflicts=True
    )
    rows = {row.kind: row for row in RetentionRule.objects.all()}
    return [rows[kind] for kind in Kind.values]


def set_rule(kind: str, days: int | None, *, by: User | None = None) -> None:
    """None: kept for good. Raises BadRule."""
    if kind not in Kind.values:
        raise BadRule(_("There is no such rule."))
    if days is not None and not 1 <= days <= MAX_DAYS:
        raise BadRule(_("Give 1 to %(limit)d days, or none.") % {"limit": MAX_DAYS})
    with transaction.atomic():
        RetentionRule.objects.update_or_create(kind=kind, defaults={"days": days})
        audit.note(by, "retention.changed", f"rule {kind}", days=days)


def apply(
    *,
    now: datetime | None = None,
    dry_run: bool = False,
    progress: Callable[[int], None] = lambda removed: None,
) -> list[Applied]:
    """Every rule that has days, whenever it was applied last."""
    now = now or timezone.now()
    expired = _expired(now) if dry_run else forget_expired(now=now)
    done = [Applied(VAULT, settings.VAULT_DAYS, expired)]
    for rule in rules():
        if rule.days is None:
            continue
        if dry_run:
            removed = _older(rule.kind, now - timedelta(days=rule.days)).count()
        else:
            removed = _apply(rule, now, progress=progress)
        done.append(Applied(rule.kind, rule.days, removed))
    if not dry_run:
        _forget_words(now, done)
    return done


def apply_due(*, now: datetime | None = None, seconds: float = SECONDS) -> list[Applied]:
    """The rules that nobody applied within a day. Beside another process it does nothing."""
    now = now or timezone.now()
    ends = time.monotonic() + seconds
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [_LOCK])
        (is_free,) = cursor.fetchone()
    if not is_free:
        return []
    try:
        due = RetentionRule.objects.exclude(days=None).exclude(last_applied_at__gt=now - DAILY)
        done = [
            Applied(rule.kind, rule.days or 0, _apply(rule, now, ends=ends))
            for rule in due
            if time.monotonic() < ends
        ]
        _forget_words(now, done)
        return done
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [_LOCK])


def _apply(
    rule: RetentionRule,
    now: datetime,
    *,
    ends: float | None = None,
    progress: Callable[[int], None] = lambda removed: None,
) -> int:
    """Without `last_applied_at`, where time ran out: then it is due still."""
    assert rule.days is not None
    removed = 0
    for count in _batches(rule.kind, now - timedelta(days=rule.days)):
        removed += count
        progress(removed)
        if ends is not None and time.monotonic() > ends:
            return removed
    RetentionRule.objects.filter(pk=rule.pk).update(last_applied_at=now, last_removed=removed)
    return removed


def _forget_words(now: datetime, done: list[Applied]) -> None:
    """What erasing left in the search index: of tickets that went now, and the frequent words of
    those that a person had erased, or marked, since the last time."""
    recent = now - RECENTLY
    if (
        any(one.removed for one in done if one.kind in (Kind.CLOSED_TICKETS, Kind.SPAM))
        or RightsRequest.objects.filter(kind="erase", finished_at__gt=recent).exists()
        or PrivacyMiss.objects.filter(created_at__gt=recent).exists()
    ):
        forget_words()


def _batches(kind: str, before: datetime) -> Iterator[int]:
    """Delete a batch at a time; how many rows went each time."""
    last = 0
    while True:
        rows = _older(kind, before).filter(pk__gt=last).order_by("pk")
        pks = list(rows.values_list("pk", flat=True)[:AT_A_TIME])
        if not pks:
            return
        last = pks[-1]
        yield _remove(kind, pks, before)


def _remove(kind: str, pks: list[int], before: datetime) -> int:
    """`pks` again by their rule: what was written to meanwhile stays."""

    def still(pks: Collection[int]) -> QuerySet[Any, int]:
        return _older(kind, before).filter(pk__in=pks).values_list("pk", flat=True)

    if kind in (Kind.CLOSED_TICKETS, Kind.SPAM):
        return erase_tickets(pks, still=still)["tickets"]
    with transaction.atomic():
        if kind == Kind.SUGGESTIONS:
            return _remove_drafts(still(pks))
        if kind == Kind.CUSTOMERS:
            # A customer who writes at this moment holds the row until the ticket is there.
            list(Customer.objects.select_for_update().filter(pk__in=pks).order_by("pk"))
            return Customer.objects.filter(pk__in=still(pks)).delete()[0]
        return VaultReading.objects.filter(pk__in=pks).delete()[0]


def _remove_drafts(pks: Iterable[int]) -> int:
    drafts = Suggestion.objects.filter(pk__in=list(pks))
    rated = Exists(Rating.objects.filter(suggestion=OuterRef("pk")))
    Rating.objects.filter(suggestion__in=drafts).update(reason="")
    Rewrite.objects.filter(suggestion__in=drafts).delete()
    emptied = drafts.filter(rated).update(text="", sources=[], error="")
    return emptied + drafts.exclude(rated).delete()[1].get("tickets.Suggestion", 0)


def _older(kind: str, before: datetime) -> QuerySet[Any]:
    """What a rule means; the age of a ticket is that of its last message."""
    if kind in (Kind.CLOSED_TICKETS, Kind.SPAM):
        states = [Ticket.State.ANSWERED, Ticket.State.CLOSED]
        newer = Message.objects.filter(ticket=OuterRef("pk"), created_at__gte=before)
        rows = Ticket.objects.filter(created_at__lt=before).exclude(source=ERASED)
        rows = rows.filter(state__in=[Ticket.State.SPAM] if kind == Kind.SPAM else states)
        return rows.exclude(Exists(newer))
    if kind == Kind.SUGGESTIONS:
        unfinished = (Suggestion.State.PENDING, Suggestion.State.WRITING)
        sent = Exists(Reply.objects.filter(suggestion=OuterRef("pk")))
        rated = Exists(Rating.objects.filter(suggestion=OuterRef("pk")))
        drafts = Suggestion.objects.filter(created_at__lt=before).exclude(state__in=unfinished)
        return drafts.exclude(sent).exclude(Q(text="") & Q(rated))
    if kind == Kind.CUSTOMERS:
        theirs = Ticket.objects.filter(customer=OuterRef("pk"))
        return Customer.objects.filter(created_at__lt=before).exclude(Exists(theirs))
    return VaultReading.objects.filter(at__lt=before)


def _expired(now: datetime) -> int:
    return VaultEntry.objects.filter(expires_at__lte=now).count()
