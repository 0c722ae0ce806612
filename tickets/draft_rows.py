"""The rows of one ticket's drafts, from empty to finished: `DraftRows`.

Text is brought to the rows a few times a second, each time with a live message, so that a page
shows what is being written and a reload continues. A draft that has ended is saved at once, a slow
one beside it is still written; with the last one the ticket is ready, in the same transaction.
"""

import random
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext_noop as _

from kb.models import Article
from llm.cleaning import while_written
from llm.engine.serving import Draft
from llm.prompts import PROMPT_VERSION
from llm.registry import SlotChoice
from runtime.live import publish
from text.privacy.placeholders import whole
from tickets import events
from tickets.claims import Claim, ClaimLost
from tickets.finishing import Finished, finish_draft, has_no_good_answer, placeholders_of
from tickets.models import Message, Suggestion, Ticket, TicketEvent
from tickets.prompting import Source, used_sources

FLUSH_SECONDS = 0.25
MEBIBYTE = 2**20
State = Suggestion.State


@dataclass
class DraftRows:
    """`choices` are those that are to be written, and drafts are numbered by them.

    Nothing here raises for a lost claim: an exception would end the other tickets' drafts too. It
    sets `lost`, which the engine asks for at each step. `finished`: the ticket is ready.
    """

    claim: Claim
    choices: list[SlotChoice]
    sources: list[Source]
    lost: threading.Event
    finished: bool = False
    clock: Callable[[], float] = time.monotonic
    _placeholders: set[str] = field(default_factory=set)
    _rows: list[Suggestion] = field(default_factory=list)
    _unfinished: set[int] = field(default_factory=set)
    _grown: dict[int, str] = field(default_factory=dict)
    _flushed_at: float = float("-inf")

    @classmethod
    def made(
        cls,
        claim: Claim,
        ticket: Ticket,
        choices: Sequence[SlotChoice],
        sources: list[Source],
        *,
        lost: threading.Event,
    ) -> "DraftRows":
        """A row for each choice, empty, in an order that the ticket's seed decides. What a former
        attempt finished stays; its other rows are used again. Raises ClaimLost."""
        rows = _make_rows(claim, ticket, choices, sources)
        made = cls(claim, [choice for choice, _row in rows], sources, lost)
        made._rows = [row for _choice, row in rows]
        made._unfinished = set(range(len(rows)))
        made._placeholders = placeholders_of(ticket)
        if not rows:
            made.on_drafts({})
        return made

    def on_text(self, number: int, text: str) -> None:
        """A draft's whole text so far, shown without the half placeholder at its end, and not more
        often than a reader sees."""
        self._grown[number] = text
        if not self.lost.is_set() and self.clock() - self._flushed_at >= FLUSH_SECONDS:
            try:
                self._flush()
            except ClaimLost:
                self.lost.set()

    def on_drafts(self, drafts: Mapping[int, Draft]) -> None:
        """These have ended."""
        if self.lost.is_set():
            return
        left = self._unfinished - drafts.keys()
        ended = {
            number: _values(draft, self.sources, self._placeholders)
            for number, draft in drafts.items()
        }
        try:
            with self.claim.held():
                for number, values in ended.items():
                    self._save(number, values)
                if left:
                    publish(f"ticket:{self.claim.ticket_id}", drafts="writing")
                else:
                    self._give_to_agent()
        except ClaimLost:
            self.lost.set()
        else:
            self._unfinished, self.finished = left, not left

    def _flush(self) -> None:
        now = timezone.now()
        with self.claim.held():
            for number, text in self._grown.items():
                Suggestion.objects.filter(pk=self._rows[number].pk).update(
                    text=while_written(text),
                    state=State.WRITING,
                    first_text_at=Coalesce("first_text_at", now),
                )
            # One message for all: a page asks for all drafts at once.
            publish(f"ticket:{self.claim.ticket_id}", drafts="writing")
        self._grown.clear()
        self._flushed_at = self.clock()

    def _save(self, number: int, values: Mapping[str, Any]) -> None:
        self._grown.pop(number, None)
        row, now = self._rows[number], timezone.now()
        first = Coalesce("first_text_at", now) if values["text"] else None
        Suggestion.objects.filter(pk=row.pk).update(**values, first_text_at=first, finished_at=now)

    def _give_to_agent(self) -> None:
        """Drafts and the ticket's state at once: a page never sees the one without the other."""
        Ticket.objects.filter(pk=self.claim.ticket_id).update(
            state=Ticket.State.READY,
            no_good_answer=has_no_good_answer(self._ready(), self.sources),
            claim="",
            updated_at=timezone.now(),
        )
        ticket = Ticket.objects.get(pk=self.claim.ticket_id)
        events.record(ticket, TicketEvent.Kind.DRAFTED)

    def _ready(self) -> list[Finished]:
        asked = Message.objects.filter(ticket=self.claim.ticket_id, role=Message.Role.CUSTOMER)
        ready = Suggestion.objects.filter(
            message=asked.latest("created_at", "pk"), state=State.READY
        )
        return [Finished(*row) for row in ready.values_list("text", "marks")]


def _make_rows(
    claim: Claim, ticket: Ticket, choices: Sequence[SlotChoice], sources: list[Source]
) -> list[tuple[SlotChoice, Suggestion]]:
    message = ticket.messages.filter(role=Message.Role.CUSTOMER).latest("created_at", "pk")
    order = random.Random(f"{ticket.shuffle_seed}:{message.pk}")  # noqa: S311  no secret
    positions = order.sample(range(len(choices)), len(choices))
    rows = []
    with claim.held():
        Ticket.objects.filter(pk=ticket.pk).update(found=sources, no_good_answer=False)
        ready = Suggestion.objects.filter(message=message, state=State.READY)
        unfinished = Suggestion.objects.filter(message=message).exclude(state=State.READY)
        unfinished.exclude(slot__in=[choice.slot for choice in choices]).delete()
        for choice, position in zip(choices, positions, strict=True):
            if not ready.filter(slot=choice.slot).update(position=position):
                rows.append((choice, _empty_row(ticket, message, choice, position)))
        publish("inbox", ticket=ticket.pk)
        publish(f"ticket:{ticket.pk}", found=len(sources))
    return rows


def _empty_row(ticket: Ticket, message: Message, choice: SlotChoice, position: int) -> Suggestion:
    defaults = {
        "ticket": ticket,
        "version": choice.version,
        "is_canary": choice.is_canary,
        "prompt_version": PROMPT_VERSION,
        "position": position,
        "state": State.PENDING,
        "text": "",
        "error": "",
        "sources": [],
        "article": None,
        "marks": {},
        "first_text_at": None,
        "finished_at": None,
    }
    return Suggestion.objects.update_or_create(
        message=message, slot=choice.slot, defaults=defaults
    )[0]


def _values(draft: Draft, sources: Sequence[Source], placeholders: set[str]) -> dict[str, Any]:
    """The columns of a draft that has ended."""
    result, prompt = draft.result, draft.prompt
    used = used_sources(
        sources,
        passages_used=prompt.passages_used if prompt else 0,
        similar_used=prompt.similar_used if prompt else 0,
    )
    done = finish_draft(whole(result.text), sources=used, placeholders=placeholders, prompt=prompt)
    text = done.text
    error = draft.error or ("" if text else _("The model wrote nothing."))
    state = State.FAILED if error else State.READY
    if not error and result.finish in ("cancelled", "timeout"):
        state = State.CANCELLED  # what is there can be read, but is no whole answer
    return {
        "text": text,
        "state": state,
        "error": error[:200],
        "marks": done.marks | _marks(draft),
        "sources": used,
        "article": _stands_on(used, done.marks.get("cited", [])),
        **({"prompt_version": prompt.version} if prompt else {}),
        "prompt_tokens": result.prompt_tokens,
        "tokens": result.tokens,
        "seconds": result.seconds,
        "prefill_seconds": result.prefill_seconds,
        "decode_seconds": result.decode_seconds,
        "peak_mebibytes": result.peak_bytes / MEBIBYTE,
    }


def _stands_on(used: Sequence[Source], cited: Sequence[int]) -> Subquery | None:
    """The article of the first passage that is cited, or else was given, if it is still there."""
    passages = {number: one for number, one in enumerate(used, 1) if one["kind"] == "chunk"}
    numbers = sorted(passages.keys() & set(cited)) or sorted(passages)
    article = passages[numbers[0]].get("article") if numbers else None
    return Subquery(Article.objects.filter(pk=article).values("pk")) if article else None


def _marks(draft: Draft) -> dict[str, Any]:
    return {"unfinished": True} if draft.result.finish in ("length", "timeout") else {}
