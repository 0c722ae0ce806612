"""One tuning run from snapshot to registered candidate: what `manage.py finetune` does.

Public entries: `finetune`, `freeze`. Snapshot, train, measure on rows that were kept out, describe,
register. The new version is a candidate: it serves nowhere until somebody puts it in a slot.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from django.conf import settings

from llm.engine.results import GenerationSettings
from llm.models import ModelVersion
from llm.registry import add_version, folder_of, verify_version
from training.datasets import Row, split, write_jsonl
from training.evaluation import chrf, compare, drafts
from training.methods.results import Fit
from training.models import DatasetSnapshot, Evaluation, TrainingRun
from training.recipes import Recipe, RecipeError, as_data
from training.runs import Heartbeat, run_folder, run_for
from training.snapshots import rows_now
from training.versions import base_of, describe, new_folder, restate

Report = Callable[[str], None]
MEASURED = 60
"""Kept-out rows that a run measures on at most: a minute or two of writing."""


@dataclass(frozen=True)
class Tuned:
    """What a run made."""

    run: TrainingRun
    version: ModelVersion
    fit: Fit
    metrics: dict[str, Any]


def finetune(
    recipe: Recipe,
    *,
    name: str = "",
    report: Report = lambda text: None,
) -> Tuned | None:
    """Train `recipe` on what the desk knows now; None if there is nothing new to learn from.

    `name` defaults to the recipe's name with the run's number. With a name, what was learned
    before does not matter.
    """
    if recipe.method == "pretrain":
        raise RecipeError(f"The recipe {recipe.name} makes a base: use pretrain.")
    base = base_of(recipe)
    verify_version(base)
    rows = rows_now(
        prompt=recipe.prompt,
        settings=recipe.rows,
        on_progress=lambda done, total: report(f"Rows {done} of {total}"),
    )
    learned, kept_out = split(rows, holdout=recipe.rows.holdout)
    if not any(row.kind == "ticket" for row in learned):
        return None
    dataset = freeze(rows, {"kept_out": len(kept_out), "learned": len(learned)})
    if not name and _known(recipe, dataset, base):
        return None
    with run_for(recipe, dataset) as run:
        made = name or f"{recipe.name}-{run.pk}"
        final = Path(settings.PASOKH_HOME) / "models" / made
        fit = _train(recipe, learned, base=base, run=run, final=final, report=report)
        describe(
            final,
            name=made,
            recipe=recipe,
            dataset=dataset,
            fit=fit,
            base=base,
            metrics={"loss": fit.loss},
        )
        metrics = {"loss": fit.loss, **_measured(kept_out[:MEASURED], recipe, base, final, report)}
        restate(final, metrics=metrics)
        version = add_version(final)
        _keep(run, version, dataset, fit, metrics)
    return Tuned(run=run, version=version, fit=fit, metrics=metrics)


def freeze(items: Sequence[Any], manifest: dict[str, Any]) -> DatasetSnapshot:
    """Write the rows below PASOKH_HOME/datasets under their digest; the same rows are kept once."""
    folder = Path(settings.PASOKH_HOME) / "datasets"
    draft = folder / f".writing-{id(items)}.jsonl"
    digest = write_jsonl(draft, items)
    draft.replace(folder / f"{digest}.jsonl")
    snapshot, _ = DatasetSnapshot.objects.get_or_create(
        digest=digest,
        defaults={
            "path": f"datasets/{digest}.jsonl",
            "rows": len(items),
            "manifest": manifest,
        },
    )
    return snapshot


def _known(recipe: Recipe, dataset: DatasetSnapshot, base: ModelVersion) -> bool:
    """Whether a finished run made a version of the same rows, recipe and base."""
    done = TrainingRun.objects.filter(
        state=TrainingRun.State.DONE, dataset=dataset, version__base=base
    )
    return any(run.config == as_data(recipe) for run in done)


def _train(
    recipe: Recipe,
    rows: Sequence[Row],
    *,
    base: ModelVersion,
    run: TrainingRun,
    final: Path,
    report: Report,
) -> Fit:
    from training.methods.results import Material, Work, method_of

    with new_folder(final) as work:
        return method_of(recipe).train(
            Material(rows=rows),
            Work(
                recipe=recipe,
                folder=run_folder(run),
                into=work,
                base=folder_of(base),
                company=settings.COMPANY_NAME,
                watcher=Heartbeat(run, report),
            ),
        )


def _measured(
    rows: Sequence[Row], recipe: Recipe, base: ModelVersion, folder: Path, report: Report
) -> dict[str, Any]:
    """chrF on kept-out rows, the new version against its base, by the serving engine."""
    if not rows:
        return {}
    from llm.engine.local import LocalEngine

    engine = LocalEngine(folder_of(base))
    engine.load("new", folder)
    engine.load("base", None)
    how = GenerationSettings.of(
        {
            name: int(value) if float(value).is_integer() else value
            for name, value in recipe.generation.items()
        }
    )
    written = drafts(
        rows,
        engine=engine,
        versions={"new": how, "base": how},
        budget=recipe.prompt.as_budget(),
        company=settings.COMPANY_NAME,
        on_row=lambda done: report(f"Measured {done} of {len(rows)}"),
    )
    scores = [
        [chrf(text, row.answer) for text in texts] for texts, row in zip(written, rows, strict=True)
    ]
    found = compare([one[0] for one in scores], [one[1] for one in scores], seed=recipe.seed)
    return {"holdout": asdict(found)}


def _keep(
    run: TrainingRun,
    version: ModelVersion,
    dataset: DatasetSnapshot,
    fit: Fit,
    metrics: dict[str, Any],
) -> None:
    TrainingRun.objects.filter(pk=run.pk).update(
        version=version, metrics=metrics, peak_memory_bytes=fit.peak_memory_bytes
    )
    Evaluation.objects.create(version=version, dataset_digest=dataset.digest, metrics=metrics)
