"""What the model page and `models list` show: versions, slots and servers as plain rows.

Public entries: `version_rows`, `slot_rows`, `server_rows`, `lineage_of`. One or two queries each,
however many rows there are.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from llm.models import ModelVersion, Server, Slot, SlotEvent
from llm.servers.breaker import asked_again_at, is_allowed
from llm.servers.breaker import trouble_of as trouble_of_server
from llm.troubles import trouble_of


@dataclass(frozen=True)
class VersionRow:
    """`slots`: where it serves, `canary_in`: where it is tried, "" for nowhere. Figures are None
    where its manifest has none. `server`: the one that it stands on, "" for this machine."""

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
    canary_in: str
    base_revision: str
    dataset_digest: str
    server: str
    served_name: str


@dataclass(frozen=True)
class SlotRow:
    """`version`, `previous` and `canary` are names, "" for none; `canary_share` from 0 to 1;
    `since`: when it began to serve what it serves, `updated_at`: when anything of it changed.
    `trouble`: what keeps the version from writing, in one line, "" for nothing; `detail` says it to
    whoever repairs it."""

    slot: str
    version: str
    method: str
    previous: str
    updated_at: datetime | None
    server: str
    canary: str
    canary_share: float
    trouble: str
    detail: str
    canary_trouble: str
    canary_detail: str
    since: datetime | None


@dataclass(frozen=True)
class ServerRow:
    """`allowed`: whether anything may be sent there; `trouble` as in `SlotRow`; `asked_again_at`:
    None where the next ticket may ask it; `versions`: the names of those that stand on it."""

    pk: int
    name: str
    url: str
    hosted: bool
    allowed: bool
    allowed_by: str
    allowed_at: datetime | None
    state: str
    state_label: str
    trouble: str
    asked_again_at: datetime | None
    last_ok_at: datetime | None
    versions: list[str]


def version_rows() -> list[VersionRow]:
    """Newest first."""
    slots: dict[int, str] = defaultdict(str)
    canaries: dict[int, str] = defaultdict(str)
    for slot in Slot.objects.all():
        slots[slot.version_id or 0] += slot.name
        canaries[slot.canary_id or 0] += slot.name
    versions = ModelVersion.objects.select_related("base", "server").order_by("-created_at", "-pk")
    return [_version_row(one, slots=slots[one.pk], canary_in=canaries[one.pk]) for one in versions]


def slot_rows() -> list[SlotRow]:
    """A, B and C, also those that were never filled."""
    rows = Slot.objects.select_related(
        "version__base", "version__server", "previous", "canary__base", "canary__server"
    )
    filled = {slot.name: slot for slot in rows}
    serving = (SlotEvent.Kind.PROMOTE, SlotEvent.Kind.ROLLBACK)
    changes = SlotEvent.objects.filter(kind__in=serving).order_by("slot", "-pk").distinct("slot")
    since = dict(changes.values_list("slot", "at"))
    return [_slot_row(filled.get(name) or Slot(name=name), since.get(name)) for name in Slot.NAMES]


def server_rows() -> list[ServerRow]:
    rows = Server.objects.select_related("allowed_by").prefetch_related("versions")
    return [_server_row(server) for server in rows]


def lineage_of(version: ModelVersion) -> dict[str, Any]:
    """What a version was made of, as far as it is recorded; `base` is the lineage of its base."""
    manifest = version.manifest
    return {
        "name": version.name,
        "digest": version.digest,
        "method": version.method,
        "base": None if version.base is None else lineage_of(version.base),
        "base_revision": version.base_revision,
        "recipe": version.recipe,
        "dataset_digest": version.dataset_digest,
        "dataset_rows": _rows_of(manifest),
        "metrics": _mapping(version.metrics),
        "prompt_version": version.prompt_version,
        "generation": {**_mapping(manifest.get("generation")), **version.generation},
        "server": version.server.name if version.server else "",
        "served_name": version.served_name,
        "tuned_as": str(manifest.get("tuned_as", "")),
        "registered_at": version.created_at,
    }


def _version_row(version: ModelVersion, *, slots: str, canary_in: str) -> VersionRow:
    manifest = version.manifest
    return VersionRow(
        name=version.name,
        state=version.state,
        state_label=version.get_state_display(),
        method=version.method,
        base=version.base.name if version.base else "",
        slots=slots,
        recipe=version.recipe,
        rows=_rows_of(manifest),
        trainable_parameters=_whole(manifest.get("trainable_parameters")),
        total_parameters=_whole(manifest.get("total_parameters")),
        seconds=_number(manifest.get("seconds")),
        metrics=_mapping(version.metrics),
        prompt_version=version.prompt_version,
        digest=version.digest,
        created_at=version.created_at,
        canary_in=canary_in,
        base_revision=version.base_revision,
        dataset_digest=version.dataset_digest,
        server=version.server.name if version.server else "",
        served_name=version.served_name,
    )


def _slot_row(slot: Slot, since: datetime | None) -> SlotRow:
    version, previous, canary = slot.version, slot.previous, slot.canary
    trouble = trouble_of(version) if version else None
    of_canary = trouble_of(canary) if canary else None
    return SlotRow(
        slot=slot.name,
        version=version.name if version else "",
        method=version.method if version else "",
        previous=previous.name if previous else "",
        updated_at=slot.updated_at,
        server=version.server.name if version and version.server else "",
        canary=canary.name if canary else "",
        canary_share=slot.canary_share,
        trouble=trouble.line if trouble else "",
        detail=trouble.detail if trouble else "",
        canary_trouble=of_canary.line if of_canary else "",
        canary_detail=of_canary.detail if of_canary else "",
        since=(since or slot.updated_at) if version else None,
    )


def _server_row(server: Server) -> ServerRow:
    trouble, again = trouble_of_server(server), asked_again_at(server)
    return ServerRow(
        pk=server.pk,
        name=server.name,
        url=server.base_url,
        hosted=server.hosted,
        allowed=is_allowed(server),
        allowed_by=server.allowed_by.get_username() if server.allowed_by else "",
        allowed_at=server.allowed_at,
        state=server.state,
        state_label=server.get_state_display(),
        trouble=_(trouble) if trouble else "",
        asked_again_at=again if again and again > timezone.now() else None,
        last_ok_at=server.last_ok_at,
        versions=sorted(version.name for version in server.versions.all()),
    )


def _rows_of(manifest: Mapping[str, Any]) -> int | None:
    return _whole(_mapping(manifest.get("dataset")).get("rows"))


def _mapping(given: Any) -> Mapping[str, Any]:
    return given if isinstance(given, dict) else {}


def _number(given: Any) -> float | None:
    usable = isinstance(given, int | float) and not isinstance(given, bool)
    return float(given) if usable else None


def _whole(given: Any) -> int | None:
    number = _number(given)
    return None if number is None else int(number)
