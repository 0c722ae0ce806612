"""What a run begins with: the slot's recipe, and the version whose adapter is trained on.

Public entries: `recipe_for` (what a slot is challenged with where nobody names a recipe),
`begins_as`. A version learns faster from one that already answers well; and where a slot serves
the bare base, the best of its neighbours is a better beginning than nothing.
"""

from typing import Final

from llm.models import ModelVersion, Slot
from llm.registry import version_named
from runtime.errors import InputError
from tickets.reports import Z_95
from training.gate.ratings import record, shares
from training.gate.rules import Shares
from training.recipes import Recipe, RecipeError, load_recipe, recipe_from
from training.recipes.checking import LOW_RANK

DEFAULT_RECIPE: Final = "sample-circle"
LIVE: Final = "live"


class CannotBeginAs(InputError):
    """The version that the recipe begins as is no beginning for it."""


def recipe_for(slot: str) -> Recipe:
    """The recipe of the version that serves in the slot, as its manifest has it; the default for
    an empty slot, for a base, and for a version of another origin."""
    version = live_version(slot)
    table = version.manifest.get("recipe") if version else None
    if version is None or version.base_id is None or not table:
        return load_recipe(DEFAULT_RECIPE)
    try:
        return recipe_from(table)
    except RecipeError:  # of an older Pasokh, or of somebody else's
        return load_recipe(DEFAULT_RECIPE)


def begins_as(recipe: Recipe, base: ModelVersion, *, slot: str) -> ModelVersion | None:
    """None for a new adapter. "live": the slot's version if it has the recipe's base and shape,
    else the best rated of the other slots' that has.

    Raises `CannotBeginAs` for a named version that has not.
    """
    if not recipe.begins_as:
        return None
    if recipe.begins_as != LIVE:
        named = version_named(recipe.begins_as)
        if not _fits(named, recipe, base):
            raise CannotBeginAs(
                f"The recipe {recipe.name} begins as {named.name}, which has another base, method"
                " or adapter: change begins_as, or the table adapter."
            )
        return named
    own = live_version(slot)
    if own is not None and _fits(own, recipe, base):
        return own
    others = Slot.objects.exclude(name=slot).exclude(version=None).select_related("version")
    fitting = [one for one in others if one.version and _fits(one.version, recipe, base)]
    best = max(fitting, key=lambda one: (_rated(one), one.name == min(Slot.NAMES)), default=None)
    return best.version if best else None


def live_version(slot: str) -> ModelVersion | None:
    row = Slot.objects.filter(name=slot).select_related("version__base").first()
    return row.version if row else None


def _fits(version: ModelVersion, recipe: Recipe, base: ModelVersion) -> bool:
    """Same base, same kind of adapter, same rank and places; preferences are learned on any."""
    table = version.manifest.get("recipe")
    if version.state == ModelVersion.State.BROKEN or version.base_id != base.pk or not table:
        return False
    try:
        former = recipe_from(table)
    except RecipeError:
        return False
    if former.method not in LOW_RANK:
        return False
    if recipe.method == "dpo":  # goes on with the adapter as it is
        return True
    return recipe.method == former.method and _shape(recipe) == _shape(former)


def _shape(recipe: Recipe) -> tuple[int, int, frozenset[str]] | None:
    adapter = recipe.adapter
    return (adapter.rank, adapter.alpha, frozenset(adapter.targets)) if adapter else None


def _rated(slot: Slot) -> float:
    """The lower bound of its positive share; 0 without ratings."""
    assert slot.version is not None
    rated = sum(shares(record(slot.name, slot.version)).values(), Shares(0, 0))
    return rated.interval(Z_95)[0] if rated.rated else 0.0
