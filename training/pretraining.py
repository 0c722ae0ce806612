"""One pre-training run: what `manage.py pretrain` does.

Public entry: `pretrain_base`. Articles and the questions of past tickets are frozen, a base is
trained on them and registered. Small bases on two cores take minutes; it is measured by its loss
alone, since what a base is for is being tuned.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings

from llm.models import ModelVersion
from llm.registry import add_version
from training.finetuning import Report, freeze
from training.methods.results import Fit, Material, Work, method_of
from training.models import TrainingRun
from training.recipes import Recipe, RecipeError
from training.runs import Heartbeat, run_folder, run_for
from training.snapshots import corpus_now
from training.versions import describe, new_folder


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
    report: Report = lambda text: None,
) -> Pretrained | None:
    """Train a base on the desk's articles and questions; None where there are no articles."""
    if recipe.method != "pretrain":
        raise RecipeError(f"The recipe {recipe.name} tunes a base: use finetune.")
    report("Reading articles")
    corpus = corpus_now(max_asked=recipe.rows.max_rows)
    if not corpus.sections:
        return None
    dataset = freeze(
        [*corpus.sections, *corpus.asked],
        {"sections": len(corpus.sections), "questions": len(corpus.asked)},
    )
    with run_for(recipe, dataset) as run:
        made = name or f"{recipe.name}-{run.pk}"
        final = Path(settings.PASOKH_HOME) / "models" / made
        with new_folder(final) as work:
            fit = method_of(recipe).train(
                Material(corpus=corpus),
                Work(
                    recipe=recipe,
                    folder=run_folder(run),
                    into=work,
                    company=settings.COMPANY_NAME,
                    watcher=Heartbeat(run, report),
                ),
            )
        metrics = {"loss": fit.loss}
        describe(
            final, name=made, recipe=recipe, dataset=dataset, fit=fit, base=None, metrics=metrics
        )
        version = add_version(final)
        TrainingRun.objects.filter(pk=run.pk).update(
            version=version, metrics=metrics, peak_memory_bytes=fit.peak_memory_bytes
        )
    return Pretrained(run=run, version=version, fit=fit, metrics=metrics)
