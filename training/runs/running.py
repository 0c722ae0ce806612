"""A run in its own process: `queue` asks for one, `launch` starts it, `run` is what it does."""

from contextlib import suppress
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.utils.translation import gettext as _

from runtime import processes
from runtime.errors import InputError
from runtime.jobs import State, Trigger
from runtime.recording import recorded
from training.methods.results import Stopped
from training.models import TrainingRun, training_runs
from training.recipes import Recipe, as_data
from training.runs.claiming import claimed
from training.runs.folders import has_checkpoint
from training.runs.locking import Busy, is_free, one_at_a_time
from training.runs.recording import line_of_stop


class CannotGoOn(InputError):
    """The run has nothing to go on from, or another form."""


def queue(
    recipe: Recipe, *, by: User | None, slot: str = "", max_minutes: int = 0, data: str = ""
) -> TrainingRun:
    """A run that waits for its process; `launch` starts it."""
    row = TrainingRun.objects.create(
        state=State.QUEUED,
        trigger=Trigger.DESK,
        started_by=by,
        slot=slot,
        recipe=recipe.name,
        config=as_data(recipe),
        options={"max_minutes": max_minutes, "data": data},
        total=recipe.schedule.steps,
    )
    ask_for(row.pk)
    return row


def go_on(run: TrainingRun, *, by: User | None) -> None:
    """It waits once more, and begins at its last checkpoint. Raises `CannotGoOn`."""
    if run.state not in (State.STOPPED, State.FAILED) or run.purpose != run.Purpose.FINETUNE:
        raise CannotGoOn(_("This run cannot go on: start a new one."))
    if training_runs.take_up_again(run.pk, user=by):
        TrainingRun.objects.filter(pk=run.pk).update(trigger=Trigger.DESK)
        training_runs.tell(run.pk, state=State.QUEUED.value)
        ask_for(run.pk)


def may_go_on(run: TrainingRun) -> bool:
    """From its checkpoint; a run that came to none begins anew."""
    over = run.state in (State.STOPPED, State.FAILED) and run.purpose == run.Purpose.FINETUNE
    return over and (has_checkpoint(run) or not run.done)


def ask_for(run_id: int) -> None:
    """A message to the workers once the row is committed; if it is lost, the sweep asks again."""
    transaction.on_commit(lambda: _send(run_id), robust=True)


def _send(run_id: int) -> None:
    from training import tasks  # the tasks import what asks for them

    tasks.train.delay(run_id)


def launch(run_id: int) -> bool:
    """Start the process; False while another run goes on, after which this one's turn comes."""
    return is_free() and processes.launch(training_runs, "train_run", run_id)


def run(run_id: int) -> bool:
    """Do the run in this process; False if it is not ours to do, or another goes on: then it waits
    on. What goes wrong stands in the row."""
    started = False
    with suppress(Busy), one_at_a_time():
        row = training_runs.claim(run_id)
        if row is None:
            return False
        if row.stop_asked:
            training_runs.finish(row.pk, State.STOPPED, report=row.report)
        else:
            _do(row)
        started = True
    if started:
        _ask_for_next()
    return started


def _ask_for_next() -> None:
    """A process of its own for it: this one's memory is not given back."""
    following = training_runs.next_waiting()
    if following is not None:
        ask_for(following)


def _do(row: TrainingRun) -> None:
    """The heartbeat from the claim on: reading the desk's data comes before the record of the run
    begins, and may take a while. The record closes the row; one that is open still had nothing to
    learn from."""

    def outcome(report: dict[str, Any]) -> tuple[State, str]:
        return State.DONE, _("There was nothing new to learn from.")

    before = recorded(
        training_runs,
        row,
        dict(row.report),
        keep=lambda report: report,
        outcome=outcome,
        stopped_by=line_of_stop,
    )
    with suppress(InputError, Stopped), claimed(row.pk), before:
        carry_out(row)


def carry_out(row: TrainingRun) -> None:
    """What a run is: `training.finetuning`, which records its runs by this package."""
    from training import finetuning

    finetuning.carry_out(row)
