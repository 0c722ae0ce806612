"""What keeps a version from serving, seen without serving: `trouble_of`, `VersionTrouble`.

The model page asks at every look, so this must cost next to nothing: a server is judged by its row
(nobody is asked), a folder by its files' names, sizes and times. A folder that looks other than at
the last look is hashed again, up to `HASHED_BYTES`; what is larger is hashed when it is loaded or
promoted, and `models show` does it at any time.
"""

import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from django.utils.translation import gettext as _

from llm.manifest import ManifestError, read_manifest, verified_manifest
from llm.models import ModelVersion
from llm.registry.versions import folder_of
from llm.servers.breaker import trouble_of as trouble_of_server

HASHED_BYTES: Final = 256 * 1024 * 1024
"""A quarter of a second of hashing, once."""
SETTLED_NS: Final = 2 * 10**9
"""A file that changes twice within a tick of its file system's clock, two seconds at most, looks as
it did before: a folder is remembered once nothing of it has changed for so long."""

Look = tuple[tuple[str, int, int, int, int], ...]
"""Of each file its name, inode, size, and the times of its last change (contents; anything)."""


@dataclass(frozen=True)
class VersionTrouble:
    """`line`: for people, in their language; `detail`: in English, for whoever repairs it."""

    line: str
    detail: str = ""


_looked: dict[Path, tuple[Look, str, str]] = {}
"""Folder to how it looked, the digest that it was held against, and what was wrong ("" if
nothing)."""


def trouble_of(version: ModelVersion) -> VersionTrouble | None:
    """None for a version that could write now, as far as can be seen."""
    if version.state == ModelVersion.State.BROKEN:
        return VersionTrouble(_("This version is marked as broken."))
    if version.server is not None:
        line = trouble_of_server(version.server)
        return VersionTrouble(_(line)) if line else None
    for one in (version.base, version):
        detail = "" if one is None else _damage(one)
        if detail:
            return VersionTrouble(_("The files of this version are damaged or gone."), detail)
    return None


def _damage(version: ModelVersion) -> str:
    folder, asked_at = folder_of(version), time.time_ns()
    try:
        look = _look_at(folder)
    except OSError:
        return f"Model version {version.name}: its folder cannot be read."
    known = _looked.get(folder)
    if known is not None and known[:2] == (look, version.digest):
        return known[2]
    wrong = _wrong(version, folder, small=sum(one[2] for one in look) <= HASHED_BYTES)
    changed = max((at for one in look for at in one[3:]), default=0)
    if abs(asked_at - changed) >= SETTLED_NS:
        _looked[folder] = (look, version.digest, wrong)
    return wrong


def _wrong(version: ModelVersion, folder: Path, *, small: bool) -> str:
    try:
        manifest = verified_manifest(folder) if small else read_manifest(folder)
    except ManifestError as error:
        return str(error)
    except OSError:  # it vanishes while it is read
        return f"Model version {version.name}: its folder cannot be read."
    if manifest.digest != version.digest:
        return f"Model version {version.name} is not what was registered; add it again."
    missing = [name for name in manifest.files if not (folder / name).is_file()]
    return f"Model version {version.name}: {missing[0]} is missing." if missing else ""


def _look_at(folder: Path) -> Look:
    found = []
    with os.scandir(folder) as entries:
        for entry in entries:
            of = entry.stat(follow_symlinks=False)
            found.append((entry.name, of.st_ino, of.st_size, of.st_mtime_ns, of.st_ctime_ns))
    return tuple(sorted(found))
