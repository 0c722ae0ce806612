"""Bringing rows to their endpoints: `deliver_due`, by a task after each event and by the sweep.

A row is claimed by a conditional UPDATE, asked for over the net outside of any transaction, and
settled only by who holds the claim. Who dies between leaves a claim that grows stale, and the row
goes out again with the same `webhook-id`: at least once, and a receiver knows a repetition. An
endpoint that fails, or takes its time, is left alone for the rest of the pass, so that it holds
nobody else up.
"""

import json
import logging
import random
import time
import uuid
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any, Final

from django.conf import settings
from django.core.mail import send_mail
from django.db import transaction
from django.db.models import Q
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from doors.http import Answer, request
from doors.models import WebhookDelivery, WebhookEndpoint
from doors.webhooks_out.endpoints import keys_of
from people import audit
from runtime import webhooks
from runtime.errors import InputError

State = WebhookDelivery.State

UNSETTLED: Final = (State.WAITING, State.SENDING)
SECONDS: Final = 15.0
SLOW_SECONDS: Final = 3.0
STALE: Final = timedelta(seconds=60)
PASS_SECONDS: Final = 45.0
PAUSES: Final = tuple(
    timedelta(seconds=seconds)
    for seconds in (5, 5 * 60, 30 * 60, 2 * 3600, 5 * 3600, 10 * 3600, 10 * 3600)
)
"""After the first attempt, the second, …: 27 hours and a half in all."""
OFF_AFTER: Final = timedelta(days=5)
"""An endpoint that took nothing for so long is switched off."""
KEPT: Final = timedelta(days=30)
_GONE = 410
log = logging.getLogger(__name__)


def deliver_due() -> int:
    """One pass: how many were tried. The next pass goes on."""
    started, tried = time.monotonic(), 0
    left: set[int] = set()
    while time.monotonic() - started < PASS_SECONDS:
        row = claim_next(leave_out=left)
        if row is None:
            break
        tried += 1
        begun = time.monotonic()
        if not deliver(row) or time.monotonic() - begun > SLOW_SECONDS:
            left.add(row.endpoint_id)
    return tried


def claim_next(*, leave_out: Collection[int] = ()) -> WebhookDelivery | None:
    """The oldest that is due, now ours: every endpoint's rows in their order."""
    now = timezone.now()
    due = (
        WebhookDelivery.objects.filter(_due(now), state__in=UNSETTLED, endpoint__active=True)
        .exclude(endpoint__in=leave_out)
        .order_by("next_at", "pk")
    )
    with transaction.atomic():
        row = due.select_for_update(of=("self",), skip_locked=True).first()
        if row is None:
            return None
        row.state, row.claim, row.claimed_at = State.SENDING, str(uuid.uuid4()), now
        row.attempts += 1
        row.save(update_fields=["state", "claim", "claimed_at", "attempts"])
    return row


def deliver(row: WebhookDelivery) -> bool:
    """Whether the endpoint took it. The claim is the caller's."""
    endpoint = row.endpoint
    body = json.dumps(row.payload, ensure_ascii=False, sort_keys=True).encode()
    answer, error = None, ""
    with translation.override("en"):  # what is kept is said in each reader's language
        try:
            keys, now = keys_of(endpoint), int(time.time())
            signed = webhooks.headers(keys, row.event_id, body, timestamp=now)
            answer = request(
                "POST", endpoint.url, headers=signed, body=body, seconds=SECONDS, only_status=True
            )
        except InputError as failure:
            error = str(failure)
        else:
            error = _("The endpoint answered %(status)s.") % {"status": answer.status}
    if answer is not None and answer.ok:
        return _delivered(row, answer.status)
    _failed(row, answer, error)
    return False


def forget_old() -> int:
    """What was settled a month ago."""
    before = timezone.now() - KEPT
    settled = Q(state__in=(State.DELIVERED, State.FAILED), created_at__lt=before)
    return WebhookDelivery.objects.filter(settled).delete()[0]


def _due(now: datetime) -> Q:
    stale = Q(state=State.SENDING, claimed_at__lt=now - STALE)
    return Q(state=State.WAITING, next_at__lte=now) | stale


def _mine(row: WebhookDelivery) -> Any:
    return WebhookDelivery.objects.filter(pk=row.pk, claim=row.claim, state=State.SENDING)


def _delivered(row: WebhookDelivery, status: int) -> bool:
    with transaction.atomic():
        _mine(row).update(
            state=State.DELIVERED, claim="", status=status, error="", delivered_at=timezone.now()
        )
        WebhookEndpoint.objects.filter(pk=row.endpoint_id).exclude(failing_since=None).update(
            failing_since=None
        )
    return True


def _failed(row: WebhookDelivery, answer: Answer | None, error: str) -> None:
    status = answer.status if answer else None
    given_up = row.attempts > len(PAUSES) or status == _GONE
    pause = timedelta() if given_up else _pause(row.attempts, answer)
    now = timezone.now()  # after the pause was told: not before a moment that was asked for
    with transaction.atomic():
        _mine(row).update(
            state=State.FAILED if given_up else State.WAITING,
            claim="",
            status=status,
            error=error[:200],
            next_at=now + pause,
        )
        endpoint = WebhookEndpoint.objects.filter(pk=row.endpoint_id)
        endpoint.filter(failing_since=None).update(failing_since=now)
        long_ago = endpoint.filter(active=True, failing_since__lt=now - OFF_AFTER)
        off = endpoint.filter(active=True) if status == _GONE else long_ago
        if off.update(active=False):
            _tell_admins(row.endpoint, status)
    log.info("webhook delivery %d failed (%s)", row.pk, status or "no answer")


def _pause(attempts: int, answer: Answer | None) -> timedelta:
    """Somewhat spread, and not before the other side asks for it."""
    pause = PAUSES[attempts - 1] * random.uniform(1.0, 1.1)  # noqa: S311  no secret
    return max(pause, timedelta(seconds=answer.wait)) if answer else pause


def _tell_admins(endpoint: WebhookEndpoint, status: int | None) -> None:
    """In the audit trail, on the page of webhooks, and by e-mail where an address is set."""
    audit.note(None, "webhook.switched_off", f"webhook {endpoint.name}", status=status)
    if not settings.TELL_EMAIL:
        return
    with translation.override(settings.LANGUAGE_CODE):
        said = _("The webhook %(name)s was switched off: nothing was taken there for days.")
        said %= {"name": endpoint.name}
    transaction.on_commit(lambda: _mail(said), robust=True)


def _mail(said: str) -> None:
    try:
        send_mail("Pasokh", said, settings.DEFAULT_FROM_EMAIL, settings.TELL_EMAIL)
    except OSError as error:  # smtplib's errors are OSErrors
        log.warning("no e-mail went out (%s)", type(error).__name__)
