"""The comparison itself: `compare`. Rows are prepared here, each recipe is trained in its own
process (`training.comparing.work`), and what is finished is not done again.

The test rows are the same for all recipes; where a recipe's own data set would have others, the
comparison is refused. A figure belongs to a recipe, its base, the rows learned from and the test
rows, so it is kept under their digest and used again by the next comparison.
"""

import hashlib
import json
import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from django.conf import settings

from llm.models import ModelVersion
from llm.registry import folder_of, verify_version
from runtime.errors import InputError
from training.bases import base_for
from training.beginning import begins_as
from training.comparing.job import Job, forget, write
from training.comparing.process import ComparisonFailed, carry_out
from training.comparing.results import MeasuredRow, Result, kept
from training.comparing.table import Table
from training.datasets import Row, digest_of
from training.datasets.preparing import Prepared
from training.models import TrainingRun
from training.pretraining import prepare_reading, together
from training.recipes import Recipe, as_data
from training.runs import one_at_a_time, record

MAX_RECIPES: Final = 20
DEFAULT_ROWS: Final = 200
MAX_ROWS: Final = 2000
LEAST_ROWS: Final = 2
Report = Callable[[str], None]


class NotComparable(InputError):
    """These recipes cannot stand in one table."""


@dataclass(frozen=True)
class _Place:
    """A recipe with all that decides its figures."""

    recipe: Recipe
    base: ModelVersion | None
    begins_as: ModelVersion | None
    prepared: Prepared


def compare(
    recipes: Sequence[Recipe],
    *,
    data: str = "",
    rows: int = DEFAULT_ROWS,
    drafts: bool = True,
    again: bool = False,
    report: Report = lambda text: None,
) -> Table:
    """`data` as for `training.datasets.prepare`. `rows`: test rows at most. `drafts`: also write
    answers and take their chrF, which is slow. `again`: train also what is known.

    Raises `NotComparable`, `ComparisonFailed`, `Stopped` and what `prepare` and `base_for` raise.
    """
    _check(recipes, rows)
    with one_at_a_time():
        _forget_old()
        places = [_place(recipe, data, report) for recipe in recipes]
        test = _test_rows(places, rows)
        results = [_result(one, test, drafts=drafts, again=again, report=report) for one in places]
    return Table(results=tuple(results), data=data, test_rows=len(test), digest=digest_of(test))


def _forget_old() -> None:
    """What was stopped and nobody went on with, as with other runs: weights of a half-trained
    version remember rows too."""
    before = time.time() - settings.KEEP_STOPPED_RUNS * 86_400
    for folder in (Path(settings.PASOKH_HOME) / "comparisons").glob("*"):
        if kept(folder) is None and folder.stat().st_mtime < before:
            shutil.rmtree(folder, ignore_errors=True)


def _check(recipes: Sequence[Recipe], rows: int) -> None:
    from training.methods.devices import on_gpu

    if not 1 <= len(recipes) <= MAX_RECIPES:
        raise NotComparable(f"Name 1 to {MAX_RECIPES} recipes.")
    if not LEAST_ROWS <= rows <= MAX_ROWS:
        raise NotComparable(f"--rows must be {LEAST_ROWS} to {MAX_ROWS}.")
    if len({one.name for one in recipes}) < len(recipes):
        raise NotComparable("Two of these recipes have one name; name each once.")
    for one in recipes:
        if one.method == "contrastive":
            raise NotComparable(
                f"The recipe {one.name} tunes an embedder, which writes no answers; embedder tune"
                " says what it gains."
            )
    on_gpu()  # one that is asked for and not there ends it before anything is read


def _place(recipe: Recipe, data: str, report: Report) -> _Place:
    base = None
    if recipe.method != "pretrain":
        base = base_for(recipe, report=report)
        verify_version(base)
    began = begins_as(recipe, base, slot="") if base else None
    prepared = together(
        prepare_reading(recipe, data=data, report=lambda text: report(f"{recipe.name}: {text}"))
    )
    return _Place(recipe, base, began, prepared)


def _test_rows(places: Sequence[_Place], most: int) -> list[Row]:
    """The rows that every recipe is measured on; a recipe that only reads a corpus has none of its
    own."""
    held = [one for one in places if one.prepared.kept_out]
    if not held:
        raise NotComparable("These recipes keep no rows out to be measured on: set rows.holdout.")
    first = held[0]
    for one in held[1:]:
        if _keys(one) != _keys(first):
            raise NotComparable(
                f"{first.recipe.name} and {one.recipe.name} keep different rows out, so their"
                " figures would say nothing; give them the same rows.sources and rows.holdout."
            )
    by_chance = sorted(first.prepared.kept_out, key=lambda row: _digest(row.key))
    if len(by_chance) < LEAST_ROWS:
        raise NotComparable("One row says nothing: at least two must be kept out.")
    return by_chance[:most]


def _keys(place: _Place) -> set[str]:
    return {row.key for row in place.prepared.kept_out}


def _result(
    place: _Place, test: Sequence[Row], *, drafts: bool, again: bool, report: Report
) -> Result:
    folder = _folder(place, test, drafts=drafts)
    known = None if again else kept(folder)
    if known is not None:
        report(f"{place.recipe.name} is known from a former comparison")
        return known
    if again:
        forget(folder, trained=True)
    base = folder_of(place.base) if place.base else None
    job = Job(
        recipe=place.recipe,
        material=place.prepared.material,
        test=test,
        base=base,
        base_name=place.base.name if place.base else "",
        begins_as=folder_of(place.begins_as) if place.begins_as else None,
        company=settings.COMPANY_NAME,
        drafts=drafts,
    )
    with record(place.recipe, purpose=TrainingRun.Purpose.COMPARE) as run:
        run.keep(dataset=place.prepared.dataset, holdout=place.prepared.holdout)
        try:
            write(job, folder)
            carry_out(place.recipe, folder, run, report)
            found = kept(folder)
            if found is None:
                raise ComparisonFailed(f"{place.recipe.name}: no result was kept; try again.")
        finally:
            forget(folder, trained=kept(folder) is not None)
        run.keep(metrics={"comparison": found.as_data()})
    return found


def _folder(place: _Place, test: Sequence[Row], *, drafts: bool) -> Path:
    material = place.prepared.material
    corpus = material.corpus
    decides: dict[str, Any] = {
        "recipe": as_data(place.recipe),
        "base": place.base.digest if place.base else "",
        "begins_as": place.begins_as.digest if place.begins_as else "",
        "rows": digest_of([*material.rows, *material.validation, *material.preferences]),
        "corpus": digest_of([*corpus.sections, *corpus.asked]) if corpus else "",
        "test": digest_of(test),
        "drafts": drafts,
        "company": settings.COMPANY_NAME,
        "fields": sorted(MeasuredRow.__dataclass_fields__),
    }
    digest = _digest(json.dumps(decides, sort_keys=True, ensure_ascii=False))
    home = Path(settings.PASOKH_HOME)
    return home / "comparisons" / f"{place.recipe.name[:100]}-{digest[:16]}"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
