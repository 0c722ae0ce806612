"""What somebody had erased, in the data sets of former runs: `versions_of`, `forget`.

Connected to the signals of `tickets.rights.lessons`, since tickets may not know training. A data
set keeps its digest as its name; its manifest says how many rows were taken out since. A version's
weights stay as they are: it is named, and whoever answers for the desk decides whether to train
anew.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.db import connection, transaction
from django.db.models import F

from llm.models import ModelVersion
from tickets.rights.lessons import Lesson, forget_lessons, who_learned
from training.models import DatasetSnapshot, TrainingRun

_LOCK: Final = 7_263_023


def connect() -> None:
    who_learned.connect(_answer, dispatch_uid="training")
    forget_lessons.connect(_do_forget, dispatch_uid="training")


def versions_of(lessons: Sequence[Lesson]) -> list[str]:
    """Names of the versions that were trained on a data set with one of the lessons, and of those
    that stand on them; a run that is still at it is named too."""
    wanted = _Wanted(lessons)
    holding = [row for row in _snapshots() if any(wanted.is_in(one) for one in _rows(row))]
    names = set(_versions(holding).values_list("name", flat=True))
    unfinished = (TrainingRun.State.QUEUED, TrainingRun.State.RUNNING)
    runs = TrainingRun.objects.filter(dataset__in=holding, version=None, state__in=unfinished)
    return sorted(names | {f"run {run.pk}" for run in runs})


def forget(lessons: Sequence[Lesson]) -> int:
    """Take the lessons out of every data set that is kept; how many rows were changed."""
    wanted = _Wanted(lessons)
    with transaction.atomic():
        _take_turns()
        return sum(_forget_in(row, wanted) for row in _snapshots())


def _take_turns() -> None:
    """Two that write one file anew at once would bring back what the other took out."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])


class _Wanted:
    """A row is a lesson itself, or shows it among its similar questions, or only asks it."""

    def __init__(self, lessons: Sequence[Lesson]) -> None:
        self._keys = {one.key for one in lessons}
        self._questions = {one.question for one in lessons if one.question}
        self._pairs = {(one.question, one.answer) for one in lessons if one.question}

    def is_in(self, row: dict[str, Any]) -> bool:
        return self._is_one(row) or any(tuple(one) in self._pairs for one in _similar(row))

    def without(self, row: dict[str, Any]) -> dict[str, Any] | None:
        if self._is_one(row):
            return None
        if "similar" not in row:
            return row
        return row | {"similar": [one for one in _similar(row) if tuple(one) not in self._pairs]}

    def _is_one(self, row: dict[str, Any]) -> bool:
        if "key" in row:
            return row["key"] in self._keys and row.get("kind") == "ticket"
        return row.get("question") in self._questions


def _similar(row: dict[str, Any]) -> list[list[str]]:
    return row.get("similar") or []


def _forget_in(snapshot: DatasetSnapshot, wanted: _Wanted) -> int:
    changed = sum(wanted.is_in(row) for row in _rows(snapshot))
    if not changed:
        return 0
    path = _path(snapshot)
    draft = path.with_name(f".{path.name}.new")
    try:
        with draft.open("w", encoding="utf-8") as file:
            for row in _rows(snapshot):
                kept = wanted.without(row)
                if kept is not None:
                    file.write(json.dumps(kept, ensure_ascii=False, sort_keys=True) + "\n")
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    manifest = {**snapshot.manifest, "erased": snapshot.manifest.get("erased", 0) + changed}
    DatasetSnapshot.objects.filter(pk=snapshot.pk).update(manifest=manifest)
    return changed


def _versions(holding: Sequence[DatasetSnapshot]) -> Any:
    """With all that stand on them."""
    digests = [row.digest for row in holding]
    trained = ModelVersion.objects.filter(dataset_digest__in=digests).exclude(dataset_digest="")
    named = TrainingRun.objects.filter(dataset__in=holding).exclude(version=None)
    pks = {*trained.values_list("pk", flat=True), *named.values_list("version_id", flat=True)}
    standing = ModelVersion.objects.exclude(pk=F("base_id"))
    while more := set(
        standing.filter(base__in=pks).exclude(pk__in=pks).values_list("pk", flat=True)
    ):
        pks |= more
    return ModelVersion.objects.filter(pk__in=pks)


def _snapshots() -> Iterable[DatasetSnapshot]:
    """Those whose file is still there."""
    return [row for row in DatasetSnapshot.objects.order_by("pk") if _path(row).is_file()]


def _path(snapshot: DatasetSnapshot) -> Path:
    return Path(settings.PASOKH_HOME) / snapshot.path


def _rows(snapshot: DatasetSnapshot) -> Iterator[dict[str, Any]]:
    with _path(snapshot).open(encoding="utf-8") as file:
        for line in file:
            yield json.loads(line)


def _answer(sender: object, lessons: Sequence[Lesson], **_: Any) -> list[str]:
    return versions_of(lessons)


def _do_forget(sender: object, lessons: Sequence[Lesson], **_: Any) -> int:
    return forget(lessons)
