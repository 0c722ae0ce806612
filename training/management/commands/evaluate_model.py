"""`manage.py evaluate_model`: how good is a version on the frozen holdout, and beside another?"""

from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any, Final

from django.core.management import CommandError

from llm.models import ModelVersion
from llm.registry import version_named
from runtime.commands import JsonCommand, Outcome
from runtime.errors import InputError
from training.datasets import Row, read_rows
from training.datasets.exchange import named
from training.datasets.files import path_of
from training.datasets.holdouts import current
from training.datasets.sources import DESK
from training.evaluation import Interval, evaluate, paired
from training.evaluation.evaluating import MOST_ROWS
from training.evaluation.intervals import NothingToCompare
from training.evaluation.measures import NAMES
from training.models import DatasetSnapshot, Evaluation

LIMIT: Final = 5000
SHOWN: Final = (*NAMES[:-2], "loss", "perplexity", "seconds", "canaries")


class NoHoldout(InputError):
    """Nothing was kept out yet."""


class Command(JsonCommand):
    help = (
        "Measure a version on the frozen holdout: reference loss, chrF, ROUGE-L, groundedness,"
        " length, language, refusal, repetition; --against another with 95% intervals."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("version", metavar="VERSION")
        parser.add_argument("--against", metavar="VERSION", help="Compare with this one.")
        parser.add_argument(
            "--rows", type=int, default=MOST_ROWS, metavar="N", help=f"Default {MOST_ROWS}."
        )

        parser.add_argument(
            "--data", default="", metavar="NAME", help="The holdout of this imported data set."
        )

    def run(
        self, *, version: str, against: str | None, rows: int, data: str, **options: Any
    ) -> Outcome:
        if not 1 <= rows <= LIMIT:
            raise InputError(f"--rows must be 1 to {LIMIT}.")
        new, old = version_named(version), version_named(against) if against else None
        holdout, held = _holdout(data)
        try:
            found = [
                evaluate(one, held, holdout=holdout, limit=rows, report=self.progress)
                for one in (new, old)
                if one is not None
            ]
        except KeyboardInterrupt:
            raise CommandError(
                "Stopped; the drafts that were measured are kept: the same command goes on.",
                returncode=130,
            ) from None
        differences = _differences(*found) if len(found) == 2 else {}
        found_data = {
            "holdout": {"digest": holdout.digest, "rows": len(held)},
            "version": _data(new, found[0]),
            "against": _data(old, found[1]) if old else None,
            "differences": {name: asdict(one) for name, one in differences.items()},
        }
        return Outcome(found_data, _lines(new, old, found, differences))


def _holdout(data: str) -> tuple[DatasetSnapshot, list[Row]]:
    """The desk's, which is what slots are judged on; an import's only where it is named."""
    frozen = current(named(data).digest if data else DESK)
    if frozen is None:
        raise NoHoldout("No holdout is frozen yet; the first `finetune` freezes one.")
    return frozen, read_rows(path_of(frozen))


def _differences(new: Evaluation, old: Evaluation) -> dict[str, Interval]:
    found = {}
    for name in NAMES:
        try:
            found[name] = paired(new, old, name, seed=len(name))
        except NothingToCompare:
            continue
    return found


def _data(version: ModelVersion, evaluation: Evaluation) -> dict[str, Any]:
    return {"name": version.name, "evaluation": evaluation.pk, **evaluation.metrics}


def _lines(
    new: ModelVersion,
    old: ModelVersion | None,
    found: list[Evaluation],
    differences: dict[str, Interval],
) -> list[str]:
    beside = f" beside {old.name}" if old else ""
    lines = [f"{new.name}{beside}, {found[0].metrics['rows']} kept-out rows"]
    if old:
        lines.append(f"  {'':<15}{'first':>10}{'second':>10}   difference (95% interval)")
    for name in SHOWN:
        cells = "".join(f"{_number(one.metrics.get(name)):>10}" for one in found)
        gap = differences.get(name)
        between = f"   {gap.mean:+.3f} ({gap.low:+.3f} to {gap.high:+.3f})" if gap else ""
        lines.append(f"  {name:<15}{cells}{between}")
    for lang, part in found[0].metrics["languages"].items():
        lines.append(f"  {lang}: {part['rows']} rows, score {_number(part.get('score'))}")
    return lines


def _number(value: Any) -> str:
    return "–" if value is None else f"{value:g}" if isinstance(value, int) else f"{value:.3f}"
