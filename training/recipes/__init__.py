"""Recipes: everything that decides what a training run makes, as a TOML file.

Public entries: `load_recipe` (a name among the recipes that come along, or a path), `as_data`
(what a manifest and a run keep of it) and the fields. A recipe, a seed and a data digest give the
same version again, so nothing that decides is anywhere else: no default hides in a method.
"""

from training.recipes.checking import ARCHITECTURES, LOW_RANK, METHODS, SOURCES
from training.recipes.errors import RecipeError
from training.recipes.fields import (
    Adapter,
    Preference,
    Prompts,
    Recipe,
    Rows,
    Schedule,
    Shape,
    Tasks,
    Text,
    VirtualTokens,
    Weights,
    Wording,
)
from training.recipes.reading import FOLDER, as_data, load_recipe, recipe_from, recipe_names

__all__ = [
    "ARCHITECTURES",
    "FOLDER",
    "LOW_RANK",
    "METHODS",
    "SOURCES",
    "Adapter",
    "Preference",
    "Prompts",
    "Recipe",
    "RecipeError",
    "Rows",
    "Schedule",
    "Shape",
    "Tasks",
    "Text",
    "VirtualTokens",
    "Weights",
    "Wording",
    "as_data",
    "load_recipe",
    "recipe_from",
    "recipe_names",
]
