"""A whole sweep: `sweep` finds the best settings of a version, `store` has it serve with them.

Two rows of three choose, the third checks: the best of fifty settings is partly the luckiest, so it
is held against the present settings on rows that took no part in the choice. A row is written with
a seed of its own, the same for all settings.
"""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.db import transaction

from llm.models import ModelVersion
from runtime.errors import InputError
from training.datasets import Row
from training.evaluation import compare
from training.sweeps.grid import Setting, grid, halve, neighbours
from training.sweeps.holdout import Holdout
from training.sweeps.kept import Kept
from training.sweeps.scoring import NAME, Figures, figures, means
from training.sweeps.writing import TOGETHER, Writer, settings_of, writer_of

LEAST_TO_CHECK: Final = 6
Report = Callable[[str], None]


class Changed(InputError):
    """The version was registered anew while it was measured."""


@dataclass(frozen=True)
class Values:
    """What the grid is made of."""

    temperatures: Sequence[float]
    top_ps: Sequence[float]
    penalties: Sequence[float]


@dataclass(frozen=True)
class Found:
    """`table`: those that were measured on all choosing rows, best first. `check`: the best beside
    the present settings on the other rows; None where these are the same, or rows are few."""

    best: Setting
    present: Setting
    table: tuple[tuple[Setting, Figures], ...]
    tried: int
    chosen_on: int
    check: Mapping[str, Any] | None
    drafts: int

    @property
    def worse_elsewhere(self) -> bool:
        return self.check is not None and self.check["difference"] < 0


def kept_file(version: ModelVersion, holdout: Holdout) -> Path:
    """Where the figures of such a sweep are."""
    own = asdict(settings_of(version))
    for name in ("temperature", "top_p", "repetition_penalty", "seed"):
        del own[name]
    known = [NAME, version.name, version.digest, version.served_name, own, holdout.digest]
    known.append(settings.COMPANY_NAME)
    digest = hashlib.sha256(json.dumps(known, sort_keys=True).encode()).hexdigest()
    return Path(settings.PASOKH_HOME) / "sweeps" / f"{version.name[:100]}-{digest[:16]}.jsonl"


def sweep(
    version: ModelVersion,
    holdout: Holdout,
    values: Values,
    kept: Kept,
    *,
    report: Report = lambda text: None,
) -> Found:
    """Search the grid, then around its best. What is in `kept` is not written again."""
    asked = grid(values.temperatures, values.top_ps, values.penalties)
    present = Setting.of(settings_of(version))
    choosing, checking = _parts(holdout.rows)
    before = len(kept)
    measuring = _Measuring(version, holdout.rows, kept, report)

    def measure(some: Sequence[Setting], rows: int) -> Mapping[Setting, float]:
        return {one: found.score for one, found in measuring(some, choosing[:rows]).items()}

    first = halve(asked, rows=len(choosing), measure=measure, present=present)
    finer = neighbours(first[0], values.temperatures, values.top_ps, values.penalties)
    more = (
        halve([*finer, first[0]], rows=len(choosing), measure=measure, present=present)
        if finer
        else []
    )
    table = measuring(list(dict.fromkeys([*first, *more])), choosing)
    ranked = sorted(table, key=lambda one: (-table[one].score, one != present, one))
    return Found(
        best=ranked[0],
        present=present,
        table=tuple((one, table[one]) for one in ranked),
        tried=len({*asked, *finer, present}),
        chosen_on=len(choosing),
        check=_check(measuring, ranked[0], present, checking),
        drafts=len(kept) - before,
    )


def store(version: ModelVersion, found: Found, holdout: Holdout) -> None:
    """Serve with the best from the next ticket on, and note what it was measured on. Raises
    Changed."""
    with transaction.atomic():
        now = ModelVersion.objects.select_for_update().filter(pk=version.pk).first()
        if now is None or now.digest != version.digest:
            raise Changed(f"Model version {version.name} has changed meanwhile; sweep it again.")
        now.generation = {**now.generation, **asdict(found.best)}
        now.metrics = {**now.metrics, "sweep": _noted(found, holdout)}
        now.save(update_fields=["generation", "metrics"])


def _noted(found: Found, holdout: Holdout) -> dict[str, Any]:
    return {
        "rows": found.chosen_on,
        "origin": holdout.origin,
        "holdout": holdout.digest,
        "kept_out": holdout.kept_out,
        "formula": NAME,
        **asdict(found.table[0][1]),
        "check": found.check,
    }


class _Measuring:
    """The means of settings on some rows, from what is kept or by writing."""

    def __init__(
        self, version: ModelVersion, rows: Sequence[Row], kept: Kept, report: Report
    ) -> None:
        self._version = version
        self._rows = rows
        self._kept = kept
        self._report = report
        self._settings = settings_of(version)
        self._writer: Writer | None = None

    def __call__(self, some: Sequence[Setting], numbers: Sequence[int]) -> dict[Setting, Figures]:
        missing = [(one, row) for row in numbers for one in some if (one, row) not in self._kept]
        total = len(some) * len(numbers)
        for start in range(0, len(missing), TOGETHER):
            self._report(
                f"{len(some)} settings on {len(numbers)} rows:"
                f" {total - len(missing) + start} of {total} drafts"
            )
            self._write(missing[start : start + TOGETHER])
        return {one: means([self._kept[one, row] for row in numbers]) for one in some}

    def _write(self, keys: Sequence[tuple[Setting, int]]) -> None:
        self._writer = self._writer or writer_of(self._version)
        texts = self._writer(
            [(self._rows[row], one.within(self._settings, seed=row)) for one, row in keys]
        )
        self._kept.add(
            ((one, row), figures(text, self._rows[row].answer))
            for (one, row), text in zip(keys, texts, strict=True)
        )

    def scores(self, one: Setting, numbers: Sequence[int]) -> list[float]:
        self([one], numbers)
        return [self._kept[one, row].score for row in numbers]


def _parts(rows: Sequence[Row]) -> tuple[list[int], list[int]]:
    """(choosing, checking), by number."""
    numbers = list(range(len(rows)))
    if len(rows) < LEAST_TO_CHECK:
        return numbers, []
    return [one for one in numbers if one % 3 != 2], numbers[2::3]


def _check(
    measuring: _Measuring, best: Setting, present: Setting, numbers: Sequence[int]
) -> dict[str, Any] | None:
    if not numbers or best == present:
        return None
    found = compare(
        measuring.scores(best, numbers), measuring.scores(present, numbers), seed=len(numbers)
    )
    return {
        "rows": found.rows,
        "score": found.chrf,
        "present_score": found.base_chrf,
        "difference": found.difference,
        "low": found.low,
        "high": found.high,
    }
