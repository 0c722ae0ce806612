"""Three drafts for each waiting ticket, written to their rows as they grow.

`suggest_for_ticket` claims the ticket and others that wait, searches for each, lets the engines
write all of them together, and leaves each ready as soon as its own drafts are. A ticket that was
tried before is written alone: what makes a worker fail must not take others along time and again.
No transaction is open while a model runs.
"""

import threading
from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings

from kb.models import CoverageGap
from llm.engine.serving import DraftJob, budget_for, generate
from llm.prompts import PromptInput, Role, Turn
from llm.registry import SlotChoice, slots_now
from tickets import wishes
from tickets.claims import Claim, ClaimLost, kept_alive
from tickets.draft_rows import DraftRows
from tickets.learning import past_question_id
from tickets.models import Message, Ticket
from tickets.prompting import Source, build_prompt_input
from tickets.second_opinion.reviewing import review


def suggest_for_ticket(ticket_id: int) -> bool:
    """True if this call made the drafts. Called again, or beside another worker, it does nothing.
    What it raises leaves the claims to go stale, and the sweep tries again."""
    claim = Claim.take(ticket_id)
    if claim is None:
        return False
    claims = [claim]
    if claim.is_first_try():
        claims += Claim.take_untried(settings.DRAFT_TICKETS - 1)
    with kept_alive(claims) as lost:
        prepared = [_prepared(*one) for one in zip(claims, lost, strict=True)]
        _write([one for one in prepared if one is not None])
    return prepared[0] is not None and prepared[0].rows.finished


def prompt_parts(ticket: Ticket, choices: Sequence[SlotChoice]) -> tuple[PromptInput, list[Source]]:
    """What the drafts for the ticket's waiting message are made from."""
    messages = list(ticket.messages.all())
    asked, turn = wishes.waiting(messages)
    return build_prompt_input(
        "\n".join([ticket.subject, *asked]),
        lang=ticket.lang,
        turns=[Turn(role=_role(message), text=message.text) for message in messages],
        budget=budget_for(choices),
        exclude_external_ids=[
            past_question_id(ticket.source, ticket.external_id, turn=number)
            for number in range(1, turn + 1)
        ],
    )


@dataclass(frozen=True)
class _Prepared:
    """A claimed ticket that only waits for its drafts."""

    parts: PromptInput
    rows: DraftRows


def _prepared(claim: Claim, lost: threading.Event) -> _Prepared | None:
    """None where the claim was lost: others go on."""
    try:
        review(claim.ticket_id, held=claim.held)
        ticket = Ticket.objects.get(pk=claim.ticket_id)
        choices = slots_now(seed=ticket.shuffle_seed)
        parts, sources = prompt_parts(ticket, choices)
        if budget_for(choices).passages:
            with claim.held():  # a value masked, or a ticket erased, meanwhile is not noted
                ticket.refresh_from_db()
                _note_what_is_missing(ticket, sources)
        return _Prepared(parts, DraftRows.made(claim, ticket, choices, sources, lost=lost))
    except (ClaimLost, Ticket.DoesNotExist):
        return None


def _write(prepared: Sequence[_Prepared]) -> None:
    rows = [one.rows for one in prepared]
    generate(
        [DraftJob(one.parts, one.rows.choices) for one in prepared],
        on_text=lambda job, number, text: rows[job].on_text(number, text),
        on_drafts=lambda job, drafts: rows[job].on_drafts(drafts),
        should_stop=lambda job: rows[job].lost.is_set(),
    )


def _note_what_is_missing(ticket: Ticket, sources: Sequence[Source]) -> None:
    """A question that no article answers is an article to write."""
    if ticket.attempts <= 1 and not any(one.get("fits") for one in sources):
        wishes.note(ticket, sources, origin=CoverageGap.Origin.TICKET)


def _role(message: Message) -> Role:
    return "customer" if message.role == Message.Role.CUSTOMER else "agent"
