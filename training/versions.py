"""From a finished training to a version that can be registered: the manifest.

Public entries: `find_base` (which registered base a recipe stands on), `describe` (write the
manifest). The folder is filled under a name of its own and moved into place when it is whole, so a
killed run leaves nothing that looks like a version.
"""

import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.metadata import version as package_version
from pathlib import Path
from typing import Any, Final

from llm.manifest import Manifest, read_manifest, write_manifest
from llm.models import ModelVersion
from training.methods.results import Fit
from training.models import DatasetSnapshot
from training.recipes import Recipe, as_data

PACKAGES: Final = ("torch", "transformers", "peft", "bitsandbytes", "tokenizers", "safetensors")


def find_base(recipe: Recipe) -> ModelVersion | None:
    """The newest usable base of that name. A base that was built anew has a new digest; the name in
    its manifest stays."""
    bases = ModelVersion.objects.filter(base=None, server=None)
    bases = bases.exclude(state=ModelVersion.State.BROKEN)
    return (
        bases.filter(manifest__name=recipe.base).order_by("-pk").first()
        or bases.filter(name=recipe.base).first()
    )


@contextmanager
def new_folder(final: Path) -> Iterator[Path]:
    """An empty folder that takes `final`'s place when the block ends well."""
    work = final.with_name(f".{final.name}.new")
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    try:
        yield work
        shutil.rmtree(final, ignore_errors=True)
        os.replace(work, final)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def describe(
    folder: Path,
    *,
    name: str,
    recipe: Recipe,
    dataset: DatasetSnapshot,
    fit: Fit,
    base: ModelVersion | None,
    metrics: Mapping[str, Any],
    origin: Mapping[str, Any] | None = None,
) -> Manifest:
    """Write the manifest of a freshly trained folder; again with other metrics is allowed.
    `origin`: what else there is to say of how it came about."""
    return write_manifest(
        folder,
        {
            "name": name,
            "method": recipe.method,
            "base": {"name": base.name, "digest": base.digest} if base else None,
            "recipe_name": recipe.name,
            "recipe": as_data(recipe),
            "seed": recipe.seed,
            "dataset": {"digest": dataset.digest, "rows": dataset.rows, **dataset.manifest},
            "prompt_version": recipe.text.layout,
            "generation": generation_settings(recipe),
            "packages": {package: package_version(package) for package in PACKAGES},
            "metrics": dict(metrics),
            "hardware": hardware(),
            "seconds": fit.seconds,
            "trainable_parameters": fit.trainable_parameters,
            "total_parameters": fit.total_parameters,
            "peak_memory_bytes": fit.peak_memory_bytes,
            **(origin or {}),
        },
    )


def restate(folder: Path, *, metrics: Mapping[str, Any]) -> Manifest:
    """The same manifest with more metrics; the version's digest, over its files, stays."""
    manifest = read_manifest(folder)
    kept = {key: value for key, value in manifest.data.items() if key not in ("files", "format")}
    return write_manifest(folder, {**kept, "metrics": {**kept.get("metrics", {}), **metrics}})


def generation_settings(recipe: Recipe) -> dict[str, float | int]:
    """The recipe's, as the engine takes them: max_new_tokens is an int."""
    return {
        name: int(value)
        if float(value).is_integer() and name in ("max_new_tokens", "seed")
        else value
        for name, value in recipe.generation.items()
    }


def hardware() -> str:
    """What a training computes on."""
    import torch

    if torch.cuda.is_available():
        return str(torch.cuda.get_device_name())
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return f"{cores} CPU cores"
