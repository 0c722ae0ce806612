"""`manage.py runs`: training runs from the command line."""

from argparse import ArgumentParser
from typing import Any, Final

from runtime.commands import JsonCommand, Outcome
from runtime.errors import InputError
from runtime.jobs import OPEN
from training.models import TrainingRun, training_runs
from training.runs import has_checkpoint, run_folder
from training.runs.curves import read_losses
from training.runs.folders import LOG
from training.runs.watching import lasting

ACTIONS: Final = ("list", "show", "stop", "log")
LISTED: Final = 50
TAIL: Final = 20


class UnknownRun(InputError):
    """There is no run of this number."""


class Command(JsonCommand):
    help = "Training runs: list | show ID | stop ID | log ID [--last 20]"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("action", choices=ACTIONS, nargs="?", default="list")
        parser.add_argument("id", type=int, nargs="?")
        parser.add_argument(
            "--last", type=int, default=TAIL, help="log: so many steps from its end; 0 for all."
        )

    def run(self, *, action: str, id: int | None, last: int, **options: Any) -> Outcome:  # noqa: A002
        if action == "list":
            return _list()
        if id is None:
            raise UnknownRun(f"Say which run: runs {action} ID.")
        run = TrainingRun.objects.select_related("version").filter(pk=id).first()
        if run is None:
            raise UnknownRun(f"There is no run {id}; `runs list` shows them.")
        if action == "stop":
            return _stop(run)
        return _show(run) if action == "show" else _log(run, last)


def _list() -> Outcome:
    runs = TrainingRun.objects.select_related("version")[:LISTED]
    rows = [_row(run) for run in runs]
    return Outcome({"runs": rows}, [_line(run) for run in runs] or ["Nothing was trained yet."])


def _show(run: TrainingRun) -> Outcome:
    decisions = [
        {"kind": one.kind, "slot": one.slot, "why": one.why, "figures": one.figures}
        for one in run.decisions.all()
    ]
    data = _row(run) | {
        "config": run.config,
        "metrics": run.metrics,
        "report": run.report,
        "decisions": decisions,
        "resumable": run.state not in OPEN and has_checkpoint(run),
        "folder": str(run_folder(run)),
    }
    lines = [_line(run)]
    lines += [f"{name}: {value}" for name, value in run.metrics.items()]
    lines += [f"Decision ({one['kind']}): {one['why']}" for one in decisions]
    if data["resumable"]:
        lines.append("It can go on: finetune --resume, or at the desk.")
    return Outcome(data, lines)


def _stop(run: TrainingRun) -> Outcome:
    if run.state not in OPEN:
        return Outcome(_row(run), [f"Run {run.pk} is not going on ({run.state})."])
    training_runs.ask_to_stop(run.pk)
    run.refresh_from_db()
    said = "stops after its next step" if run.state in OPEN else "was stopped"
    return Outcome(_row(run), [f"Run {run.pk} {said}."])


def _log(run: TrainingRun, last: int) -> Outcome:
    losses = read_losses(run_folder(run) / LOG)
    evaluations = dict(losses.evaluations)
    steps = losses.steps[-last:] if last > 0 else losses.steps
    rows = [
        {
            "step": step,
            "loss": loss,
            "mean": mean,
            "evaluation": evaluations.get(step),
            "tokens": tokens,
            "seconds": seconds,
        }
        for step, loss, mean, tokens, seconds in steps
    ]
    lines = [
        f"{row['step']:>7}  {row['loss']:.4f}  {row['mean']:.4f}"
        + (f"  evaluation {row['evaluation']:.4f}" if row["evaluation"] is not None else "")
        for row in rows
    ]
    return Outcome({"run": run.pk, "steps": rows}, lines or ["Its log is empty."])


def _row(run: TrainingRun) -> dict[str, Any]:
    return {
        "id": run.pk,
        "state": run.state,
        "phase": run.phase,
        "purpose": run.purpose,
        "recipe": run.recipe,
        "version": run.version.name if run.version else None,
        "slot": run.slot,
        "done": run.done,
        "total": run.total,
        "loss": run.report.get("mean"),
        "seconds_left": run.report.get("seconds_left"),
        "seconds": run.seconds,
        "gpu_seconds": run.gpu_seconds,
        "peak_memory_bytes": run.peak_memory_bytes,
        "tokens": run.tokens,
        "tokens_per_second": run.tokens_per_second,
        "error": run.error,
        "created_at": run.created_at,
        "finished_at": run.finished_at,
    }


def _line(run: TrainingRun) -> str:
    state = f"{run.state} ({run.phase})" if run.state in OPEN and run.phase else run.state
    parts = [f"Run {run.pk}", run.recipe, state, f"step {run.done} of {run.total}"]
    if run.report.get("mean") is not None:
        parts.append(f"loss {run.report['mean']}")
    parts.append(lasting(run.seconds))
    if run.version:
        parts.append(run.version.name)
    return ", ".join(parts) + (f": {run.error}" if run.error else "")
