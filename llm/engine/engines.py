"""The engines that this process holds: one for each base that its slots stand on.

Public entries: `engine_with`, `keep_only`. What a slot needs is loaded when it is first asked for,
so a promotion is served from the next ticket on, and what no slot needs any more is freed. torch is
loaded by the first call.
"""

import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from django.conf import settings

from llm.manifest import ManifestError, read_manifest
from llm.models import ModelVersion
from llm.registry import folder_of

if TYPE_CHECKING:
    from llm.engine.local import LocalEngine

ONE_THREAD_BELOW: Final = 20_000_000
"""Parameters up to which one thread decodes as fast as two: more would only wait for each other,
and for whatever else runs on the machine."""


@dataclass
class _Held:
    """An engine in memory, and the digest of what is loaded in it under each name."""

    engine: "LocalEngine"
    digests: dict[str, str] = field(default_factory=dict)


_held: dict[str, _Held] = {}
"""By the base's digest. A worker process writes one ticket at a time."""


def engine_with(version: ModelVersion) -> "LocalEngine":
    """The engine that has `version` loaded under its name. Raises `ManifestError`."""
    base = version.base or version
    if base.digest not in _held:
        _held[base.digest] = _Held(_new_engine(base))
        _share_threads()
    held = _held[base.digest]
    if held.digests.get(version.name) != version.digest:
        _check_registered(version)
        held.engine.load(version.name, None if version.base_id is None else folder_of(version))
        held.digests[version.name] = version.digest
    return held.engine


def keep_only(versions: Iterable[ModelVersion]) -> None:
    """Free the bases and versions that are not among `versions`; those on servers need no memory
    here."""
    here = (version for version in versions if version.server_id is None)
    wanted = {version.name: (version.base or version).digest for version in here}
    for digest in set(_held) - set(wanted.values()):
        del _held[digest]
    for held in _held.values():
        for name in set(held.digests) - set(wanted):
            held.engine.unload(name)
            del held.digests[name]


def _new_engine(base: ModelVersion) -> "LocalEngine":
    from llm.engine.local import LocalEngine

    _check_registered(base)
    return LocalEngine(folder_of(base))


def _share_threads() -> None:
    """The engines write side by side: together they take the processors that there are."""
    import torch

    small = all(held.engine.parameters <= ONE_THREAD_BELOW for held in _held.values())
    own = 1 if small else max((os.cpu_count() or 1) // len(_held), 1)
    torch.set_num_threads(settings.ENGINE_THREADS or own)


def _check_registered(version: ModelVersion) -> None:
    """The folder's manifest is still the registered one; the files are hashed on loading."""
    if read_manifest(folder_of(version)).digest != version.digest:
        raise ManifestError(
            f"Model version {version.name} is not what was registered; add it again."
        )
