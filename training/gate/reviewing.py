"""What the desk's ratings say about canaries and fresh promotions: `review`.

Called by every `finetune` and once an hour. For each slot, in a transaction of its own: a canary
that broke is retired; one that reached a look of `rules` is promoted, retired, or waits. Where that
changes nothing, a version that the gate promoted is held against its predecessor, and rolled back
if it is worse. Two reviews at once take turns, so the second finds the work done.
"""

from collections.abc import Sequence
from datetime import datetime

from django.conf import settings
from django.db import transaction

from llm import registry
from llm.manifest import ManifestError
from llm.models import ModelVersion, Slot, SlotEvent
from llm.registry import RegistryError
from training.gate import telling
from training.gate.admitting import Kind, note, taking_turns
from training.gate.ratings import Rated, record, shares
from training.gate.reasons import Why
from training.gate.rules import Look, clearly_worse, look_at, looks_of
from training.models import Decision

State = ModelVersion.State


def review() -> list[Decision]:
    """What was decided now; whoever is to know is told."""
    made = [decision for name in Slot.NAMES if (decision := _review(name)) is not None]
    telling.tell_all()
    return made


def _review(name: str) -> Decision | None:
    try:
        with taking_turns():
            return _reviewed(name)
    except RegistryError:  # a person changed the slot meanwhile: the next review looks again
        return None


def _reviewed(name: str) -> Decision | None:
    slots = Slot.objects.select_related("version", "canary", "previous")
    slot = slots.filter(name=name).first()
    if slot is None or slot.version is None:
        return None
    made = None
    if slot.canary is not None:
        made = _review_canary(slot, slot.canary, slot.version)
    return made or _watch(slot, slot.version)


def _review_canary(slot: Slot, canary: ModelVersion, live: ModelVersion) -> Decision | None:
    if canary.state == State.BROKEN:
        return _retire(slot, canary, live, Why.BROKEN, None)
    since = began(slot.name, canary)
    new = record(slot.name, canary, since=since, is_canary=True)
    old = record(slot.name, live, since=since, is_canary=False)
    look = decisive_look(new, old, least=settings.CANARY_LEAST_RATINGS)
    if look is None or look.outcome == "wait":
        return None
    if look.outcome == "promote":
        return _promote(slot, canary, live, look)
    why = Why.RATED_WORSE if look.figures["difference"]["high"] < 0 else Why.RATED_LOWER
    return _retire(slot, canary, live, Why.RATED_WORSE_LANGUAGE if look.worse_in else why, look)


def decisive_look(new: Sequence[Rated], old: Sequence[Rated], *, least: int) -> Look | None:
    """The first look that decides, else the last that was reached, None before the first. Each is
    taken at the moment when the second side reached its number."""
    found = None
    for number, size in enumerate(looks_of(least), start=1):
        if min(len(new), len(old)) < size:
            break
        moment = max(new[size - 1].at, old[size - 1].at)
        found = look_at(
            number, shares(_until(new, moment)), shares(_until(old, moment)), least=least
        )
        if found.outcome != "wait":
            break
    return found


def began(slot: str, canary: ModelVersion) -> datetime | None:
    """Since when the slot's canary and live version stand beside each other; another share of the
    same canary is no new beginning."""
    since = None
    for event in SlotEvent.objects.filter(slot=slot).order_by("-pk")[:200]:
        since = event.at
        same = event.version_id == canary.pk and event.previous_id == canary.pk
        if event.kind != SlotEvent.Kind.CANARY or not same:
            break
    return since


def _promote(slot: Slot, canary: ModelVersion, live: ModelVersion, look: Look) -> Decision:
    why = Why.RATED_BETTER if look.figures["difference"]["low"] > 0 else Why.RATED_NO_WORSE
    try:
        with transaction.atomic():
            # One that serves in another slot too is no canary by its state.
            place = registry.set_slot if canary.state == State.LIVE else registry.promote
            place(slot.name, canary, why=str(why))
    except (RegistryError, ManifestError):
        return _retire(slot, canary, live, Why.BROKEN, look)
    return note(Kind.PROMOTED, slot.name, canary, live, why, look.figures)


def _retire(
    slot: Slot, canary: ModelVersion, live: ModelVersion, why: str, look: Look | None
) -> Decision:
    figures = dict(look.figures) if look else {}
    if look and look.worse_in:
        figures["worse_in"] = look.worse_in
    registry.retire(slot.name, why=str(why))
    return note(Kind.RETIRED, slot.name, canary, live, why, figures)


def _watch(slot: Slot, live: ModelVersion) -> Decision | None:
    """After a promotion by the gate: the same looks, against what its predecessor had before."""
    kinds = (SlotEvent.Kind.PROMOTE, SlotEvent.Kind.ROLLBACK)
    event = SlotEvent.objects.filter(slot=slot.name, kind__in=kinds).order_by("-pk").first()
    former = slot.previous
    if event is None or event.kind != SlotEvent.Kind.PROMOTE or event.version_id != live.pk:
        return None
    by_gate = Decision.objects.filter(
        kind=Kind.PROMOTED, slot=slot.name, version=live, created_at__gte=event.at
    )
    if former is None or former.state == State.BROKEN or not by_gate.exists():
        return None
    least = settings.CANARY_LEAST_RATINGS
    new = record(slot.name, live, since=event.at)
    old = record(slot.name, former, before=event.at)[-2 * looks_of(least)[-1] :]
    for number, size in enumerate(looks_of(least), start=1):
        if len(new) < size or len(old) < least:
            return None
        part = shares(new[:size])
        if clearly_worse(part, shares(old), number=number):
            return _roll_back(slot, live, former, look_at(number, part, shares(old), least=least))
    return None


def _roll_back(slot: Slot, live: ModelVersion, former: ModelVersion, look: Look) -> Decision:
    registry.rollback(slot.name, why=str(Why.PROMOTION_WORSE), expected=live.name)
    return note(Kind.ROLLED_BACK, slot.name, live, former, Why.PROMOTION_WORSE, dict(look.figures))


def _until(rated: Sequence[Rated], moment: datetime) -> list[Rated]:
    return [one for one in rated if one.at <= moment]
