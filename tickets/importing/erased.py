"""What was erased does not come back with an old file, nor with a conversation that went on since:
`customers_left`, `tickets_left`. What was said after it may come (`of_customers`, `since`)."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from tickets import vault
from tickets.importing.records import LeftOut, PastConversation
from tickets.importing.report import TicketImportReport
from tickets.models import RightsRequest
from tickets.rights.requests import hmac_of


def of_customers(batch: Iterable[PastConversation]) -> dict[str, datetime]:
    """{contact: when it was erased the last time}, of those that were."""
    contacts = {one.contact for one in batch if one.contact}
    return _erased({contact: vault.contact_hmac(contact) for contact in contacts})


def since(one: PastConversation, erased_at: datetime | None) -> PastConversation | None:
    """What was said after it; None if nothing was."""
    if erased_at is None:
        return one
    turns = tuple(turn for turn in one.turns if turn.at and turn.at > erased_at)
    return replace(one, turns=turns) if turns else None


def customers_left(
    batch: Sequence[PastConversation], report: TicketImportReport
) -> Iterator[PastConversation]:
    at = of_customers(batch)
    for one in batch:
        left = since(one, at.get(one.contact))
        if left is not None:
            yield left
        else:
            report.leave_out(LeftOut(one.source, one.line, "erased"))


def tickets_left(
    source: str, told: Mapping[str, PastConversation], report: TicketImportReport
) -> dict[str, PastConversation]:
    """Without those that an admin erased by the ticket's number. `told` by their external ids."""
    at = _erased({external_id: hmac_of(source, external_id) for external_id in told})
    found: dict[str, PastConversation] = {}
    for external_id, one in told.items():
        left = since(one, at.get(external_id))
        if left is not None:
            found[external_id] = left
        else:
            report.leave_out(LeftOut(one.source, one.line, "erased"))
    return found


def _erased(digests: Mapping[str, str]) -> dict[str, datetime]:
    if not digests:
        return {}
    requests = RightsRequest.objects.filter(
        kind=RightsRequest.Kind.ERASE, customer_hmac__in=digests.values()
    )
    at = dict(requests.order_by("created_at").values_list("customer_hmac", "created_at"))
    return {key: at[digest] for key, digest in digests.items() if digest in at}
