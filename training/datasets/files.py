"""Data sets as files below PASOKH_HOME: JSONL under its digest.

Public entries: `write_jsonl`, `digest_of`, `read_rows`, `read_preferences`, `read_corpus`, and
`freeze`, which keeps one with its row in the table.
"""

import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from training.datasets.rows import (
    Asked,
    Corpus,
    Preference,
    Row,
    Section,
    preference_from,
    row_from,
)

if TYPE_CHECKING:
    from training.models import DatasetSnapshot


def write_jsonl(path: Path, items: Iterable[Any]) -> str:
    """Write dataclasses a line each; returns the digest of the file's bytes."""
    running = hashlib.sha256()
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        for line in map(_line, items):
            running.update(line)
            file.write(line)
    return running.hexdigest()


def digest_of(items: Iterable[Any]) -> str:
    """The digest that `write_jsonl` would return."""
    running = hashlib.sha256()
    for line in map(_line, items):
        running.update(line)
    return running.hexdigest()


def read_rows(path: Path) -> list[Row]:
    return [row_from(data) for data in _lines(path)]


def read_preferences(path: Path) -> list[Preference]:
    return [preference_from(data) for data in _lines(path)]


def read_corpus(path: Path) -> Corpus:
    held = list(_lines(path))
    return Corpus(
        sections=tuple(Section(**one) for one in held if "text" in one),
        asked=tuple(Asked(**one) for one in held if "text" not in one),
    )


def freeze(
    items: Sequence[Any],
    manifest: Mapping[str, Any],
    *,
    kind: str = "rows",
    name: str = "",
    checks: Mapping[str, Any] | None = None,
) -> "DatasetSnapshot":
    """Write the rows below PASOKH_HOME/datasets under their digest; the same rows are kept once.
    Nothing half-written is left, e.g. by a full disk."""
    from training.models import DatasetSnapshot

    folder = _folder()
    draft = folder / f".writing-{uuid4().hex}.jsonl"
    try:
        digest = write_jsonl(draft, items)
        os.replace(draft, folder / f"{digest}.jsonl")
    finally:
        draft.unlink(missing_ok=True)
    snapshot, _ = DatasetSnapshot.objects.get_or_create(
        digest=digest,
        defaults={
            "kind": kind,
            "name": name,
            "path": f"datasets/{digest}.jsonl",
            "rows": len(items),
            "manifest": dict(manifest),
            "checks": dict(checks or {}),
        },
    )
    return snapshot


def path_of(snapshot: "DatasetSnapshot") -> Path:
    from django.conf import settings

    return Path(settings.PASOKH_HOME) / snapshot.path


def _folder() -> Path:
    from django.conf import settings

    return Path(settings.PASOKH_HOME) / "datasets"


def _line(item: Any) -> bytes:
    return f"{json.dumps(asdict(item), ensure_ascii=False, sort_keys=True)}\n".encode()


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8") as file:
        for line in file:
            yield json.loads(line)
