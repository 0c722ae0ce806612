"""A draft said another way: shorter, friendlier, more formal, or in another language.

`ask` makes the row and queues it, `write` is the worker's part, `sweep` sets going again what a
worker left. The version that wrote the draft writes it again, if an admin has said that it follows
instructions. It reads the draft alone: no passage, no conversation. What comes is cleaned as a
draft is, with the draft for its only source: a link, number or placeholder that the draft does not
have is taken out, and a placeholder that got lost is told. Nobody is served by half of a claim: as
with drafts, only its holder writes.
"""

import threading
import time
import uuid
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from llm.cleaning import SourceText, clean_answer, while_written
from llm.engine.serving import Draft, generate_one
from llm.models import ModelVersion
from llm.prompts import LANGUAGES, PromptInput, Turn
from llm.registry import SlotChoice
from llm.servers.breaker import is_allowed
from runtime.errors import InputError
from runtime.live import publish
from text.privacy.placeholders import placeholders_in, whole
from tickets.claims import ClaimLost, Held, kept_alive
from tickets.draft_rows import FLUSH_SECONDS
from tickets.models import Rewrite, Suggestion, Ticket
from tickets.queueing import ask_for_rewrite

MAX_ATTEMPTS: Final = 3
MAX_OPEN: Final = 10
"""Rewrites of one ticket that wait or are written."""
AT_A_TIME: Final = 100
Kind = Rewrite.Kind
State = Suggestion.State
OPEN: Final = (State.PENDING, State.WRITING)

NOT_OFFERED: Final = gettext_noop("This draft cannot be said another way.")
TOO_LONG: Final = gettext_noop("This draft is too long to be said another way.")
NOTHING: Final = gettext_noop("The model wrote nothing.")
FAILED_OFTEN: Final = gettext_noop("The draft failed several times.")


class NotOffered(InputError):
    """This draft cannot be said another way so."""


def is_offered(version: ModelVersion) -> bool:
    """An admin has said that it follows instructions, and it may be asked at all."""
    allowed = version.server is None or is_allowed(version.server)
    return version.follows_instructions and allowed


def ask(suggestion: Suggestion, *, agent: User, kind: str, lang: str = "") -> Rewrite:
    """The row, new or the one that says the same. Raises NotOffered, and has then changed
    nothing."""
    _check(suggestion, kind, lang)
    with transaction.atomic():
        ticket = Ticket.objects.select_for_update().get(pk=suggestion.ticket_id)
        suggestion = Suggestion.objects.select_related("version__server").get(pk=suggestion.pk)
        if ticket.state not in Ticket.OPEN_STATES:
            raise NotOffered(_("This ticket has been answered or closed meanwhile."))
        if suggestion.state != State.READY or not is_offered(suggestion.version):
            raise NotOffered(_("This draft cannot be said another way."))
        lang = lang if kind == Kind.TRANSLATE else ""
        known = Rewrite.objects.filter(suggestion=suggestion, kind=kind, lang=lang)
        there = known.filter(state__in=(*OPEN, State.READY)).first()
        if there is not None:
            return there
        if Rewrite.objects.filter(suggestion__ticket=ticket, state__in=OPEN).count() >= MAX_OPEN:
            raise NotOffered(_("Wait until the other wordings are written."))
        known.delete()  # one that failed makes room for the next try
        row = Rewrite.objects.create(suggestion=suggestion, agent=agent, kind=kind, lang=lang)
        ask_for_rewrite(row.pk)
        publish(f"ticket:{ticket.pk}", rewrite=row.pk)
    return row


def write(rewrite_id: int) -> bool:
    """True if this call wrote it. Called again, or beside another worker, it does nothing."""
    claim = _Claim.take(rewrite_id)
    if claim is None:
        return False
    rewrite = Rewrite.objects.select_related(
        "suggestion__ticket", "suggestion__version__base", "suggestion__version__server"
    ).get(pk=rewrite_id)
    draft = rewrite.suggestion
    if not is_offered(draft.version):  # an admin has changed it since
        return _finish(claim, draft, state=State.FAILED, error=NOT_OFFERED)
    with kept_alive([claim]) as (lost,):
        writing = _Writing(claim, draft.ticket_id, lost)
        (written,) = generate_one(
            _parts(rewrite),
            [SlotChoice(slot=draft.slot, version=draft.version)],
            on_text=writing.on_text,
            should_stop=lost.is_set,
        )
    if lost.is_set():
        return False
    return _finish(claim, draft, **_values(written, draft))


def sweep(*, now: datetime) -> int:
    """Ask again for what nobody writes, give up what failed too often; how many."""
    since = now - timedelta(seconds=settings.STALE_SECONDS)
    idle = Q(state=State.PENDING, claimed_at=None, created_at__lt=since)
    idle |= Q(state__in=OPEN, claimed_at__lt=since)
    rows = list(Rewrite.objects.filter(idle).order_by("pk")[:AT_A_TIME])
    for row in rows:
        mine = Rewrite.objects.filter(idle, pk=row.pk, claim=row.claim)
        with transaction.atomic():
            if row.attempts >= MAX_ATTEMPTS:
                ended = {"state": State.FAILED, "error": FAILED_OFTEN, "finished_at": now}
                mine.update(claim="", **ended)
                publish(f"ticket:{row.suggestion.ticket_id}", rewrite=row.pk)
            elif mine.update(state=State.PENDING, claim="", claimed_at=now):
                ask_for_rewrite(row.pk)
    return len(rows)


def ask_again(ticket: Ticket) -> None:
    """What is being written reads words that have just been masked: from the beginning. Inside the
    transaction that masks."""
    rows = Rewrite.objects.filter(suggestion__ticket=ticket, state__in=OPEN)
    for pk in rows.values_list("pk", flat=True):
        Rewrite.objects.filter(pk=pk).update(state=State.PENDING, claim="", text="", attempts=0)
        ask_for_rewrite(pk)


def _check(suggestion: Suggestion, kind: str, lang: str) -> None:
    if kind not in Kind.values:
        raise NotOffered(_("Choose how the draft should be said."))
    if kind == Kind.TRANSLATE and lang not in LANGUAGES:
        raise NotOffered(_("Choose the language to translate into."))


@dataclass(frozen=True)
class _Claim(Held):
    """Of one rewrite."""

    pk: int
    key: str

    @classmethod
    def take(cls, pk: int) -> "_Claim | None":
        """None where it does not wait, a living worker has it, or its ticket waits no more."""
        now, key = timezone.now(), str(uuid.uuid4())
        stale = Q(
            state=State.WRITING, claimed_at__lt=now - timedelta(seconds=settings.STALE_SECONDS)
        )
        waits = Ticket.objects.filter(state__in=Ticket.OPEN_STATES).values("pk")
        rows = Rewrite.objects.filter(Q(state=State.PENDING) | stale, pk=pk)
        taken = rows.filter(suggestion__ticket__in=waits, attempts__lt=MAX_ATTEMPTS).update(
            state=State.WRITING, claim=key, claimed_at=now, attempts=F("attempts") + 1
        )
        return cls(pk, key) if taken else None

    def beat(self) -> bool:
        mine = Rewrite.objects.filter(pk=self.pk, claim=self.key, state=State.WRITING)
        return bool(mine.update(claimed_at=timezone.now()))


@dataclass
class _Writing:
    """The row while it grows; `lost` stops the engine."""

    claim: _Claim
    ticket_id: int
    lost: threading.Event
    _flushed_at: float = field(default=float("-inf"))

    def on_text(self, _number: int, text: str) -> None:
        if self.lost.is_set() or time.monotonic() - self._flushed_at < FLUSH_SECONDS:
            return
        self._flushed_at = time.monotonic()
        try:
            with self.claim.held():
                Rewrite.objects.filter(pk=self.claim.pk).update(text=while_written(text))
                publish(f"ticket:{self.ticket_id}", rewrite=self.claim.pk)
        except ClaimLost:
            self.lost.set()


def _parts(rewrite: Rewrite) -> PromptInput:
    draft = rewrite.suggestion
    return PromptInput(
        lang=rewrite.lang or draft.ticket.lang,
        passages=(),
        similar=(),
        turns=(Turn(role="customer", text=draft.text),),
        company=settings.COMPANY_NAME,
        tone=settings.ANSWER_TONE,
        rewording=rewrite.kind,
    )


def _finish(claim: _Claim, draft: Suggestion, **values: Any) -> bool:
    try:
        with claim.held():
            Rewrite.objects.filter(pk=claim.pk).update(
                **values, claim="", finished_at=timezone.now()
            )
            publish(f"ticket:{draft.ticket_id}", rewrite=claim.pk)
    except ClaimLost:
        return False
    return True


def _values(written: Draft, draft: Suggestion) -> dict[str, Any]:
    """The columns of a rewrite that has ended."""
    result = written.result
    had = [name for name, _type in placeholders_in(draft.text)]
    cleaned = clean_answer(
        whole(result.text),
        sources=[SourceText(1, draft.text)],
        placeholders=had,
        public=settings.PUBLIC_CONTACTS,
    )
    error = written.error or ("" if cleaned.text else NOTHING)
    if not error and written.prompt is not None and written.prompt.cut:
        error = TOO_LONG
    has = {name for name, _type in placeholders_in(cleaned.text)}
    marks = {
        "lost": [name for name in dict.fromkeys(had) if name not in has],
        "removed": cleaned.removed,
        "unfinished": result.finish in ("length", "timeout"),
    }
    return {
        "state": State.FAILED if error else State.READY,
        "error": error[:200],
        "text": "" if error else cleaned.text,
        "marks": {} if error else {name: value for name, value in marks.items() if value},
        "tokens": result.tokens,
        "seconds": result.seconds,
    }
