"""The closed circle in one call: what `manage.py finetune` and the desk's start button do.

Public entries: `finetune`, `carry_out` (a run that was queued at the desk). In this order: canaries
are reviewed by their ratings, the worst slot is found, the desk's knowledge is frozen into rows, a
version is trained, registered and measured beside the one that serves, and the gate lets it in as a
canary or refuses it. What serves changes at the gate alone.

A run can be killed anywhere and gone on with: what it has done stands in its row, in its folder and
in the manifest of its version, and is not done again.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from llm.models import ModelVersion, Slot
from llm.registry import verify_version, version_named
from runtime.errors import InputError
from training import gate
from training.bases import base_for
from training.beginning import begins_as, live_version, recipe_for
from training.datasets import Prepared, prepare, prepared_from
from training.datasets.news import new_since_last_run
from training.evaluation import evaluate
from training.finishing import (
    Training,
    check_name,
    fit_of,
    made_by,
    note_metrics,
    train_and_register,
)
from training.methods.results import Fit, Stopped
from training.models import Decision, Evaluation, TrainingRun
from training.orders import Finetuned, Nothing, Order, order_of
from training.recipes import Recipe, RecipeError
from training.runs import RunRecord, one_at_a_time, record, resumable

Report = Callable[[str], None]
_BY_OTHERS = {
    "pretrain": "makes a base: use pretrain",
    "continued": "makes a base: use pretrain",
    "contrastive": "tunes an embedder: use embedder",
}


def _quietly(text: str) -> None:
    pass


def finetune(
    order: Order, *, resume: bool = False, report: Report = _quietly
) -> Finetuned | Nothing:
    """Raises `Busy`, `Stopped`, and `InputError`s with one line; live slots are then as before."""
    with one_at_a_time():
        reviewed = tuple(gate.review()) if order.challenge else ()
        found = _go_on(order, report) if resume else _begin(order, report)
        return replace(found, reviewed=reviewed)


def carry_out(run: TrainingRun, *, report: Report = _quietly) -> Finetuned | Nothing:
    """A run that waits at the desk, or goes on. Raises as `finetune` does."""
    with one_at_a_time():
        gate.review()
        if run.dataset_id is not None:
            return _run(order_of(run), run, report)
        return _begin(order_of(run), report, run=run)


def _begin(order: Order, report: Report, *, run: TrainingRun | None = None) -> Finetuned | Nothing:
    if order.slot and order.slot not in Slot.NAMES:
        raise RecipeError("A slot is A, B or C.")
    check_name(order.name)
    slot = order.slot or (gate.worst_slot() if order.challenge else "")
    recipe = order.recipe or recipe_for(slot)
    if recipe.method in _BY_OTHERS:
        raise RecipeError(f"The recipe {recipe.name} {_BY_OTHERS[recipe.method]}.")
    # Imported tickets are news to somebody who names a recipe for them; to cron they are not.
    new = new_since_last_run(slot=slot, imports=order.recipe is not None)
    if new < max(1, recipe.rows.least_new) and not order.is_asked_for:
        return Nothing("There is nothing new to learn from.", new=new, slot=slot)
    base_for(recipe, report=report)
    return _run(replace(order, recipe=recipe, slot=slot), run, report, new=new)


def _go_on(order: Order, report: Report) -> Finetuned | Nothing:
    run = resumable()
    if run is None:
        return Nothing("There is no run to go on with.")
    before = order_of(run)
    again = replace(
        before,
        max_minutes=order.max_minutes,
        processes=order.processes or before.processes,
    )
    return _run(again, run, report)


def _run(
    order: Order, run: TrainingRun | None, report: Report, *, new: int | None = None
) -> Finetuned:
    assert order.recipe is not None
    with (
        _failure_told() as told,
        record(
            order.recipe, trigger=order.trigger, by=order.by, slot=order.slot, resume=run
        ) as made,
    ):
        told.run = row = made.row
        if new is not None:
            made.keep(slot=order.slot)
            _note(
                row,
                data=order.data,
                name=order.name,
                processes=order.processes,
                challenge=order.challenge,
                new=new,
            )
        prepared, training = _prepared(made, order, order.recipe, report)
        told.version, fit = version, fit = _version(made, training, prepared, order, report)
        decision = _decision(made, order, version, prepared, report)
    row.refresh_from_db()
    return Finetuned(row, version, fit, row.metrics, decision, new=int(row.options.get("new", 0)))


def _prepared(
    made: RunRecord, order: Order, recipe: Recipe, report: Report
) -> tuple[Prepared, Training]:
    """The rows, frozen; those of before where the run goes on."""
    row = made.row
    base = base_for(recipe, report=report)
    verify_version(base)
    if row.dataset is not None:
        prepared = prepared_from(recipe, row.dataset, holdout=row.holdout)
        named = row.options.get("begins_as", "")
        beginning = version_named(named) if named else None
    else:
        made.phase("data")
        beginning = begins_as(recipe, base, slot=order.slot)
        prepared = prepare(recipe, data=order.data, report=made.reporting(report))
        _note(row, begins_as=beginning.name if beginning else "")
        made.keep(dataset=prepared.dataset, holdout=prepared.holdout)
    return prepared, Training(
        run=row,
        recipe=recipe,
        base=base,
        begins_as=beginning,
        dataset=prepared.dataset,
        name=order.name,
        processes=max(1, order.processes),
    )


def _version(
    made: RunRecord, training: Training, prepared: Prepared, order: Order, report: Report
) -> tuple[ModelVersion, Fit]:
    known = made_by(made.row)
    if known is not None:
        made.keep(version=known)
        return known, fit_of(known)
    watcher = made.watcher(max_minutes=order.max_minutes, report=report)
    version, fit = train_and_register(training, prepared.material, watcher)
    made.keep(version=version, fit=fit, metrics={"loss": fit.loss})
    return version, fit


def _decision(
    made: RunRecord, order: Order, version: ModelVersion, prepared: Prepared, report: Report
) -> Decision | None:
    """Measured beside what serves in the slot, or the base where nothing does. None where no slot
    is challenged."""
    own = Decision.objects.filter(run=made.row, version=version)
    before = own.exclude(kind=Decision.Kind.FAILED).order_by("pk").first()
    if before is not None:
        return before
    made.phase("measuring")
    live = live_version(order.slot)
    new = _evaluation(made, version, prepared, report)
    rival = live or version.base
    old = _evaluation(made, rival, prepared, report) if rival else None
    made.phase("deciding")
    verdict = gate.judge(new, old if live or not order.challenge else None)
    metrics = {"holdout": dict(new.metrics), "gate": dict(verdict.figures)}
    note_metrics(version, metrics)
    made.keep(metrics=metrics)
    if not order.challenge:
        return None
    decision = gate.admit(made.row, version, order.slot, verdict)
    gate.tell(decision)
    return decision


def _evaluation(
    made: RunRecord, version: ModelVersion, prepared: Prepared, report: Report
) -> Evaluation:
    if prepared.holdout is None:
        raise RecipeError("Nothing is kept out to measure on: give rows.holdout in the recipe.")
    return evaluate(
        version,
        prepared.kept_out,
        holdout=prepared.holdout,
        canaries=prepared.canaries,
        report=made.reporting(report),
        should_stop=made.should_stop,
    )


def _note(run: TrainingRun, **options: Any) -> None:
    run.options = {**run.options, **options}
    TrainingRun.objects.filter(pk=run.pk).update(options=run.options)


@dataclass
class _Failing:
    """What there was when it failed."""

    run: TrainingRun | None = None
    version: ModelVersion | None = None


@contextmanager
def _failure_told() -> Iterator[_Failing]:
    """A run that fails is a decision too, with one line that says why, and is told of. Of an error
    that nobody expected only the kind is kept: its text could hold what the model was given."""
    told = _Failing()
    try:
        yield told
    except (Stopped, KeyboardInterrupt):
        raise  # it goes on another time
    except Exception as error:
        if told.run is not None:
            line = str(error) if isinstance(error, InputError) else type(error).__name__
            gate.tell(gate.failed(told.run, slot=told.run.slot, version=told.version, why=line))
        raise
