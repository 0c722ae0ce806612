"""A base of one's own: what `manage.py pretrain` does, from scratch or going on with another base.

Public entries: `pretrain_base`; `prepare_reading` and `together`, what is read. That is frozen, a
base is trained on it and registered. With `continued` it reads the articles first and then the
desk's rows, whose answers it learns. It is measured by its loss alone, since what a base is for is
being tuned. Like every run it keeps checkpoints, can be stopped, and is gone on with by `resume`.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from django.conf import settings

from llm.models import ModelVersion
from llm.registry import add_version, folder_of, verify_version
from runtime.errors import InputError
from training import spreading
from training.bases import base_for
from training.datasets import Prepared, prepare, prepared_from
from training.datasets.gathering import corpus_now
from training.datasets.preparing import NothingToLearn
from training.finishing import check_name, fit_of, made_by
from training.methods.results import Fit, Material, Work
from training.models import DatasetSnapshot, TrainingRun
from training.recipes import Recipe, RecipeError, recipe_from
from training.runs import RunRecord, one_at_a_time, record, resumable, run_folder
from training.versions import describe, new_folder

BASES: Final = ("pretrain", "continued")
Report = Callable[[str], None]


class NothingToResume(InputError):
    """No run of a base was stopped, or has come to a checkpoint."""


@dataclass(frozen=True)
class Pretrained:
    """What a run made."""

    run: TrainingRun
    version: ModelVersion
    fit: Fit
    metrics: dict[str, Any]


def pretrain_base(
    recipe: Recipe,
    *,
    name: str = "",
    data: str = "",
    max_minutes: float = 0,
    processes: int = 1,
    resume: bool = False,
    report: Report = lambda text: None,
) -> Pretrained | None:
    """Train a base on the desk's articles and questions, or on `data`; None where there are no
    articles. Raises `Stopped`, `Busy`, and `InputError`s with one line."""
    with one_at_a_time():
        run = resumable(purpose=TrainingRun.Purpose.PRETRAIN) if resume else None
        if run is not None:
            recipe, name = recipe_from(run.config), str(run.options.get("name", ""))
            data = str(run.options.get("data", ""))
        elif resume:
            raise NothingToResume("There is no stopped run of a base to go on with.")
        if recipe.method not in BASES:
            raise RecipeError(f"The recipe {recipe.name} tunes a base: use finetune.")
        if run is None:
            check_name(name)
            if not data and not corpus_now(max_asked=0).sections:
                return None
        base = base_for(recipe, report=report) if recipe.method == "continued" else None
        if base is not None:
            verify_version(base)
        with record(recipe, purpose=TrainingRun.Purpose.PRETRAIN, resume=run) as made:
            known = run is not None and bool(run.options.get("datasets"))
            reading = _again(made, recipe) if known else _reading(made, recipe, name, data, report)
            watcher = made.watcher(max_minutes=max_minutes, report=report)
            version, fit = _version(made, recipe, reading, base, name, processes, watcher)
            metrics = {"loss": fit.loss}
            made.keep(version=version, fit=fit, metrics=metrics)
        made.row.refresh_from_db()
        return Pretrained(run=made.row, version=version, fit=fit, metrics=metrics)


def prepare_reading(
    recipe: Recipe, *, data: str = "", report: Report = lambda text: None
) -> list[Prepared]:
    """The corpus, and for a base that reads on the rows, prepared as for tuning. A desk that has
    none yet has a corpus all the same."""
    parts = [prepare(recipe, data=data, report=report)]
    if recipe.method == "continued":
        with suppress(NothingToLearn):
            parts.append(prepare(replace(recipe, method="lora"), data=data, report=report))
    return parts


def together(parts: Sequence[Prepared]) -> Prepared:
    """The last of them, with what all of them give to learn from."""
    material = Material()
    for one in parts:
        material = replace(
            material,
            corpus=material.corpus or one.material.corpus,
            rows=material.rows or one.material.rows,
            validation=material.validation or one.material.validation,
        )
    return replace(parts[-1], material=material)


def _reading(made: RunRecord, recipe: Recipe, name: str, data: str, report: Report) -> Prepared:
    """Frozen, and noted in the run's row."""
    made.phase("data")
    parts = prepare_reading(recipe, data=data, report=report)
    options = {"name": name, "data": data, "datasets": [one.dataset.digest for one in parts]}
    made.row.options = {**made.row.options, **options}
    TrainingRun.objects.filter(pk=made.row.pk).update(options=made.row.options)
    found = together(parts)
    made.keep(dataset=found.dataset)
    return found


def _again(made: RunRecord, recipe: Recipe) -> Prepared:
    """What the run has read before, from its files."""
    digests = made.row.options.get("datasets", ())
    frozen = [DatasetSnapshot.objects.get(digest=digest) for digest in digests]
    return together([prepared_from(recipe, one) for one in frozen])


def _version(
    made: RunRecord,
    recipe: Recipe,
    reading: Prepared,
    base: ModelVersion | None,
    name: str,
    processes: int,
    watcher: Any,
) -> tuple[ModelVersion, Fit]:
    known = made_by(made.row)
    if known is not None:
        return known, fit_of(known)
    name = name or f"{recipe.name}-{made.row.pk}"
    final = Path(settings.PASOKH_HOME) / "models" / name
    with new_folder(final) as into:
        work = Work(
            recipe=recipe,
            folder=run_folder(made.row),
            into=into,
            base=folder_of(base) if base else None,
            company=settings.COMPANY_NAME,
            watcher=watcher,
        )
        fit = spreading.train(recipe, reading.material, work, processes=processes)
        described = {"base": base.name, "digest": base.digest} if base else None
        describe(
            into,
            name=name,
            recipe=recipe,
            dataset=reading.dataset,
            fit=fit,
            base=None,  # what comes out stands on its own
            metrics={"loss": fit.loss},
            origin={"run": made.row.pk, "steps": fit.steps, "continues": described},
        )
    return add_version(final), fit
