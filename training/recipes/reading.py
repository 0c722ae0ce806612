"""From a TOML file to a `Recipe` and back to plain data: `load_recipe`, `recipe_from`, `as_data`.

An unknown field is an error, not a warning: a misspelt setting would train for an hour and mean
nothing.
"""

import tomllib
import types
import typing
from dataclasses import MISSING, asdict, fields, is_dataclass
from pathlib import Path
from typing import Any, Final

from training.recipes.checking import check
from training.recipes.errors import RecipeError
from training.recipes.fields import Recipe

FOLDER: Final = Path(__file__).parent
MAX_BYTES: Final = 100_000


def load_recipe(name: str) -> Recipe:
    """The recipe in FOLDER/NAME.toml, or in the file that `name` is the path of.

    Raises `RecipeError` for a file that is missing, too large, not TOML, or holds what it must not.
    """
    path = FOLDER / f"{name}.toml"
    if not path.is_file():
        path = Path(name)
    if not path.is_file():
        known = ", ".join(recipe_names())
        raise RecipeError(f"There is no recipe {name[:100]}; there are: {known}.")
    if path.stat().st_size > MAX_BYTES:
        raise RecipeError(f"The recipe {path.name} is larger than {MAX_BYTES} bytes.")
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise RecipeError(f"The recipe {path.name} is not TOML: {error}.") from error
    return recipe_from(table)


def recipe_names() -> list[str]:
    """Those that come along."""
    return sorted(one.stem for one in FOLDER.glob("*.toml"))


def recipe_from(table: dict[str, Any]) -> Recipe:
    """A recipe from its table. Raises `RecipeError`."""
    recipe: Recipe = _read(Recipe, table, where="")
    check(recipe)
    return recipe


def as_data(recipe: Recipe) -> dict[str, Any]:
    """The recipe as JSON keeps it: with what the file left to the defaults, without what is unset.
    `recipe_from` reads it back."""
    data: dict[str, Any] = _plain(asdict(recipe))
    return data


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items() if one is not None}
    return list(value) if isinstance(value, tuple) else value


def _read(kind: Any, table: Any, *, where: str) -> Any:
    if not isinstance(table, dict):
        raise RecipeError(f"Recipe: {where.rstrip('.')} must be a table.")
    known = {one.name: one for one in fields(kind)}
    for name in table:
        if name not in known:
            raise RecipeError(
                f"Recipe: unknown field {where}{name}; known are {', '.join(sorted(known))}."
            )
    for name, one in known.items():
        required = one.default is MISSING and one.default_factory is MISSING
        if required and name not in table:
            raise RecipeError(f"Recipe: the field {where}{name} is missing.")
    hints = typing.get_type_hints(kind)
    return kind(
        **{name: _value(hints[name], value, where=where + name) for name, value in table.items()}
    )


def _value(hint: Any, value: Any, *, where: str) -> Any:
    if isinstance(hint, types.UnionType):
        hint = next(one for one in typing.get_args(hint) if one is not type(None))
    if is_dataclass(hint):
        return _read(hint, value, where=f"{where}.")
    origin = typing.get_origin(hint) or hint
    if origin is tuple:
        fits = isinstance(value, list) and all(isinstance(one, str) for one in value)
        value = tuple(value) if fits else value
    elif origin is dict:
        fits = isinstance(value, dict) and all(_is_number(one) for one in value.values())
    elif origin is float:
        fits = _is_number(value)
        value = float(value) if fits else value
    else:
        fits = type(value) is origin
    if not fits:
        raise RecipeError(f"Recipe: {where} must be of type {_name(origin)}.")
    return value


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _name(kind: Any) -> str:
    return {tuple: "list of names", dict: "table of numbers", float: "number"}.get(
        kind, kind.__name__
    )
