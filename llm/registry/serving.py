"""What serves now: `slots_now` for a ticket, `serving_versions` for what to keep in memory.

Each is one query, so what a ticket gets is one moment's state of all slots, and it keeps that
however they change while it is written.
"""

import hashlib
from dataclasses import dataclass

from llm.models import ModelVersion, Slot


@dataclass(frozen=True)
class SlotChoice:
    """A slot that is filled, and the version that writes for it."""

    slot: str
    version: ModelVersion
    is_canary: bool = False


def slots_now(*, seed: int | None = None) -> list[SlotChoice]:
    """The filled slots, A first. With a seed (the ticket's) a slot's canary stands for it in its
    share of tickets, for the same ticket always; without one what is live."""
    return [choice for slot in _filled() if (choice := _choice(slot, seed)) is not None]


def serving_versions() -> list[ModelVersion]:
    """The versions and the canaries of all slots: any of them may be asked for by the next
    ticket."""
    found = {
        version.pk: version
        for slot in _filled()
        for version in (slot.version, slot.canary)
        if version
    }
    return list(found.values())


def takes_canary(slot: Slot, seed: int) -> bool:
    """Whether the ticket with this seed is among the slot's share for its canary.

    A hash and not a draw: stable, and a larger share only adds tickets. Slot and canary are part of
    it, so that no ticket is the one on which everything is tried.
    """
    if slot.canary is None or slot.canary.state == ModelVersion.State.BROKEN:
        return False
    text = f"{slot.name}:{slot.canary.digest}:{seed}"
    number = int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")
    return number < slot.canary_share * 2**64


def _choice(slot: Slot, seed: int | None) -> SlotChoice | None:
    if seed is not None and slot.canary is not None and takes_canary(slot, seed):
        return SlotChoice(slot=slot.name, version=slot.canary, is_canary=True)
    return SlotChoice(slot=slot.name, version=slot.version) if slot.version else None


def _filled() -> list[Slot]:
    rows = Slot.objects.filter(version__isnull=False).select_related(
        "version__base", "version__server", "canary__base", "canary__server"
    )
    return list(rows)
