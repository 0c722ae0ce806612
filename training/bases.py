"""The base that a recipe stands on: the registered one, or else fetched from the model hub.

Public entry: `base_for`. What `training.fetching` brings becomes a version when it is whole, under
the recipe's own name for it. Nothing of a base is ever run: the registry refuses a folder that asks
for code.
"""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

from llm.manifest import FILE_NAME, ManifestError
from llm.models import ModelVersion
from llm.registry import add_version, describe_base
from training.fetching import BaseNotHere, fetched
from training.recipes import Recipe
from training.versions import find_base

Report = Callable[[str], None]


def base_for(recipe: Recipe, *, report: Report = lambda text: None) -> ModelVersion:
    """The newest usable base of the recipe's name; fetched and registered if there is none.

    Raises `BaseNotHere`, and `ManifestError` for a folder that no version may have.
    """
    found = find_base(recipe)
    if found is not None:
        return found
    if not recipe.weights.repository:
        raise BaseNotHere(
            f"The recipe {recipe.name} stands on {recipe.base}, which is not registered; register"
            f" its folder: models add FOLDER --name {recipe.base}."
        )
    folder, commit = fetched(recipe, report=report)
    return _registered(recipe, folder, commit)


def _registered(recipe: Recipe, folder: Path, commit: str) -> ModelVersion:
    final = folder.with_name(recipe.base)
    if final.exists():
        raise BaseNotHere(
            f"The folder models/{recipe.base} is there already but not registered; register it"
            " with models add, or take it away."
        )
    (folder / FILE_NAME).unlink(missing_ok=True)  # of a run that ended right here
    try:
        describe_base(folder, name=recipe.base, revision=commit)
    except ManifestError:
        shutil.rmtree(folder)  # another fetch would bring the same
        raise
    os.replace(folder, final)
    return add_version(final)
