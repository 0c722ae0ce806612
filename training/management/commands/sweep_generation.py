"""`manage.py sweep_generation`: which temperature, top-p and repetition penalty suit a version?"""

import time
from argparse import ArgumentParser
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from django.core.management import CommandError

from llm.models import ModelVersion
from llm.registry import slots_now, version_named
from runtime.commands import JsonCommand, Outcome
from runtime.errors import InputError
from training.sweeps.grid import PENALTIES, TEMPERATURES, TOP_PS, BadGrid, Setting
from training.sweeps.holdout import Holdout, desk_rows, file_rows
from training.sweeps.kept import Kept
from training.sweeps.running import Found, Values, kept_file, store, sweep
from training.sweeps.scoring import NAME, Figures
from training.sweeps.writing import budget_of_version

MAX_ROWS: Final = 2000


class NothingToSweep(InputError):
    """No version serves, and none was named."""


class Command(JsonCommand):
    help = (
        "Search generation settings on past tickets (chrF × length × repetition), resumable;"
        " --apply has the version serve with the best."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--version", dest="name", metavar="NAME", help="Which; slot A's if missing."
        )
        parser.add_argument(
            "--holdout", type=Path, metavar="FILE", help="JSONL: question, answer[, lang]."
        )
        for option, dest, values in (
            ("--temperature", "temperatures", TEMPERATURES),
            ("--top-p", "top_ps", TOP_PS),
            ("--repetition-penalty", "penalties", PENALTIES),
        ):
            shown = ",".join(map(str, values))
            parser.add_argument(
                option, dest=dest, default=shown, metavar="N,N,…", help=f"Default {shown}."
            )
        parser.add_argument("--limit", type=int, default=60, metavar="N", help="Rows; default 60.")
        parser.add_argument("--apply", action="store_true", help="Serve with the best from now on.")

    def run(
        self,
        *,
        name: str | None,
        holdout: Path | None,
        limit: int,
        apply: bool,
        **options: Any,
    ) -> Outcome:
        started = time.monotonic()
        if not 1 <= limit <= MAX_ROWS:
            raise InputError(f"--limit must be 1 to {MAX_ROWS}.")
        values = Values(
            temperatures=_numbers("--temperature", options["temperatures"]),
            top_ps=_numbers("--top-p", options["top_ps"]),
            penalties=_numbers("--repetition-penalty", options["penalties"]),
        )
        version = _version(name)
        rows = self._holdout(version, holdout, limit)
        found = self._sweep(version, rows, values)
        applied = apply and not found.worse_elsewhere
        if applied:
            store(version, found, rows)
        data = _data(version, rows, found) | {
            "applied": applied,
            "seconds": round(time.monotonic() - started, 1),
        }
        return Outcome(data, _lines(version, rows, found, asked=apply, applied=applied))

    def _holdout(self, version: ModelVersion, path: Path | None, limit: int) -> Holdout:
        budget = budget_of_version(version)

        def on_row(done: int, total: int) -> None:
            self.progress(f"Rows {done} of {total}")

        if path is not None:
            return file_rows(path, budget=budget, limit=limit, on_row=on_row)
        return desk_rows(version, budget=budget, limit=limit, on_row=on_row)

    def _sweep(self, version: ModelVersion, rows: Holdout, values: Values) -> Found:
        with Kept(kept_file(version, rows)) as kept:
            try:
                return sweep(version, rows, values, kept, report=self.progress)
            except KeyboardInterrupt:
                raise CommandError(
                    f"Stopped; {len(kept)} drafts are measured and kept: the same command goes on"
                    " from there.",
                    returncode=130,
                ) from None


def _numbers(option: str, text: str) -> list[float]:
    try:
        return sorted({float(one) for one in text.split(",")})
    except ValueError as error:
        raise BadGrid(f"{option} takes numbers with commas between, like 0.3,0.5.") from error


def _version(name: str | None) -> ModelVersion:
    if name:
        return version_named(name)
    choices = slots_now()
    if not choices:
        raise NothingToSweep("No model serves in any slot; name one with --version.")
    return choices[0].version


def _data(version: ModelVersion, rows: Holdout, found: Found) -> dict[str, Any]:
    return {
        "version": version.name,
        "holdout": {
            "origin": rows.origin,
            "digest": rows.digest,
            "rows": len(rows.rows),
            "chosen_on": found.chosen_on,
            "kept_out": rows.kept_out,
        },
        "formula": NAME,
        "best": asdict(found.best),
        "present": asdict(found.present),
        "settings": [asdict(one) | asdict(figures) for one, figures in found.table],
        "tried": found.tried,
        "check": found.check,
        "drafts": found.drafts,
    }


def _lines(
    version: ModelVersion, rows: Holdout, found: Found, *, asked: bool, applied: bool
) -> list[str]:
    which = "kept out of what it learnt" if rows.kept_out else "which it may have learnt from"
    lines = [
        f"{version.name}: {found.tried} settings on {found.chosen_on} rows"
        f" ({rows.origin}, {which})",
        "  temperature  top-p  penalty  score   chrF  length  repeated",
        *(_line(one, figures, found) for one, figures in found.table),
    ]
    if found.check:
        check = found.check
        lines.append(
            f"On {check['rows']} other rows the best scores {check['score']}, the present settings"
            f" {check['present_score']}: {check['difference']:+} ({check['low']} to"
            f" {check['high']})."
        )
    if applied:
        lines.append(f"{version.name} serves with the best from the next ticket on.")
    elif asked:
        lines.append("Not applied: it is worse on the other rows.")
    return lines


def _line(one: Setting, figures: Figures, found: Found) -> str:
    mark = "*" if one == found.best else "="[: one == found.present] or " "
    return (
        f"{mark} {one.temperature:>11g}  {one.top_p:>5g}  {one.repetition_penalty:>7g}"
        f"  {figures.score:>5.1f}  {figures.chrf:>5.1f}  {figures.length_ratio:>6.2f}"
        f"  {figures.repetition:>8.1%}"
    )
