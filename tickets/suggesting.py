"""Three drafts for a waiting ticket, written to their rows as they grow.

`suggest_for_ticket` claims the ticket, searches, lets the engine write, and leaves the ticket
ready. Text is flushed to the rows a few times a second, each time with a live message, so that a
page shows what is being written and a reload continues. No transaction is open while a model runs.
"""

import random
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext_noop as _

from kb import coverage
from kb.models import CoverageGap
from llm.engine.serving import Draft, budget_for, generate
from llm.prompts import PROMPT_VERSION, PromptError, PromptInput, Role, Turn
from llm.registry import SlotChoice, slots_now
from runtime.live import publish
from text.privacy.placeholders import whole
from tickets.claims import Claim, ClaimLost
from tickets.learning import past_question_id
from tickets.models import Message, Suggestion, Ticket
from tickets.prompting import Source, build_prompt_input, used_sources
from tickets.second_opinion.reviewing import review

FLUSH_SECONDS = 0.25
TELLING_WORDS = 3
State = Suggestion.State


def suggest_for_ticket(ticket_id: int) -> bool:
    """True if this call made the drafts. Called again, or beside another worker, it does nothing.
    What it raises leaves the claim to go stale, and the sweep tries again."""
    claim = Claim.take(ticket_id)
    if claim is None:
        return False
    try:
        with claim.kept_alive() as lost:
            review(claim.ticket_id, held=claim.held)
            _draft(claim, lost)
    except ClaimLost:
        return False
    return True


def prompt_parts(ticket: Ticket, choices: Sequence[SlotChoice]) -> tuple[PromptInput, list[Source]]:
    """What the drafts for the ticket's waiting message are made from."""
    messages = list(ticket.messages.all())
    asked, turn = _waiting(messages)
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


def _draft(claim: Claim, lost: threading.Event) -> None:
    ticket = Ticket.objects.get(pk=claim.ticket_id)
    choices = slots_now()
    parts, sources = prompt_parts(ticket, choices)
    if budget_for(choices).passages:
        with claim.held():  # a value masked, or a ticket erased, during the search is not noted
            ticket.refresh_from_db()
            _note_what_is_missing(ticket, sources)
    rows = _make_rows(claim, ticket, choices, sources)
    writer = _Writer(claim, rows, lost)
    try:
        drafts = generate(parts, choices, on_text=writer.on_text, should_stop=lost.is_set)
    except PromptError:
        _finish(claim, lambda: _fail(rows, _("The prompt has no room for this message.")))
        return
    if lost.is_set():
        raise ClaimLost
    _finish(claim, lambda: _save(rows, drafts, sources))


def _note_what_is_missing(ticket: Ticket, sources: Sequence[Source]) -> None:
    """A question that no article answers is an article to write; known by its subject, if that
    says something, so that it reads like a title."""
    passages = [one for one in sources if one["kind"] == "chunk"]
    if any(one["fits"] for one in passages) or ticket.attempts > 1:
        return
    asked, _turn = _waiting(list(ticket.messages.all()))
    says = len(ticket.subject.split()) >= TELLING_WORDS
    coverage.record(
        ticket.subject if says else "\n".join([ticket.subject, *asked]),
        lang=ticket.lang,
        origin=CoverageGap.Origin.TICKET,
        best_score=max((one["score"] for one in passages), default=0.0),
    )


def _make_rows(
    claim: Claim, ticket: Ticket, choices: Sequence[SlotChoice], sources: list[Source]
) -> list[Suggestion]:
    """A row for each choice, empty, in an order that the ticket's seed decides. A former attempt's
    rows are used again."""
    message = ticket.messages.filter(role=Message.Role.CUSTOMER).latest("created_at", "pk")
    order = random.Random(f"{ticket.shuffle_seed}:{message.pk}")  # noqa: S311  no secret
    positions = order.sample(range(len(choices)), len(choices))
    with claim.held():
        Ticket.objects.filter(pk=ticket.pk).update(found=sources)
        unfinished = Suggestion.objects.filter(message=message).exclude(state=State.READY)
        unfinished.exclude(slot__in=[choice.slot for choice in choices]).delete()
        rows = [
            Suggestion.objects.update_or_create(
                message=message,
                slot=choice.slot,
                defaults={
                    "ticket": ticket,
                    "version": choice.version,
                    "prompt_version": PROMPT_VERSION,
                    "position": position,
                    "state": State.PENDING,
                    "text": "",
                    "error": "",
                    "sources": [],
                    "first_text_at": None,
                    "finished_at": None,
                },
            )[0]
            for choice, position in zip(choices, positions, strict=True)
        ]
        publish("inbox", ticket=ticket.pk)
        publish(f"ticket:{ticket.pk}", found=len(sources))
    return rows


@dataclass
class _Writer:
    """Takes the engine's text so far and brings it to the rows, not more often than a reader sees.

    `on_text` never raises for a lost claim: an exception inside a generating model leaves its hooks
    in place. It sets `lost`, which the engine asks for at each step.
    """

    claim: Claim
    rows: Sequence[Suggestion]
    lost: threading.Event
    clock: Callable[[], float] = time.monotonic
    _waiting: dict[int, str] = field(default_factory=dict)
    _flushed_at: float = float("-inf")

    def on_text(self, number: int, text: str) -> None:
        self._waiting[number] = text
        if not self.lost.is_set() and self.clock() - self._flushed_at >= FLUSH_SECONDS:
            try:
                self._flush()
            except ClaimLost:
                self.lost.set()

    def _flush(self) -> None:
        now = timezone.now()
        with self.claim.held():
            for number, text in self._waiting.items():
                Suggestion.objects.filter(pk=self.rows[number].pk).update(
                    text=whole(text),
                    state=State.WRITING,
                    first_text_at=Coalesce("first_text_at", now),
                )
                publish(f"ticket:{self.claim.ticket_id}", suggestion=self.rows[number].pk)
        self._waiting.clear()
        self._flushed_at = self.clock()


def _finish(claim: Claim, save: Callable[[], None]) -> None:
    """Drafts and the ticket's state at once: a page never sees the one without the other."""
    with claim.held():
        save()
        Ticket.objects.filter(pk=claim.ticket_id).update(
            state=Ticket.State.READY, claim="", updated_at=timezone.now()
        )
        publish("inbox", ticket=claim.ticket_id)
        publish(f"ticket:{claim.ticket_id}", drafts="done")


def _save(rows: Sequence[Suggestion], drafts: Sequence[Draft], sources: list[Source]) -> None:
    for row, draft in zip(rows, drafts, strict=True):
        result, prompt = draft.result, draft.prompt
        text = result.text.strip()
        error = draft.error or ("" if text else _("The model wrote nothing."))
        Suggestion.objects.filter(pk=row.pk).update(
            text=text,
            state=State.FAILED if error else State.READY,
            error=error[:200],
            sources=used_sources(
                sources,
                passages_used=prompt.passages_used if prompt else 0,
                similar_used=prompt.similar_used if prompt else 0,
            ),
            prompt_tokens=result.prompt_tokens,
            tokens=result.tokens,
            seconds=result.seconds,
            first_text_at=Coalesce("first_text_at", timezone.now()) if text else None,
            finished_at=timezone.now(),
        )


def _fail(rows: Sequence[Suggestion], error: str) -> None:
    Suggestion.objects.filter(pk__in=[row.pk for row in rows]).update(
        state=State.FAILED, error=error, finished_at=timezone.now()
    )


def _waiting(messages: Sequence[Message]) -> tuple[list[str], int]:
    """What the customer wrote since the agent's last message, and which turn it is, from 1."""
    asked: list[str] = []
    turn = 1
    for message in messages:
        if message.role == Message.Role.AGENT:
            asked, turn = [], turn + 1
        else:
            asked.append(message.text)
    return asked, turn


def _role(message: Message) -> Role:
    return "customer" if message.role == Message.Role.CUSTOMER else "agent"
