"""What somebody had erased, in the data sets of former runs: `versions_of`, `forget`; and in one
that is being made at that moment: `mark`, `nothing_forgotten_since`.

Connected to the signals of `tickets.rights.lessons`, since tickets may not know training. A data
set keeps its digest as its name; its manifest says how many rows were taken out since. A version's
weights stay as they are: it is named, and whoever answers for the desk decides whether to train
anew.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

from django.conf import settings
from django.db import connection, transaction
from django.db.models import F

from llm.models import ModelVersion
from runtime.errors import InputError
from tickets.rights.lessons import Lesson, forget_lessons, who_learned
from training.datasets.rows import LESSONS, lesson_of
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
    """Take the lessons out of every data set that is kept; how many rows were changed. The drafts
    that were measured on them go first: their rows say whose they are."""
    from training.evaluation import forget as forget_drafts

    wanted = _Wanted(lessons)
    with transaction.atomic():
        _take_turns()
        held = (line for row in _snapshots() for line in _rows(row) if wanted.is_in(line))
        forget_drafts({str(_row(line).get("key", "")) for line in held} | wanted.keys)
        _new_mark()
        return sum(_forget_in(row, wanted) for row in _snapshots())


class ForgottenMeanwhile(InputError):
    """What was gathered may hold somebody's words who is forgotten now."""


def mark() -> str:
    """Another one after every forgetting."""
    path = _mark_file()
    return path.read_text() if path.is_file() else ""


@contextmanager
def nothing_forgotten_since(begun: str) -> Iterator[None]:
    """A transaction in which nobody forgets; `begun` is the mark of when rows were gathered. Raises
    ForgottenMeanwhile."""
    with transaction.atomic():
        _take_turns()
        if mark() != begun:
            raise ForgottenMeanwhile(
                "Somebody's words were erased while the data set was made; begin again."
            )
        yield


def _new_mark() -> None:
    path = _mark_file()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(uuid4().hex)


def _mark_file() -> Path:
    return Path(settings.PASOKH_HOME) / "datasets" / ".forgotten"


def _take_turns() -> None:
    """Two that write one file anew at once would bring back what the other took out."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])


class _Wanted:
    """A row is a lesson itself, or shows it among its similar questions, or only asks it. The line
    of a preference holds a row and two drafts."""

    def __init__(self, lessons: Sequence[Lesson]) -> None:
        self.keys = {one.key for one in lessons}
        self._questions = {one.question for one in lessons if one.question}
        self._pairs = {(one.question, one.answer) for one in lessons if one.question}

    def is_in(self, line: dict[str, Any]) -> bool:
        row = _row(line)
        return self._is_one(row) or any(tuple(one) in self._pairs for one in _similar(row))

    def without(self, line: dict[str, Any]) -> dict[str, Any] | None:
        row = _row(line)
        if self._is_one(row):
            return None
        if "similar" not in row:
            return line
        kept = row | {"similar": [one for one in _similar(row) if tuple(one) not in self._pairs]}
        return line | {"row": kept} if "row" in line else kept

    def _is_one(self, row: dict[str, Any]) -> bool:
        if "key" in row:
            return row.get("kind") in LESSONS and lesson_of(row["key"]) in self.keys
        return row.get("question") in self._questions


def _row(line: dict[str, Any]) -> dict[str, Any]:
    return line["row"] if isinstance(line.get("row"), dict) else line


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
