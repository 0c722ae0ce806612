"""Which slot the next version challenges: `worst_slot`."""

from llm.models import ModelVersion, Slot
from tickets.reports import Z_95
from training.gate.ratings import record, shares
from training.gate.rules import Shares


def worst_slot() -> str:
    """An empty slot first, then one that an untuned base serves, then the one whose version agents
    rate worst: by the lower bound of its positive share (Wilson, 95%), so that few ratings count
    for little. A slot that tries a canary waits for its end, unless all do."""
    rows = {slot.name: slot for slot in Slot.objects.select_related("version")}
    free = [name for name in Slot.NAMES if name not in rows or rows[name].canary_id is None]
    return min(free or Slot.NAMES, key=lambda name: _rank(rows.get(name), name))


def is_untuned(version: ModelVersion) -> bool:
    """A base of our own. Of a model on somebody's server nobody knows, so it counts as tuned."""
    return version.base_id is None and version.server_id is None


def _rank(slot: Slot | None, name: str) -> tuple[int, float, str]:
    if slot is None or slot.version is None:
        return (0, 0.0, name)
    if is_untuned(slot.version):
        return (1, 0.0, name)
    rated = sum(shares(record(name, slot.version)).values(), Shares(0, 0))
    return (2, rated.interval(Z_95)[0] if rated.rated else 0.0, name)
