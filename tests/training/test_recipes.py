"""Recipes load, and what is wrong in one is said in one line."""

import types
import typing
from dataclasses import MISSING, fields, is_dataclass

import pytest
from django.conf import settings

from tests.training.tiny import tuned_recipe
from training.recipes import FOLDER, Recipe, RecipeError, as_data, load_recipe, recipe_from

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
        ("name", "../x", "name may have letters"),
        ("name", "", "the field name is empty"),
        ("base", "a/b", "base may have letters"),
        ("begins_as", "..", "begins_as may have letters"),
        ("about", "x" * 501, "about must have 500 characters at most"),
        ("weights.repository", "llama", "weights.repository must be OWNER/NAME"),
        ("weights.repository", "../../x", "weights.repository must be OWNER/NAME"),
        ("weights.bits", 8, "weights.bits must be one of 4, 16"),
        ("text.layout", "haiku", "text.layout must be one of"),
        ("text.max_tokens", 0, "text.max_tokens must be 1 or more"),
        ("rows.sources", ["tickets"], "rows.sources must be some of"),
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


def _fields(kind, where=""):
    for one in fields(kind):
        hint = typing.get_type_hints(kind)[one.name]
        if isinstance(hint, types.UnionType):
            hint = next(part for part in typing.get_args(hint) if part is not type(None))
        yield where + one.name, one
        if is_dataclass(hint):
            yield from _fields(hint, f"{where}{one.name}.")


def test_docs_explain_every_field_and_name_its_default():
    text = (settings.BASE_DIR / "docs" / "recipes.md").read_text()
    lines = {}
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.split("|")]
        if len(cells) > 4 and cells[1].startswith("`"):
            lines.setdefault(cells[1].strip("`"), cells[2])
    for name, one in _fields(Recipe):
        assert f"`{name}`" in text, name
        if name in lines and isinstance(one.default, int | float | str):
            given = f'"{one.default}"' if one.default != "" and isinstance(one.default, str) else ""
            shown = given or ('""' if one.default == "" else str(one.default).lower())
            said = {"its own", "–"} if one.default is MISSING else {shown, shown.removesuffix(".0")}
            assert lines[name] in said, (name, lines[name], said)


def test_docs_have_no_field_that_recipes_lack():
    text = (settings.BASE_DIR / "docs" / "recipes.md").read_text()
    known = {name for name, _ in _fields(Recipe)}
    tables = {name.split(".")[0] for name in known if "." in name}
    for line in text.splitlines():
        name = line.split("|")[1].strip().strip("`") if line.startswith("| `") else ""
        if name.split(".")[0] in tables:
            assert name in known, name


def test_docs_name_every_recipe_of_the_reports_with_its_counts():
    text = (settings.BASE_DIR / "docs" / "recipes.md").read_text()
    listed = {line.split("`")[1] for line in text.splitlines() if line.startswith("| `")}
    own = {path.stem for path in FOLDER.glob("*.toml")}
    assert own <= listed
    assert "| 86,065,184 | 7,589,949,472 (1.1339%) |" in text
    assert "| 4,194,304 | 6,742,609,920 (0.0622%) |" in text


REPORTS = {
    "persian-llama-7b-tech": {
        "method": "qlora",
        "adapter.rank": 16,
        "adapter.alpha": 32,
        "adapter.dropout": 0.05,
        "weights.bits": 4,
    },
    "gpt2-fa-tech": {"method": "continued", "shape.architecture": "gpt2"},
    "hebrew-mistral-7b-chat": {
        "method": "qlora",
        "adapter.rank": 32,
        "adapter.alpha": 64,
        "adapter.dropout": 0.07,
        "weights.double": True,
        "schedule.learning_rate": 2.5e-5,
        "schedule.weight_decay": 0.001,
        "schedule.epochs": 3,
        "schedule.warmup": 2,
        "schedule.batch": 2,
        "schedule.accumulation": 4,
        "schedule.optimiser": "paged_adamw_8bit",
        "schedule.evaluate_every": 0,
        "schedule.checkpoints": 3,
        "text.padding": "left",
        "text.begin": True,
        "text.end": True,
        "rows.validation": 0.2,
    },
    "llama2-7b-lamini": {"adapter.rank": 8, "adapter.targets": ("q_proj", "v_proj")},
    "gemma2-2b-fa-qlora": {
        "adapter.rank": 8,
        "adapter.alpha": 16,
        "adapter.dropout": 0.01,
        "text.layout": "chatml",
        "text.padding": "right",
        "weights.attention": "eager",
        "weights.compute": "float16",
        "weights.bits": 4,
        "weights.double": False,
        "rows.share": 1.0,
    },
    "gemma2-2b-fa-ptuning": {
        "method": "ptuning",
        "virtual.tokens": 20,
        "virtual.hidden": 128,
        "text.layout": "chatml",
        "weights.attention": "eager",
    },
    "gemma2-2b-fa-embeddings": {"method": "embeddings", "rows.share": 0.2, "text.layout": "chatml"},
    "gptj-6b-support": {"method": "qlora", "shape.architecture": "gptj"},
    "llama2-7b-support": {"method": "qlora", "shape.architecture": "llama"},
}


@pytest.mark.parametrize("name", REPORTS)
def test_recipe_of_a_report_has_the_reports_settings(name):
    recipe = load_recipe(name)
    for path, value in REPORTS[name].items():
        found = recipe
        for part in path.split("."):
            found = getattr(found, part)
        assert found == value, path
    if "lm_head" in (recipe.adapter.targets if recipe.adapter else ()):
        assert len(recipe.adapter.targets) == 8
