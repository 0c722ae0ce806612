"""Counting without weights: a recipe's model on the meta device.

Public entries: `model_config`, `count` (parameters of the base, those that are trained, and the
memory that training takes on a GPU). `LlamaConfig()` is Llama-2-7B, `MistralConfig()` Mistral-7B,
`GPTJConfig()` GPT-J-6B, `Gemma2Config()` Gemma-2-2B, so a recipe for those needs nothing but their
name. Nothing is allocated, so the largest model takes as long as the smallest.
"""

from dataclasses import dataclass
from typing import Any, Final

import torch  # noqa: TID253
from transformers import AutoModelForCausalLM  # noqa: TID253

from training.recipes import Adapter, Recipe, RecipeError, Shape, VirtualTokens

GIB: Final = 2**30
FULL: Final = ("pretrain", "continued")
"""Methods that train every parameter."""
_NAMES: Final = {
    "vocabulary": "vocab_size",
    "width": "hidden_size",
    "layers": "num_hidden_layers",
    "heads": "num_attention_heads",
    "kv_heads": "num_key_value_heads",
    "head_width": "head_dim",
    "feed_forward": "intermediate_size",
    "context": "max_position_embeddings",
    "tied": "tie_word_embeddings",
}
_GPT_NAMES: Final = {
    "vocabulary": "vocab_size",
    "width": "n_embd",
    "layers": "n_layer",
    "heads": "n_head",
    "feed_forward": "n_inner",
    "context": "n_positions",
    "tied": "tie_word_embeddings",
}


@dataclass(frozen=True)
class Linears:
    """Parameters of a base: in linear layers that 4 bits can hold, and all others (embeddings,
    output layer, norms)."""

    packed: int
    rest: int


@dataclass(frozen=True)
class ShapeCount:
    """`memory_gib` counts weights, gradients, the optimiser and the activations of one micro-batch
    of full rows; an estimate, to see whether a card is large enough."""

    trainable_parameters: int
    total_parameters: int
    memory_gib: float
    linears: Linears
    config: Any

    @property
    def trainable_pct(self) -> float:
        return round(100 * self.trainable_parameters / self.total_parameters, 4)


def model_config(recipe: Recipe, *, vocabulary: int | None = None) -> Any:
    """transformers' configuration of the recipe's shape. Raises `RecipeError` for a field that the
    architecture does not have."""
    from huggingface_hub.errors import StrictDataclassError
    from transformers import Gemma2Config, GPT2Config, GPTJConfig, LlamaConfig, MistralConfig

    shape: Shape = recipe.shape  # type: ignore[assignment]  # callers check it
    kinds = {
        "llama": LlamaConfig,
        "mistral": MistralConfig,
        "gptj": GPTJConfig,
        "gpt2": GPT2Config,
        "gemma2": Gemma2Config,
    }
    gpt = shape.architecture in ("gptj", "gpt2")
    names = _GPT_NAMES if gpt else _NAMES
    for ours in ("kv_heads", "head_width"):
        if ours not in names and getattr(shape, ours) is not None:
            raise RecipeError(
                f"Recipe {recipe.name[:100]}: {shape.architecture} has no shape.{ours}."
            )
    given = {
        theirs: value
        for ours, theirs in names.items()
        if (value := getattr(shape, ours)) is not None
    }
    if vocabulary is not None:
        given["vocab_size"] = vocabulary
    if gpt and "vocab_size" in given:  # the default's tokens are those of another vocabulary
        given["bos_token_id"] = given["eos_token_id"] = None
    if shape.heads is not None and not gpt:
        given.setdefault("num_key_value_heads", shape.heads)
        if shape.head_width is None and shape.width is not None:
            given["head_dim"] = shape.width // shape.heads
    try:
        return kinds[shape.architecture](**given)
    except (ValueError, StrictDataclassError) as error:
        raise RecipeError(
            f"Recipe {recipe.name[:100]}: no {shape.architecture} has such a shape."
        ) from error


def count(recipe: Recipe) -> ShapeCount:
    """Parameters and memory of a recipe that has a shape; nothing is allocated."""
    from training.methods.estimates import memory_bytes

    if recipe.shape is None:
        raise RecipeError(f"The recipe {recipe.name[:100]} carries no shape to count.")
    if recipe.method == "contrastive":
        raise RecipeError(
            f"The recipe {recipe.name[:100]} tunes an embedder, whose size the embedder says; leave"
            " out --dry-run."
        )
    config = model_config(recipe)
    try:
        with torch.device("meta"):
            model: Any = AutoModelForCausalLM.from_config(config)
    except (ValueError, RuntimeError) as error:
        raise RecipeError(
            f"Recipe {recipe.name[:100]}: no {recipe.shape.architecture} has such a shape."
        ) from error
    base = sum(one.numel() for one in model.parameters())
    packed = _packed(model)
    trainable = base if recipe.method in FULL else _trainable(model, recipe)
    in_base = recipe.method in (*FULL, "embeddings")
    counted = ShapeCount(
        trainable_parameters=trainable,
        total_parameters=base if in_base else base + trainable,
        memory_gib=0.0,
        linears=Linears(packed=packed, rest=base - packed),
        config=config,
    )
    gib = round(memory_bytes(recipe, counted, on_gpu=True) / GIB, 2)
    return ShapeCount(**{**vars(counted), "memory_gib": gib})


def _packed(model: Any) -> int:
    """GPT-2's layers are transformers' own `Conv1D`, which bitsandbytes packs as well."""
    from transformers.pytorch_utils import Conv1D

    return sum(
        module.weight.numel()
        for name, module in model.named_modules()
        if isinstance(module, torch.nn.Linear | Conv1D) and not name.endswith("lm_head")
    )


def _trainable(model: Any, recipe: Recipe) -> int:
    if recipe.method == "embeddings":
        # tied tables are one parameter, which is trained once
        tables = [model.get_input_embeddings(), model.get_output_embeddings()]
        own = {id(one): one.numel() for table in tables for one in table.parameters()}
        return sum(own.values())
    if recipe.method == "ptuning":
        return _encoder_parameters(recipe, width=model.get_input_embeddings().embedding_dim)
    return _low_rank_parameters(model, recipe)


def _low_rank_parameters(model: Any, recipe: Recipe) -> int:
    """Rank × (in + out) for each targeted layer, which PEFT finds by the end of its name. PEFT
    itself takes seconds to load."""
    adapter: Adapter = recipe.adapter  # type: ignore[assignment]  # recipes check it
    found = dict.fromkeys(adapter.targets, 0)
    for name, module in model.named_modules():
        target = name.rsplit(".", 1)[-1]
        weight = getattr(module, "weight", None)
        if target in found and weight is not None and weight.ndim == 2:
            found[target] += adapter.rank * sum(weight.shape)
    missing = [target for target, parameters in found.items() if not parameters]
    if missing:
        raise RecipeError(
            f"Recipe {recipe.name[:100]}: adapter.targets names {', '.join(missing)[:100]}, which"
            f" {recipe.shape.architecture if recipe.shape else 'the model'} does not have."
        )
    return sum(found.values())


def _encoder_parameters(recipe: Recipe, *, width: int) -> int:
    """PEFT's encoder: a table of virtual tokens, and three layers with biases."""
    virtual: VirtualTokens = recipe.virtual  # type: ignore[assignment]  # recipes check it
    tokens, hidden = virtual.tokens, virtual.hidden
    layers = (width * hidden + hidden) + (hidden * hidden + hidden) + (hidden * width + width)
    return tokens * width + layers
