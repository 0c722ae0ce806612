"""Recipes: everything that decides what a training run makes, as a TOML file.

Public entries: `load_recipe` (a name among the recipes that come along, or a path), `as_data`
(what a manifest and a run keep of it). A recipe, a seed and a data digest give the same version
again, so nothing that decides is anywhere else: no default hides in a method.

An unknown field is an error, not a warning: a misspelt setting would train for an hour and mean
nothing.
"""

import tomllib
import types
import typing
from dataclasses import MISSING, asdict, dataclass, field, fields, is_dataclass
from pathlib import Path
from typing import Any, Final

from llm.prompts import PromptBudget
from runtime.errors import InputError

FOLDER: Final = Path(__file__).parent / "recipes"
METHODS: Final = ("pretrain", "alora", "qlora")
ARCHITECTURES: Final = ("llama", "mistral", "gptj")
MAX_BYTES: Final = 100_000


class RecipeError(InputError):
    """A recipe cannot be used. The line names the file's field. No fallback."""


@dataclass(frozen=True)
class Shape:
    """A model's shape; what is left out is the architecture's own default (`LlamaConfig()` is
    Llama-2-7B), so parameters can be counted with no weights."""

    architecture: str
    vocabulary: int | None = None
    width: int | None = None
    layers: int | None = None
    heads: int | None = None
    feed_forward: int | None = None
    context: int | None = None
    tied: bool | None = None


@dataclass(frozen=True)
class Adapter:
    """LoRA's settings; `targets` are names of linear layers."""

    rank: int
    alpha: int
    targets: tuple[str, ...]
    dropout: float = 0.0


@dataclass(frozen=True)
class Prompts:
    """The prompt's budget in tokens, see `llm.prompts.PromptBudget`. Serving reads it too."""

    budget: int = 1500
    passages: int = 4
    similar: int = 3
    passage_tokens: int = 220
    question_tokens: int = 60
    answer_tokens: int = 120

    def as_budget(self) -> PromptBudget:
        values = asdict(self)
        return PromptBudget(total=values.pop("budget"), **values)


@dataclass(frozen=True)
class Wording:
    """How questions are put in other words (see `training.wordings`); all shares from 0 to 1."""

    dropped_words: float = 0.12
    typing_errors: float = 0.05


@dataclass(frozen=True)
class Rows:
    """Where rows come from and how their context is varied.

    `article_share`: rows that ask with a sentence of an article. `likely_reply`: rows that get a
    past ticket of their own standard reply as the most similar one, whatever search found (search
    finds more once a desk has more tickets). `retold`: similar pairs that another ticket with the
    same reply stands in for. `poor_context`: rows with fewer similar answers or passages, so
    that the question itself is used too. `holdout`: rows kept out to be measured on.
    """

    article_share: float = 0.0
    likely_reply: float = 0.0
    retold: float = 0.0
    poor_context: float = 0.0
    holdout: float = 0.05
    max_rows: int = 20_000
    wording: Wording = field(default_factory=Wording)


@dataclass(frozen=True)
class Tasks:
    """What a base reads in pre-training, as shares of its rows: whole sections, and past questions
    with the title they belong to; the rest asks with a part of an article. `prompt_weight`: the
    weight of the prompt's tokens in the loss against the reply's 1."""

    sections: float = 0.15
    questions: float = 0.4
    prompt_weight: float = 0.5
    wording: Wording = field(default_factory=Wording)


@dataclass(frozen=True)
class Schedule:
    """`openings`: share of batches whose answers are cut to their first `opening_tokens`. Standard
    replies part in their first words, so most of what is to be learned stands there."""

    steps: int
    batch: int
    learning_rate: float
    warmup: float = 0.05
    weight_decay: float = 0.0
    openings: float = 0.0
    opening_tokens: int = 16
    max_answer_tokens: int = 160


@dataclass(frozen=True)
class Recipe:
    """One recipe. `base`: name of a model version, or a folder; only for tuned versions."""

    name: str
    method: str
    seed: int
    schedule: Schedule
    base: str = ""
    shape: Shape | None = None
    adapter: Adapter | None = None
    prompt: Prompts = field(default_factory=Prompts)
    rows: Rows = field(default_factory=Rows)
    tasks: Tasks = field(default_factory=Tasks)
    generation: dict[str, float] = field(default_factory=dict)


def load_recipe(name: str) -> Recipe:
    """The recipe in FOLDER/NAME.toml, or in the file that `name` is the path of.

    Raises `RecipeError` for a file that is missing, too large, not TOML, or holds what it must not.
    """
    path = FOLDER / f"{name}.toml"
    if not path.is_file():
        path = Path(name)
    if not path.is_file():
        known = ", ".join(sorted(one.stem for one in FOLDER.glob("*.toml")))
        raise RecipeError(f"There is no recipe {name[:100]}; there are: {known}.")
    if path.stat().st_size > MAX_BYTES:
        raise RecipeError(f"The recipe {path.name} is larger than {MAX_BYTES} bytes.")
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise RecipeError(f"The recipe {path.name} is not TOML: {error}.") from error
    return recipe_from(table)


def recipe_from(table: dict[str, Any]) -> Recipe:
    """A recipe from its table. Raises `RecipeError`."""
    recipe: Recipe = _read(Recipe, table, where="")
    _check(recipe)
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


def _check(recipe: Recipe) -> None:
    shape = recipe.shape
    whole = {
        "schedule.steps": recipe.schedule.steps,
        "schedule.batch": recipe.schedule.batch,
        "schedule.opening_tokens": recipe.schedule.opening_tokens,
        "schedule.max_answer_tokens": recipe.schedule.max_answer_tokens,
        "adapter.rank": recipe.adapter.rank if recipe.adapter else 1,
        "prompt.budget": recipe.prompt.budget,
        "rows.max_rows": recipe.rows.max_rows,
    }
    shares = {
        **{f"rows.{name}": value for name, value in asdict(recipe.rows).items()},
        **{f"tasks.{name}": value for name, value in asdict(recipe.tasks).items()},
        **{f"rows.wording.{name}": value for name, value in asdict(recipe.rows.wording).items()},
        **{f"tasks.wording.{name}": value for name, value in asdict(recipe.tasks.wording).items()},
        "schedule.warmup": recipe.schedule.warmup,
        "schedule.openings": recipe.schedule.openings,
        "adapter.dropout": recipe.adapter.dropout if recipe.adapter else 0.0,
    }
    rules = [
        *[(value >= 1, f"{name} must be 1 or more") for name, value in whole.items()],
        *[
            (0.0 <= value <= 1.0, f"{name} must be from 0 to 1")
            for name, value in shares.items()
            if isinstance(value, float)
        ],
        (0 <= recipe.seed < 2**31, "seed must be from 0 to 2147483647"),
        (0 < recipe.schedule.learning_rate < 1, "schedule.learning_rate must be between 0 and 1"),
        (recipe.tasks.sections + recipe.tasks.questions <= 1, "the shares in tasks exceed 1"),
        (recipe.method in METHODS, f"method must be one of {', '.join(METHODS)}"),
        (
            shape is None or shape.architecture in ARCHITECTURES,
            f"shape.architecture must be one of {', '.join(ARCHITECTURES)}",
        ),
        (recipe.method != "pretrain" or shape is not None, "pretrain needs a table shape"),
        (recipe.method == "pretrain" or recipe.adapter is not None, "the table adapter is missing"),
        (recipe.method == "pretrain" or bool(recipe.base), "the field base is missing"),
    ]
    for kept, message in rules:
        if not kept:
            raise RecipeError(f"Recipe {recipe.name[:100]}: {message}.")
