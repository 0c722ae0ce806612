"""Telling people what was decided: `tell`, `tell_all`, by e-mail and by webhook.

Nothing of a customer is in it: names of versions, counts, one sentence. A webhook is signed as
Standard Webhooks 1.0 has it; its id is the decision's, so a receiver knows a repetition. Whoever
cannot be reached is tried again by the next review, for a day, and whoever was told is not told
again; no run ever fails for it.
"""

import json
import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, Final

import urllib3
from django.conf import settings
from django.core.mail import EmailMessage
from django.db import connection
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from urllib3.exceptions import HTTPError

from runtime import webhooks
from training.models import Decision

QUIET: Final = (Decision.Kind.REFUSED,)
"""What changes nothing is told to nobody."""
_LOCK: Final = 7_263_034
TRIES: Final = 3
FIRST_PAUSE: Final = 0.5
SECONDS: Final = 10.0
STILL_NEWS: Final = timedelta(days=1)
log = logging.getLogger(__name__)


def tell(decision: Decision) -> bool:
    """Whether all who are to know have been told, now or before. One process at a time tells a
    decision, under a lock of the session: nothing is sent inside a transaction."""
    ways = {name: way for name, wanted, way in _ways() if wanted}
    if decision.kind in QUIET or not ways:
        return False
    with _alone(decision.pk) as is_ours:
        if not is_ours:
            return False
        row = Decision.objects.select_related("version", "against").get(pk=decision.pk)
        for name, way in ways.items():
            if row.told_at is None and name not in row.told and way(row):
                row.told = [*row.told, name]
                row.save(update_fields=["told"])
        if row.told_at is None and set(ways) <= set(row.told):
            row.told_at = timezone.now()
            row.save(update_fields=["told_at"])
    decision.told, decision.told_at = row.told, row.told_at
    return row.told_at is not None


@contextmanager
def _alone(decision_id: int) -> Iterator[bool]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [_LOCK, decision_id % 2**31])
        is_ours = bool(cursor.fetchone()[0])
        try:
            yield is_ours
        finally:
            if is_ours:
                cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [_LOCK, decision_id % 2**31])


def tell_all() -> None:
    """What was decided in the last day and nobody was told yet."""
    if not any(wanted for _name, wanted, _send in _ways()):
        return
    since = timezone.now() - STILL_NEWS
    waiting = Decision.objects.filter(told_at=None, created_at__gte=since).exclude(kind__in=QUIET)
    for decision in waiting.order_by("pk"):
        tell(decision)


def lines_of(decision: Decision) -> list[str]:
    """For people, in the language of the moment."""
    found = [f"{decision.get_kind_display()}: {_(decision.why) if decision.why else '–'}"]
    if decision.version:
        found.append(_("Version: %s") % decision.version.name)
    if decision.against:
        found.append(_("Held against: %s") % decision.against.name)
    if decision.slot:
        found.append(_("Slot: %s") % decision.slot)
    return found


def _ways() -> Any:
    return (
        ("e-mail", settings.TELL_EMAIL, _by_mail),
        ("webhook", settings.TELL_WEBHOOK and settings.TELL_KEY, _by_webhook),
    )


def _by_mail(decision: Decision) -> bool:
    with translation.override(settings.LANGUAGE_CODE):
        subject = f"Pasokh: {decision.get_kind_display()} {decision.slot}".strip()
        lines = lines_of(decision)
    figures = json.dumps(decision.figures, indent=2, ensure_ascii=False)
    message = EmailMessage(
        subject=subject,
        body="\n".join([*lines, "", figures, ""]),
        to=settings.TELL_EMAIL,
        headers={"Message-ID": f"<{_id_of(decision)}@pasokh.invalid>"},
    )
    try:
        return bool(message.send())
    except OSError as error:  # smtplib's errors are OSErrors
        log.warning("decision %d: no e-mail went out (%s)", decision.pk, type(error).__name__)
        return False


def _by_webhook(decision: Decision) -> bool:
    body = json.dumps(_payload(decision), ensure_ascii=False, sort_keys=True).encode()
    pause = FIRST_PAUSE
    for attempt in range(TRIES):
        if attempt:
            time.sleep(pause)
            pause *= 2
        status = _posted(body, _id_of(decision))
        if 200 <= status < 300:
            return True
        if 300 <= status < 500 and status not in (408, 429):
            break
    log.warning("decision %d: the webhook did not take it (%s)", decision.pk, status or "no answer")
    return False


def _posted(body: bytes, message_id: str) -> int:
    """The status, 0 where no answer came."""
    signed = webhooks.headers([settings.TELL_KEY], message_id, body, timestamp=int(time.time()))
    try:
        with urllib3.PoolManager(timeout=SECONDS, retries=False) as pool:
            found = pool.request(
                "POST", settings.TELL_WEBHOOK, body=body, headers=signed, redirect=False
            )
    except HTTPError:
        return 0
    return int(found.status)


def _payload(decision: Decision) -> dict[str, Any]:
    return {
        "type": f"decision.{decision.kind}",
        "timestamp": decision.created_at.isoformat(),
        "data": {
            "decision": decision.pk,
            "slot": decision.slot,
            "version": decision.version.name if decision.version else None,
            "against": decision.against.name if decision.against else None,
            "run": decision.run_id,
            "why": decision.why,
            "figures": decision.figures,
        },
    }


def _id_of(decision: Decision) -> str:
    return f"decision-{decision.pk}-{int(decision.created_at.timestamp())}"
