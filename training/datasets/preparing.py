"""Everything before training, in one call: `prepare` → `Prepared`; `prepared_from` the same again
from the frozen files, for a run that goes on.

The order: gather, freeze or find the holdout, leave out what it must not be known from, choose the
share and the validation rows, search, plant canaries, scan, check, freeze. Training is refused, by
a line that says why, where nothing is left, where rows leak, or where the scan overlooks a canary.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.utils.translation import gettext_noop

from training.datasets import canaries as planting
from training.datasets.building import (
    Building,
    Kind,
    Leak,
    NothingToLearn,
    PrivacyScanFailed,
    Report,
    sides,
)
from training.datasets.canaries import Canaries
from training.datasets.checks import Checks
from training.datasets.exchange import named
from training.datasets.files import path_of, read_corpus, read_preferences, read_rows
from training.datasets.holdouts import Kept, frozen_of, holdout_of
from training.datasets.news import new_since_last_run
from training.datasets.rows import Corpus, Row
from training.datasets.scanning import Scan
from training.datasets.sources import DESK, Source, desk_source, imported_source, wide
from training.forgetting import ForgottenMeanwhile, mark
from training.methods.results import Material
from training.models import DatasetSnapshot
from training.recipes import Recipe

__all__ = ["Leak", "NothingToLearn", "Prepared", "PrivacyScanFailed", "prepare", "prepared_from"]

ATTEMPTS: Final = 3
"""To make a data set while people are being erased."""


@dataclass(frozen=True)
class Prepared:
    """`material` as the method needs it; `dataset` is what it was frozen as. `kept_out`: the
    holdout's rows. `new`: ratings, replies and past tickets since the last run; of an
    import its rows."""

    material: Material
    dataset: DatasetSnapshot
    holdout: DatasetSnapshot | None
    kept_out: Sequence[Row]
    canaries: Canaries
    checks: Checks
    new: int


def prepare(
    recipe: Recipe,
    *,
    data: str = "",
    report: Report = lambda text: None,
    tokenizer: Any = None,
    keeps: bool = True,
    _canaries: int | None = None,
    _scan: bool = True,
) -> Prepared:
    """`data`: "" for what the desk knows now, else the name or digest of an imported data set, or
    a file. `keeps` False: for a look only, `dataset` is an unsaved row without a file (a holdout
    is frozen all the same). Raises InputErrors, and then no data set was frozen but perhaps the
    holdout."""
    for _attempt in range(ATTEMPTS - 1):
        try:
            return _prepared(recipe, data, report, tokenizer, keeps, _canaries, _scan)
        except ForgottenMeanwhile:
            report("Somebody's words were erased meanwhile: once more from the beginning")
    return _prepared(recipe, data, report, tokenizer, keeps, _canaries, _scan)


def prepared_from(
    recipe: Recipe, dataset: DatasetSnapshot, *, holdout: DatasetSnapshot | None = None
) -> Prepared:
    """From the files, whatever the desk knows by now: the same rows on the same sides. What was
    erased since is missing."""
    path = path_of(dataset)
    if not path.is_file():
        raise NothingToLearn(
            gettext_noop("The data set %(name)s has lost its file; begin a new run.")
            % {"name": dataset}
        )
    canaries = Canaries()
    if dataset.kind == Kind.CORPUS:
        material = Material(corpus=read_corpus(path))
    elif dataset.kind == Kind.PREFERENCES:
        material = Material(preferences=read_preferences(path))
    else:
        rows = read_rows(path)
        copies = [row for row in rows if planting.is_copy(row)]
        learned, validation = sides([row for row in rows if not planting.is_copy(row)], recipe)
        corpus = _corpus_beside(dataset)
        material = Material(rows=[*learned, *copies], validation=validation, corpus=corpus)
        planted = dataset.manifest.get("canaries", 0)
        canaries = planting.values_of(planted, seed=recipe.seed)
    held = read_rows(path_of(holdout)) if holdout and path_of(holdout).is_file() else []
    return Prepared(material, dataset, holdout, held, canaries, Checks.of(dataset.checks), 0)


def _prepared(
    recipe: Recipe,
    data: str,
    report: Report,
    tokenizer: Any,
    keeps: bool,
    canaries: int | None,
    scans: bool,
) -> Prepared:
    begun = mark()
    report("Gathering rows")
    imported = named(data) if data else None
    source = imported_source(imported, recipe) if imported else desk_source(recipe)
    new = len(source.rows) if imported else new_since_last_run()
    holdout = _holdout(source, recipe, report, begun)
    held = read_rows(path_of(holdout)) if holdout else []
    share = 0.0 if source.test else recipe.rows.holdout
    kept = Kept([*held, *_also_unseen(source, recipe)], source.rows, share=share)
    work = Building(recipe, source, kept, report, tokenizer, keeps, canaries, scans, begun)
    if recipe.method == "pretrain":
        material, dataset, planted, checks = work.corpus()
    elif recipe.method == "continued" and not imported:
        material, dataset, planted, checks = work.corpus_and_rows()
    elif recipe.method == "dpo":
        material, dataset, planted, checks = work.preferences()
    else:
        material, dataset, planted, checks = work.rows()
    return Prepared(material, dataset, holdout, held, planted, checks, new)


def _corpus_beside(dataset: DatasetSnapshot) -> Corpus | None:
    """What was read before the rows."""
    digest = dataset.manifest.get("corpus", "")
    beside = DatasetSnapshot.objects.filter(digest=digest).first() if digest else None
    return read_corpus(path_of(beside)) if beside and path_of(beside).is_file() else None


def _also_unseen(source: Source, recipe: Recipe) -> list[Row]:
    """What other runs are measured on, at the desk: by other recipes, or by versions that will
    stand on this base; and an import may hold what was exported here."""
    if not recipe.rows.holdout and not source.imported:
        return []
    return [row for one in frozen_of(DESK) for row in read_rows(path_of(one))]


def _holdout(source: Source, recipe: Recipe, report: Report, begun: str) -> DatasetSnapshot | None:
    if source.test is not None:
        return source.test
    if not recipe.rows.holdout or recipe.method == "pretrain":
        return None

    def found(rows: Sequence[Row]) -> list[Row]:
        report(f"Freezing a holdout of {len(rows)} rows")
        return Scan().rows(source.found(rows, budget=wide(recipe.prompt.as_budget())))

    share = recipe.rows.holdout
    return holdout_of(source.rows, share=share, of=source.of, found=found, begun=begun)
