"""Rows to deliver, written in the transaction of what happened: connected to `tickets.events`.

A reply that can still be undone is told when that is over: undone before, neither of the two is.
"""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from doors.models import WebhookDelivery, WebhookEndpoint
from doors.webhooks_out.endpoints import TEST_KIND
from tickets.models import Reply, TicketEvent

State = WebhookDelivery.State


def on_happened(sender: Any, event: TicketEvent, **_more: Any) -> None:
    kind = f"ticket.{event.kind}"
    endpoints = [
        one
        for one in WebhookEndpoint.objects.filter(active=True)
        if not one.kinds or kind in one.kinds
    ]
    if event.kind == TicketEvent.Kind.UNDONE:
        never_told = _take_back(event)
        endpoints = [one for one in endpoints if one.pk not in never_told]
    if not endpoints:
        return
    payload, due = payload_of(event), _due(event)
    WebhookDelivery.objects.bulk_create(
        [
            WebhookDelivery(
                endpoint=one, event_id=f"evt_{event.pk}", kind=kind, payload=payload, next_at=due
            )
            for one in endpoints
        ],
        ignore_conflicts=True,
    )
    ask_to_deliver()


def tell_test(endpoint: WebhookEndpoint) -> WebhookDelivery:
    """What an admin sends to see whether it arrives."""
    now = timezone.now()
    with transaction.atomic():
        row = WebhookDelivery.objects.create(
            endpoint=endpoint,
            event_id=f"test_{endpoint.pk}_{now.timestamp():.6f}".replace(".", "_"),
            kind=TEST_KIND,
            payload={"type": TEST_KIND, "timestamp": now.isoformat(), "data": {}},
            next_at=now,
        )
        ask_to_deliver()
    return row


def tell_again(row: WebhookDelivery) -> bool:
    """With the same id, so that a receiver that has it knows. False while it is being sent."""
    with transaction.atomic():
        again = WebhookDelivery.objects.filter(pk=row.pk).exclude(state=State.SENDING)
        done = again.update(
            state=State.WAITING, attempts=0, next_at=timezone.now(), error="", claim=""
        )
        ask_to_deliver()
    return bool(done)


def payload_of(event: TicketEvent) -> dict[str, Any]:
    """Ids, kinds and states: who may see more asks the API."""
    ticket = event.ticket
    return {
        "type": f"ticket.{event.kind}",
        "timestamp": event.at.isoformat(),
        "data": {
            "event": event.pk,
            "ticket": ticket.pk,
            "source": ticket.source,
            "external_id": ticket.external_id,
            "state": ticket.state,
            "object": event.object_id,
            "details": event.details,
        },
    }


def ask_to_deliver() -> None:
    """Only a hint: the sweep finds the rows."""
    from doors.webhooks_out import tasks

    transaction.on_commit(tasks.deliver.delay, robust=True)


def _due(event: TicketEvent) -> datetime:
    now = timezone.now()
    if event.kind != TicketEvent.Kind.REPLIED or event.object_id is None:
        return now
    held = Reply.objects.filter(pk=event.object_id).values_list("held_until", flat=True).first()
    return max(held, now) if held else now


def _take_back(event: TicketEvent) -> set[int]:
    """Endpoints that were not told of the reply, and now will not be. A reply has one number
    wherever it is: its ticket may have been merged into another since."""
    waiting = WebhookDelivery.objects.select_for_update().filter(
        kind=f"ticket.{TicketEvent.Kind.REPLIED}",
        payload__data__object=event.object_id,
        state=State.WAITING,
        attempts=0,
    )
    found = {one.pk: one.endpoint_id for one in waiting}
    WebhookDelivery.objects.filter(pk__in=found).delete()
    return set(found.values())
