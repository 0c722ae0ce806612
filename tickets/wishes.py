"""The article that a ticket lacks: what it is noted as among the articles to write (`kb.coverage`).

`note` for whoever finds that nothing answers: search, or an agent who takes none of the drafts.
What is noted here is forgotten with the ticket, see `tickets.rights.erasing`.
"""

from collections.abc import Sequence
from typing import Final

from kb import coverage
from kb.models import CoverageGap
from tickets.models import Message, Ticket
from tickets.prompting import Source

TELLING_WORDS: Final = 3


def note(ticket: Ticket, sources: Sequence[Source], *, origin: CoverageGap.Origin) -> int | None:
    """The number of its gap, None where its words say nothing. A ticket is known by its subject,
    if that says something, so that it reads like a title."""
    asked, _turn = waiting(list(ticket.messages.all()))
    says = len(ticket.subject.split()) >= TELLING_WORDS
    passages = [one for one in sources if one["kind"] == "chunk"]
    return coverage.record(
        ticket.subject if says else "\n".join([ticket.subject, *asked]),
        lang=ticket.lang,
        origin=origin,
        best_score=max((one["score"] for one in passages), default=0.0),
    )


def waiting(messages: Sequence[Message]) -> tuple[list[str], int]:
    """What the customer wrote since the agent's last message, and which turn it is, from 1."""
    asked: list[str] = []
    turn = 1
    for message in messages:
        if message.role == Message.Role.AGENT:
            asked, turn = [], turn + 1
        else:
            asked.append(message.text)
    return asked, turn
