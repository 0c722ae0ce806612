"""Nothing left of a customer, or of a ticket: `erase_customer`, `erase_ticket`, `erase_tickets`.

Messages, subject, values, drafts, ratings' reasons, past answers with their vectors and their words
in the search index, their copies beside other tickets' drafts, articles wished for in these words,
rows of former training sets. Which model versions learned from it is asked first and written down
before anything goes, so that an erasure that was cut off goes on when it is asked for again.

What stays has no words in it: stars and how far a draft was edited, on a ticket without customer,
number and text, so that the desk's figures stay true; and the `RightsRequest`.
"""

import uuid
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence

from django.contrib.auth.models import User
from django.db import connection, transaction
from django.utils import timezone

from kb.forgetting import forget_gaps, forget_questions
from people import audit
from runtime.batches import batches
from runtime.live import publish
from tickets import attachments, events
from tickets.models import (
    Attachment,
    Customer,
    Message,
    NoGoodAnswer,
    Note,
    PrivacyMiss,
    Rating,
    Reply,
    ReplyDraft,
    Rewrite,
    RightsRequest,
    Suggestion,
    Ticket,
    VaultEntry,
    VaultReading,
)
from tickets.rights import lessons
from tickets.rights.requests import ERASED, hmac_of_ticket
from tickets.rights.sources import change_sources

AT_A_TIME = 500
_LOCK = 7_263_021
"""Erasing and masking afterwards take turns: both change rows of many tickets."""


def erase_customer(customer: Customer, *, user: User | None) -> RightsRequest:
    """All tickets and the customer. Doing it twice does no harm."""
    audit.note(user, "customer.erased", f"customer {customer.pk}")
    request = _request(customer.contact_hmac, user)
    while tickets := list(customer.tickets.order_by("pk")[:AT_A_TIME]):
        _erase_for(request, tickets)
    while not _delete_customer(customer):  # wrote again at this moment
        _erase_for(request, list(customer.tickets.order_by("pk")[:AT_A_TIME]))
    return _finished(request)


def erase_ticket(ticket: Ticket, *, user: User | None) -> RightsRequest:
    """One ticket with those that were merged into it; its customer stays as they are."""
    request = _request(hmac_of_ticket(ticket), user)
    _erase_for(request, [ticket, *ticket.merged.order_by("pk")])
    return _finished(request)


def erase_tickets(
    pks: Iterable[int], *, still: Callable[[Collection[int]], Iterable[int]] = iter
) -> Counter[str]:
    """Any number of tickets, nobody's request; how many rows of each kind went. `still` is asked
    under the tickets' locks which of them may go: somebody may have written meanwhile. Their words
    stay in the index until the caller's `kb.forgetting.forget_words`."""
    counts: Counter[str] = Counter()
    for part in batches(pks, AT_A_TIME):
        tickets = list(Ticket.objects.filter(pk__in=part).order_by("pk"))
        taught = lessons.lessons_of(tickets)
        lessons.forget(taught)
        with transaction.atomic():
            counts += _erase([ticket.pk for ticket in tickets], many=True, still=still)
        _erase_late(taught)
    return counts


def take_turns() -> None:
    """Wait for other erasures and maskings, to the end of the transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])


def _request(digest: str, user: User | None) -> RightsRequest:
    """The one that was cut off, or a new one."""
    erasing = RightsRequest.objects.filter(kind=RightsRequest.Kind.ERASE, customer_hmac=digest)
    begun = erasing.filter(finished_at=None).first()
    return begun or RightsRequest.objects.create(
        kind=RightsRequest.Kind.ERASE, customer_hmac=digest, requested_by=user
    )


def _finished(request: RightsRequest) -> RightsRequest:
    request.finished_at = timezone.now()
    request.save(update_fields=["finished_at"])
    return request


def _erase_for(request: RightsRequest, tickets: Sequence[Ticket]) -> None:
    taught = lessons.lessons_of(tickets)
    request.versions = sorted({*request.versions, *lessons.learned_by(taught)})
    request.save(update_fields=["versions"])
    lessons.forget(taught)
    with transaction.atomic():
        gone = _erase([ticket.pk for ticket in tickets])
        request.counts = dict(Counter(request.counts) + gone)
        request.save(update_fields=["counts"])
    _erase_late(taught)


def _erase(
    pks: Sequence[int],
    *,
    many: bool = False,
    still: Callable[[Collection[int]], Iterable[int]] = iter,
) -> Counter[str]:
    take_turns()
    locked = list(Ticket.objects.select_for_update().filter(pk__in=pks).order_by("pk"))
    due = set(still([ticket.pk for ticket in locked]))
    tickets = [ticket for ticket in locked if ticket.pk in due]
    past = [row.pk for row in lessons.past_answers(lessons.keys_of(tickets))]
    counts = _counts(tickets, past)
    _forget_wishes(tickets)
    VaultEntry.objects.filter(ticket__in=tickets).delete()
    events.erased.send(sender=Ticket, tickets=tickets)
    rated = set(
        Rating.objects.filter(suggestion__ticket__in=tickets)
        .order_by()
        .values_list("suggestion__ticket_id", flat=True)
    )
    emptied = [ticket for ticket in tickets if ticket.pk in rated]
    attachments.forget([ticket for ticket in tickets if ticket.pk not in rated])
    attachments.forget(emptied, keep_rows=True)
    _empty(emptied)
    Ticket.objects.filter(pk__in=[one.pk for one in tickets if one.pk not in rated]).delete()
    forget_questions(past, many=many)
    change_sources(past)
    publish("inbox", erased=len(tickets))
    return counts


def _erase_late(taught: Sequence[lessons.Lesson]) -> None:
    """A worker that was learning from a reply at this moment has written its past answer anew, and
    whoever was gathering a data set has read what is gone now."""
    past = [row.pk for row in lessons.past_answers(one.key for one in taught)]
    if past:
        with transaction.atomic():
            take_turns()
            forget_questions(past)
            change_sources(past)
    lessons.forget(taught)


def _counts(tickets: Sequence[Ticket], past: Sequence[int]) -> Counter[str]:
    reasons = Rating.objects.filter(suggestion__ticket__in=tickets).exclude(reason="")
    found = {
        "tickets": len(tickets),
        "messages": Message.objects.filter(ticket__in=tickets).count(),
        "values": VaultEntry.objects.filter(ticket__in=tickets).count(),
        "suggestions": Suggestion.objects.filter(ticket__in=tickets).count(),
        "reasons": reasons.count(),
        "past_answers": len(past),
        "files": Attachment.objects.filter(ticket__in=tickets, state="kept").count(),
    }
    return Counter({name: count for name, count in found.items() if count})


def _forget_wishes(tickets: Sequence[Ticket]) -> None:
    """What was noted of these tickets as an article to write."""
    for ticket in tickets:
        queries = {ticket.subject}
        asked: list[str] = []
        for message in ticket.messages.all():
            if message.role == Message.Role.AGENT:
                asked = []
                continue
            asked.append(message.text)
            queries.add("\n".join([ticket.subject, *asked]))
        forget_gaps(queries, lang=ticket.lang)


def _empty(tickets: Sequence[Ticket]) -> None:
    """Rated ones become tickets without words, customer and number."""
    rated = Suggestion.objects.filter(ticket__in=tickets)
    sent = Reply.objects.filter(ticket__in=tickets)
    rated.filter(ratings=None, replies=None).delete()
    rated.update(text="", sources=[], error="")
    Rewrite.objects.filter(suggestion__in=rated).delete()
    NoGoodAnswer.objects.filter(message__ticket__in=tickets).update(text="")
    for kind in (Note, ReplyDraft):
        kind._default_manager.filter(ticket__in=tickets).delete()
    Rating.objects.filter(suggestion__ticket__in=tickets).update(reason="")
    sent.filter(learned_at=None).update(learned_at=timezone.now())
    messages = Message.objects.filter(ticket__in=tickets)
    messages.filter(suggestions=None, reply=None).delete()
    messages.update(text="")
    for model in (PrivacyMiss, VaultReading):
        model._default_manager.filter(ticket__in=tickets).update(ticket=None)
    for ticket in tickets:
        Ticket.objects.filter(pk=ticket.pk).update(
            customer=None,
            source=ERASED,
            external_id=str(uuid.uuid4()),
            subject="",
            found=[],
            search=None,
            state=Ticket.State.CLOSED,
            claim="",
            waiting_since=None,
        )


def _delete_customer(customer: Customer) -> bool:
    """False if a ticket came meanwhile."""
    with transaction.atomic():
        row = Customer.objects.select_for_update().filter(pk=customer.pk).first()
        if row is None:
            return True
        if row.tickets.exists():
            return False
        row.delete()
    return True
