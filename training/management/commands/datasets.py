"""`manage.py datasets`: what versions learn from, to look at, check, freeze, and take in or out."""

from argparse import ArgumentParser
from collections.abc import Callable
from pathlib import Path
from typing import Any

from runtime.commands import JsonCommand, Outcome
from training.datasets import exchange, prepare
from training.datasets.checks import Checks
from training.datasets.exchange import FORMS
from training.datasets.files import path_of
from training.datasets.preparing import Prepared
from training.models import DatasetSnapshot
from training.recipes import load_recipe

DEFAULT_RECIPE = "sample-tuned-a"
LISTED = 100


class Command(JsonCommand):
    help = "Data sets: list, show, check, freeze, import and export what versions learn from."

    def add_arguments(self, parser: ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")

        def action(name: str, says: str) -> Any:
            one = actions.add_parser(name, help=says)
            one.add_argument("--json", action="store_true", dest="as_json", help="One document.")
            return one

        action("list", "All data sets, the newest first.")
        action("show", "One data set: counts and what the checks found.").add_argument("digest")
        for name, says in (
            ("check", "What a run of the recipe would learn from; keeps no data set."),
            ("freeze", "The same, and keep it."),
        ):
            one = action(name, says)
            one.add_argument("--recipe", default=DEFAULT_RECIPE, help="A name, or a TOML file.")
            one.add_argument("--data", default="", help="An imported data set, or a file.")
        one = action("import", "Chat messages or questions and answers from JSONL or CSV.")
        one.add_argument("file", type=Path)
        one.add_argument("--name", required=True)
        one = action("export", "Write a data set's rows to a file.")
        one.add_argument("digest")
        one.add_argument("file", type=Path)
        one.add_argument("--form", choices=FORMS, default=FORMS[0])

    def run(self, *, action: str, **options: Any) -> Outcome:
        actions: dict[str, Callable[..., Outcome]] = {
            "list": self._list,
            "show": self._show,
            "check": self._check,
            "freeze": self._freeze,
            "import": self._import,
            "export": self._export,
        }
        return actions[action](**options)

    def _list(self, **options: Any) -> Outcome:
        held = [_described(one) for one in DatasetSnapshot.objects.order_by("-pk")[:LISTED]]
        lines = [
            f"{one['digest'][:12]}  {one['kind']:<12}{one['rows']:>8}  {one['name'] or one['of']}"
            for one in held
        ]
        return Outcome({"datasets": held}, lines or ["There are no data sets yet."])

    def _show(self, *, digest: str, **options: Any) -> Outcome:
        snapshot = exchange.snapshot_of(digest)
        data = {
            **_described(snapshot),
            "manifest": snapshot.manifest,
            "checks": snapshot.checks,
            "path": str(path_of(snapshot)),
        }
        counts = [f"{name}: {value}" for name, value in sorted(snapshot.manifest.items())]
        checks = Checks.of(snapshot.checks).lines() if snapshot.checks else []
        return Outcome(data, [f"{snapshot.digest}  {snapshot.kind}", *counts, *checks])

    def _check(self, *, recipe: str, data: str, **options: Any) -> Outcome:
        prepared = self._prepared(recipe, data, keeps=False)
        return Outcome(_as_data(prepared), _lines(prepared))

    def _freeze(self, *, recipe: str, data: str, **options: Any) -> Outcome:
        prepared = self._prepared(recipe, data, keeps=True)
        kept = f"Kept as {prepared.dataset.digest}"
        return Outcome(_as_data(prepared), [*_lines(prepared), kept])

    def _prepared(self, recipe: str, data: str, *, keeps: bool) -> Prepared:
        return prepare(load_recipe(recipe), data=data, report=self.progress, keeps=keeps)

    def _import(self, *, file: Path, name: str, **options: Any) -> Outcome:
        snapshot = exchange.import_file(file, name=name)
        kept_out = snapshot.manifest.get("kept_out", 0)
        masked = snapshot.manifest.get("masked", {})
        empty = snapshot.manifest.get("empty", 0)
        data = {**_described(snapshot), "kept_out": kept_out, "empty": empty, "masked": masked}
        line = f"{snapshot.rows} rows as {name} ({snapshot}), {kept_out} kept out to measure on"
        without = f"{empty} without a question or an answer passed over"
        return Outcome(data, [f"{line}; {without}; {sum(masked.values())} values masked."])

    def _export(self, *, digest: str, file: Path, form: str, **options: Any) -> Outcome:
        rows = exchange.export(exchange.snapshot_of(digest), file, form=form)
        data = {"rows": rows, "form": form, "path": str(file)}
        return Outcome(data, [f"{rows} rows written to {file}."])


def _described(one: DatasetSnapshot) -> dict[str, Any]:
    return {
        "digest": one.digest,
        "kind": one.kind,
        "name": one.name,
        "of": one.manifest.get("of", ""),
        "rows": one.rows,
        "created_at": one.created_at.isoformat(),
    }


def _as_data(prepared: Prepared) -> dict[str, Any]:
    material = prepared.material
    return {
        "digest": prepared.dataset.digest,
        "kind": prepared.dataset.kind,
        "learned": len(material.rows),
        "validation": len(material.validation),
        "preferences": len(material.preferences),
        "kept_out": len(prepared.kept_out),
        "holdout": prepared.holdout.digest if prepared.holdout else "",
        "new": prepared.new,
        "checks": prepared.checks.as_data(),
    }


def _lines(prepared: Prepared) -> list[str]:
    material = prepared.material
    if material.corpus:
        sections, asked = len(material.corpus.sections), len(material.corpus.asked)
        first = f"Read: {sections} sections of articles, {asked} questions"
    elif material.preferences:
        first = f"Learned from: {len(material.preferences)} pairs of drafts"
    else:
        first = f"Learned from: {len(material.rows)} rows; watched: {len(material.validation)}"
    kept = (
        f"Kept out to measure on: {len(prepared.kept_out)}; new since the last run: {prepared.new}"
    )
    return [first, kept, *prepared.checks.lines()]
