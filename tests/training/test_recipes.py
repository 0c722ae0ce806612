"""Recipes load, and what is wrong in one is said in one line."""

import pytest

from tests.training.tiny import tuned_recipe
from training.recipes import FOLDER, RecipeError, as_data, load_recipe, recipe_from

GOOD = {
    "name": "x",
    "method": "alora",
    "base": "b",
    "seed": 1,
    "adapter": {"rank": 4, "alpha": 8, "targets": ["q_proj"]},
    "schedule": {"steps": 1, "batch": 1, "learning_rate": 0.001},
}


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.toml")), ids=lambda path: path.stem)
def test_recipe_that_comes_along_loads_under_its_own_name(path):
    assert load_recipe(path.stem).name == path.stem


def test_recipe_from_fills_in_what_was_left_out():
    recipe = recipe_from(GOOD)
    assert recipe.prompt.as_budget().total == 1500
    assert recipe.adapter is not None
    assert recipe.adapter.targets == ("q_proj",)
    assert recipe_from(as_data(recipe)) == recipe


def _with(path: str, value: object) -> dict:
    table = {key: dict(one) if isinstance(one, dict) else one for key, one in GOOD.items()}
    *parents, last = path.split(".")
    inner = table
    for parent in parents:
        inner = inner.setdefault(parent, {})
    inner[last] = value
    return table


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("speed", 1, "unknown field speed"),
        ("adapter.ranks", 1, "unknown field adapter.ranks"),
        ("rows.wording.typos", 0.1, "unknown field rows.wording.typos"),
        ("seed", "1", "seed must be of type int"),
        ("seed", True, "seed must be of type int"),
        ("seed", -1, "seed must be from 0"),
        ("adapter.targets", "q_proj", "adapter.targets must be of type list of names"),
        ("adapter", 3, "adapter must be a table"),
        ("adapter.rank", 0, "adapter.rank must be 1 or more"),
        ("schedule.steps", 0, "schedule.steps or schedule.epochs must be over 0"),
        ("schedule.learning_rate", 2, "schedule.learning_rate must be between"),
        ("rows.holdout", 1.5, "rows.holdout must be from 0 to 1"),
        ("rows.wording.dropped_words", -0.1, "rows.wording.dropped_words must be from 0 to 1"),
        ("method", "magic", "method must be one of"),
        ("method", "pretrain", "needs a table shape"),
        ("base", "", "the field base is missing"),
        ("shape", {"architecture": "rnn"}, "shape.architecture must be one of"),
        ("generation", {"top_p": "high"}, "generation must be of type table of numbers"),
    ],
)
def test_recipe_from_names_the_field_that_is_wrong(path, value, message):
    with pytest.raises(RecipeError) as caught:
        recipe_from(_with(path, value))
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_recipe_from_names_the_field_that_is_missing():
    table = {key: value for key, value in GOOD.items() if key != "schedule"}
    with pytest.raises(RecipeError, match="the field schedule is missing"):
        recipe_from(table)


def test_load_recipe_refuses_missing_broken_and_huge_files(tmp_path):
    with pytest.raises(RecipeError, match=r"no recipe nothing; there are: .*sample-base"):
        load_recipe("nothing")
    broken = tmp_path / "broken.toml"
    broken.write_text("a = = 1")
    with pytest.raises(RecipeError, match="not TOML"):
        load_recipe(str(broken))
    broken.write_bytes(b"\xff\xfe")
    with pytest.raises(RecipeError, match="not TOML"):
        load_recipe(str(broken))
    broken.write_text("#" * 200_000)
    with pytest.raises(RecipeError, match="larger than"):
        load_recipe(str(broken))


def test_as_data_leaves_out_what_is_not_set():
    assert "shape" not in as_data(recipe_from(GOOD))
    assert as_data(tuned_recipe())["shape"]["width"] == 64
