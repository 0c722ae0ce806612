"""`manage.py finetune`: learn from what the team sent and rated; made for cron."""

from argparse import ArgumentParser, ArgumentTypeError
from typing import Any

from django.core.management.base import CommandError

from llm.models import Slot
from runtime.commands import JsonCommand, Outcome
from runtime.errors import InputError
from training.beginning import recipe_for
from training.finetuning import finetune
from training.methods.results import Stopped
from training.models import Decision
from training.orders import Finetuned, Nothing, Order
from training.recipe_command import counted
from training.recipes import load_recipe
from training.spreading import MOST_PROCESSES

MOST_MINUTES = 60 * 24 * 30


class Command(JsonCommand):
    help = (
        "Train a version on what the team sent and rated, measure it beside the one that serves,"
        " and try it on a share of tickets if it is better."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--recipe",
            help="A recipe's name, or a TOML file; else the recipe of what serves in the slot.",
        )
        parser.add_argument(
            "--slot", choices=Slot.NAMES, default="", help="Else the one that is rated worst."
        )
        parser.add_argument(
            "--data", default="", help="An imported data set, or a file; else the desk's own."
        )
        parser.add_argument("--name", default="", help="Of the new version.")
        parser.add_argument(
            "--max-minutes",
            type=_whole(0, MOST_MINUTES),
            default=0,
            help="Stop with a checkpoint after so long; --resume goes on.",
        )
        parser.add_argument(
            "--processes",
            type=_whole(1, MOST_PROCESSES),
            default=0,
            help="Train in so many processes, e.g. one for each GPU.",
        )
        parser.add_argument(
            "--dry-run", action="store_true", help="Count parameters and memory; train nothing."
        )
        parser.add_argument(
            "--resume", action="store_true", help="Go on with the newest run that did not end."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        self.needs_database = not (options["dry_run"] and options["recipe"])
        super().handle(*args, **options)

    def run(
        self, *, recipe: str | None, dry_run: bool, resume: bool, slot: str, **options: Any
    ) -> Outcome:
        if dry_run:
            return counted(load_recipe(recipe) if recipe else recipe_for(slot))
        if resume and (recipe or slot or options["data"] or options["name"]):
            raise CommandError(
                "--resume goes on with a run as it was begun: leave the other options out.",
                returncode=2,
            )
        order = Order(
            recipe=load_recipe(recipe) if recipe else None,
            slot=slot,
            **{name: options[name] for name in ("data", "name", "max_minutes", "processes")},
        )
        return self._done(order, resume=resume)

    def _done(self, order: Order, *, resume: bool) -> Outcome:
        try:
            found = finetune(order, resume=resume, report=self.progress)
        except Stopped as stopped:
            return _stopped(stopped)
        except (InputError, KeyboardInterrupt, CommandError):
            raise
        except Exception as error:
            raise CommandError(
                f"The run failed: {type(error).__name__}. `manage.py runs list` shows it;"
                " what serves is as it was.",
                returncode=1,
            ) from error
        return _nothing(found) if isinstance(found, Nothing) else _made(found)


def _made(found: Finetuned) -> Outcome:
    fit, decision = found.fit, found.decision
    data: dict[str, Any] = {
        "run": found.run.pk,
        "trainable_parameters": fit.trainable_parameters,
        "total_parameters": fit.total_parameters,
        "trainable_pct": round(100 * fit.trainable_parameters / max(fit.total_parameters, 1), 4),
        "memory_gib": round(fit.peak_memory_bytes / 2**30, 2),
        "metrics": found.metrics,
        "promoted": bool(decision and decision.kind == Decision.Kind.PROMOTED),
        "version": found.version.name,
        "decision": _decision(decision) if decision else None,
        "slot": found.run.slot,
        "new": found.new,
        "reviewed": [_decision(one) for one in found.reviewed],
    }
    lines = [
        *_reviewed(found.reviewed),
        f"{found.version.name}: {fit.steps} steps in {fit.seconds:.0f} s, loss {fit.loss}.",
    ]
    if decision:
        lines.append(f"Slot {decision.slot}: {decision.get_kind_display()}. {decision.why}")
    return Outcome(data, lines)


def _nothing(found: Nothing) -> Outcome:
    data = _empty() | {
        "slot": found.slot,
        "new": found.new,
        "reviewed": [_decision(one) for one in found.reviewed],
    }
    return Outcome(data, [*_reviewed(found.reviewed), found.why])


def _stopped(stopped: Stopped) -> Outcome:
    why = "Its time is up" if stopped.why == "time" else "It was stopped"
    line = f"{why} after step {stopped.step}; `finetune --resume` goes on."
    return Outcome(_empty() | {"stopped": stopped.why}, [line], partly=True)


def _empty() -> dict[str, Any]:
    return {
        "run": None,
        "trainable_parameters": 0,
        "total_parameters": 0,
        "trainable_pct": 0.0,
        "memory_gib": 0.0,
        "metrics": {},
        "promoted": False,
        "version": None,
        "decision": None,
    }


def _decision(decision: Decision) -> dict[str, Any]:
    return {
        "kind": str(decision.kind),
        "slot": decision.slot,
        "version": decision.version.name if decision.version else None,
        "why": decision.why,
    }


def _reviewed(decisions: tuple[Decision, ...]) -> list[str]:
    return [
        f"Slot {one.slot}: {one.version.name if one.version else '–'}"
        f" {one.get_kind_display()}. {one.why}"
        for one in decisions
    ]


def _whole(low: int, high: int) -> Any:
    def number(text: str) -> int:
        try:
            value = int(text)
        except ValueError:
            value = low - 1
        if not low <= value <= high:
            raise ArgumentTypeError(f"a whole number from {low} to {high} is needed")
        return value

    return number
