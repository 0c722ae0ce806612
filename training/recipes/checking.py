"""Whether a recipe makes sense: `check`. One line for the first thing that is wrong."""

import re
from typing import Final

from llm.prompts import LAYOUTS
from training.recipes.errors import RecipeError
from training.recipes.fields import Recipe

METHODS: Final = (
    "pretrain",
    "continued",
    "lora",
    "qlora",
    "alora",
    "ptuning",
    "embeddings",
    "dpo",
    "contrastive",
)
"""`pretrain` makes a base from nothing, `continued` goes on with one on the desk's corpus."""
LOW_RANK: Final = ("lora", "qlora", "alora", "dpo")
ARCHITECTURES: Final = ("llama", "mistral", "gptj", "gpt2", "gemma2")
SOURCES: Final = ("ticket", "reply", "article", "faq", "generated", "rated", "file")


_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
"""Names of recipes and bases become names of folders."""
_REPOSITORY = re.compile(r"[A-Za-z0-9][\w.-]{0,95}/[A-Za-z0-9][\w.-]{0,95}", re.ASCII)
MAX_TEXT: Final = 500


def check(recipe: Recipe) -> None:
    """Raises `RecipeError`."""
    for kept, message in [
        *_names(recipe),
        *_ranges(recipe),
        *_choices(recipe),
        *_needs(recipe),
    ]:
        if not kept:
            raise RecipeError(f"Recipe {recipe.name[:100]}: {message}.")


def _names(recipe: Recipe) -> list[tuple[bool, str]]:
    weights = recipe.weights
    named = {"name": recipe.name, "base": recipe.base, "begins_as": recipe.begins_as}
    return [
        *[
            (not value or bool(_NAME.fullmatch(value)), f"{field} may have letters, digits, . _ -")
            for field, value in named.items()
        ],
        (bool(recipe.name), "the field name is empty"),
        (len(recipe.about) <= MAX_TEXT, f"about must have {MAX_TEXT} characters at most"),
        (
            not weights.repository or bool(_REPOSITORY.fullmatch(weights.repository)),
            "weights.repository must be OWNER/NAME",
        ),
        (len(weights.revision) <= MAX_TEXT, "weights.revision is too long"),
    ]


def _ranges(recipe: Recipe) -> list[tuple[bool, str]]:
    schedule, rows = recipe.schedule, recipe.rows
    whole = {
        "schedule.batch": schedule.batch,
        "schedule.accumulation": schedule.accumulation,
        "schedule.checkpoints": schedule.checkpoints,
        "schedule.opening_tokens": schedule.opening_tokens,
        "schedule.max_answer_tokens": schedule.max_answer_tokens,
        "adapter.rank": recipe.adapter.rank if recipe.adapter else 1,
        "virtual.tokens": recipe.virtual.tokens if recipe.virtual else 1,
        "virtual.hidden": recipe.virtual.hidden if recipe.virtual else 1,
        "text.max_tokens": recipe.text.max_tokens,
        "rows.max_rows": rows.max_rows,
    }
    shares = {
        "rows.share": rows.share,
        "rows.article_share": rows.article_share,
        "rows.reply_share": rows.reply_share,
        "rows.likely_reply": rows.likely_reply,
        "rows.retold": rows.retold,
        "rows.poor_context": rows.poor_context,
        "rows.holdout": rows.holdout,
        "rows.validation": rows.validation,
        "rows.wording.dropped_words": rows.wording.dropped_words,
        "rows.wording.typing_errors": rows.wording.typing_errors,
        "tasks.wording.dropped_words": recipe.tasks.wording.dropped_words,
        "tasks.wording.typing_errors": recipe.tasks.wording.typing_errors,
        "tasks.sections": recipe.tasks.sections,
        "tasks.questions": recipe.tasks.questions,
        "schedule.openings": schedule.openings,
        "adapter.dropout": recipe.adapter.dropout if recipe.adapter else 0.0,
    }
    return [
        *[(value >= 1, f"{name} must be 1 or more") for name, value in whole.items()],
        *[(0.0 <= value <= 1.0, f"{name} must be from 0 to 1") for name, value in shares.items()],
        (schedule.warmup >= 0, "schedule.warmup must be 0 or more"),
        (0 <= recipe.seed < 2**31, "seed must be from 0 to 2147483647"),
        (0 < schedule.learning_rate < 1, "schedule.learning_rate must be between 0 and 1"),
        (recipe.tasks.sections + recipe.tasks.questions <= 1, "the shares in tasks exceed 1"),
        (rows.article_share + rows.reply_share <= 1, "the shares in rows exceed 1"),
        (
            (schedule.steps > 0) != (schedule.epochs > 0),
            "schedule.steps or schedule.epochs must be over 0, and only one of them",
        ),
    ]


def _choices(recipe: Recipe) -> list[tuple[bool, str]]:
    shape = recipe.shape
    chosen = {
        "method": (recipe.method, METHODS),
        "shape.architecture": (shape.architecture if shape else ARCHITECTURES[0], ARCHITECTURES),
        "text.layout": (recipe.text.layout, tuple(LAYOUTS)),
        "text.padding": (recipe.text.padding, ("left", "right")),
        "schedule.decay": (recipe.schedule.decay, ("cosine", "linear", "constant")),
        "schedule.optimiser": (
            recipe.schedule.optimiser,
            ("adamw", "adamw_8bit", "paged_adamw_8bit"),
        ),
        "weights.compute": (recipe.weights.compute, ("bfloat16", "float16", "float32")),
        "weights.attention": (recipe.weights.attention, ("sdpa", "eager")),
        "weights.bits": (recipe.weights.bits, (4, 16)),
    }
    found = [
        (value in allowed, f"{name} must be one of {', '.join(map(str, allowed))}")
        for name, (value, allowed) in chosen.items()
    ]
    known = set(recipe.rows.sources) <= set(SOURCES)
    return [*found, (known, f"rows.sources must be some of {', '.join(SOURCES)}")]


def _needs(recipe: Recipe) -> list[tuple[bool, str]]:
    method = recipe.method
    return [
        (method != "pretrain" or recipe.shape is not None, "pretrain needs a table shape"),
        (method not in LOW_RANK or recipe.adapter is not None, "the table adapter is missing"),
        (method != "ptuning" or recipe.virtual is not None, "the table virtual is missing"),
        (method != "dpo" or recipe.preference is not None, "the table preference is missing"),
        (
            method in ("pretrain", "contrastive") or bool(recipe.base),
            "the field base is missing",
        ),
    ]
