"""From a trained folder to a version that is known: `train_and_register`, `fit_of`.

The folder appears under its name when it is whole, manifest included; the registry comes after. A
run that was killed in between finds its version by the run's number in the manifest, so nothing is
trained or registered twice.
"""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from django.conf import settings

from llm.models import ModelVersion
from llm.registry import add_version, folder_of
from runtime.errors import InputError
from training import spreading
from training.methods.results import Fit, Material, Watcher, Work
from training.models import DatasetSnapshot, TrainingRun
from training.recipes import Recipe
from training.runs import run_folder
from training.versions import describe, new_folder, restate

MOST_LETTERS: Final = 100
_NAME: Final = re.compile(rf"[^\W_][\w.-]{{0,{MOST_LETTERS - 1}}}")


class BadName(InputError):
    """No name for a version."""


class NameTaken(InputError):
    """There is a version of that name."""


@dataclass(frozen=True)
class Training:
    """What is trained, on what, and what becomes of it."""

    run: TrainingRun
    recipe: Recipe
    base: ModelVersion
    begins_as: ModelVersion | None
    dataset: DatasetSnapshot
    name: str
    processes: int = 1

    @property
    def version_name(self) -> str:
        return self.name or f"{self.recipe.name}-{self.run.pk}"

    @property
    def folder(self) -> Path:
        return Path(settings.PASOKH_HOME) / "models" / self.version_name


def check_name(name: str) -> None:
    """Raises `BadName` or `NameTaken`, before anything is trained. A folder gets this name."""
    if name and not _NAME.fullmatch(name):
        raise BadName(
            f"A version's name has 1 to {MOST_LETTERS} letters, digits, dots and dashes, and begins"
            " with a letter or digit."
        )
    if name and ModelVersion.objects.filter(name=name).exists():
        raise NameTaken(f"There is a model version {name[:100]} already: take another --name.")


def made_by(run: TrainingRun) -> ModelVersion | None:
    """The version that this run has registered already."""
    if run.version is not None:
        return run.version
    return ModelVersion.objects.filter(manifest__run=run.pk).first()


def train_and_register(
    training: Training, material: Material, watcher: Watcher
) -> tuple[ModelVersion, Fit]:
    """A candidate. Raises `Stopped`, and `InputError`s for what cannot be trained."""
    begins_as = training.begins_as
    with new_folder(training.folder) as into:
        fit = spreading.train(
            training.recipe,
            material,
            Work(
                recipe=training.recipe,
                folder=run_folder(training.run),
                into=into,
                base=folder_of(training.base),
                begins_as=folder_of(begins_as) if begins_as else None,
                company=settings.COMPANY_NAME,
                watcher=watcher,
            ),
            processes=training.processes,
        )
        describe(
            into,
            name=training.version_name,
            recipe=training.recipe,
            dataset=training.dataset,
            fit=fit,
            base=training.base,
            metrics={"loss": fit.loss},
            origin={
                "run": training.run.pk,
                "steps": fit.steps,
                "begins_as": {"name": begins_as.name, "digest": begins_as.digest}
                if begins_as
                else None,
            },
        )
    return add_version(training.folder), fit


def note_metrics(version: ModelVersion, metrics: dict[str, Any]) -> None:
    """Into the manifest and the registry; the digest, over the files, stays."""
    manifest = restate(folder_of(version), metrics=metrics)
    version.manifest, version.metrics = dict(manifest.data), dict(manifest.data["metrics"])
    version.save(update_fields=["manifest", "metrics"])


def fit_of(version: ModelVersion) -> Fit:
    """As its manifest tells it, for a run that went on after it was trained."""
    data = version.manifest
    return Fit(
        steps=int(data.get("steps") or 0),
        loss=float(data.get("metrics", {}).get("loss") or 0.0),
        seconds=float(data.get("seconds") or 0.0),
        trainable_parameters=int(data.get("trainable_parameters") or 0),
        total_parameters=int(data.get("total_parameters") or 0),
        peak_memory_bytes=int(data.get("peak_memory_bytes") or 0),
    )
