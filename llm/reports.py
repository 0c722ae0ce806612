"""What the model page and `models list` show: versions and slots as plain rows.

Public entries: `version_rows`, `slot_rows`. One query each, however many versions there are.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from llm.models import ModelVersion, Slot


@dataclass(frozen=True)
class VersionRow:
    """`slots`: where it serves, "" for nowhere. Figures are None where its manifest has none."""

    name: str
    state: str
    state_label: str
    method: str
    base: str
    slots: str
    recipe: str
    rows: int | None
    trainable_parameters: int | None
    total_parameters: int | None
    seconds: float | None
    metrics: Mapping[str, Any]
    prompt_version: str
    digest: str
    created_at: datetime


@dataclass(frozen=True)
class SlotRow:
    """`version` and `previous` are names, "" for none."""

    slot: str
    version: str
    method: str
    previous: str
    updated_at: datetime | None


def version_rows() -> list[VersionRow]:
    """Newest first."""
    slots: dict[int, str] = defaultdict(str)
    for slot in Slot.objects.filter(version__isnull=False):
        slots[slot.version_id or 0] += slot.name
    versions = ModelVersion.objects.select_related("base").order_by("-created_at", "-pk")
    return [_version_row(version, slots[version.pk]) for version in versions]


def slot_rows() -> list[SlotRow]:
    """A, B and C, also those that were never filled."""
    filled = {slot.name: slot for slot in Slot.objects.select_related("version", "previous")}
    return [_slot_row(name, filled.get(name)) for name in Slot.NAMES]


def _version_row(version: ModelVersion, slots: str) -> VersionRow:
    manifest = version.manifest
    dataset = manifest.get("dataset")
    return VersionRow(
        name=version.name,
        state=version.state,
        state_label=version.get_state_display(),
        method=version.method,
        base=version.base.name if version.base else "",
        slots=slots,
        recipe=version.recipe,
        rows=_whole(dataset.get("rows")) if isinstance(dataset, dict) else None,
        trainable_parameters=_whole(manifest.get("trainable_parameters")),
        total_parameters=_whole(manifest.get("total_parameters")),
        seconds=_number(manifest.get("seconds")),
        metrics=version.metrics,
        prompt_version=version.prompt_version,
        digest=version.digest,
        created_at=version.created_at,
    )


def _slot_row(name: str, slot: Slot | None) -> SlotRow:
    version = slot.version if slot else None
    previous = slot.previous if slot else None
    return SlotRow(
        slot=name,
        version=version.name if version else "",
        method=version.method if version else "",
        previous=previous.name if previous else "",
        updated_at=slot.updated_at if slot else None,
    )


def _number(given: Any) -> float | None:
    usable = isinstance(given, int | float) and not isinstance(given, bool)
    return float(given) if usable else None


def _whole(given: Any) -> int | None:
    number = _number(given)
    return None if number is None else int(number)
