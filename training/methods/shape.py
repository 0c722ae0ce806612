"""Counting without weights: a recipe's model on the meta device.

Public entries: `model_config`, `count` (parameters of the base and of its adapter, and the memory
that training takes). `LlamaConfig()` is Llama-2-7B, `MistralConfig()` Mistral-7B, `GPTJConfig()`
GPT-J-6B, so a recipe for those needs nothing but their name.
"""

from dataclasses import dataclass
from typing import Any, Final

import torch  # noqa: TID253
from transformers import AutoModelForCausalLM  # noqa: TID253

from training.recipes import Recipe, Shape

GIB: Final = 2**30
_NAMES: Final = {
    "vocabulary": "vocab_size",
    "width": "hidden_size",
    "layers": "num_hidden_layers",
    "heads": "num_attention_heads",
    "feed_forward": "intermediate_size",
    "context": "max_position_embeddings",
    "tied": "tie_word_embeddings",
}
_GPTJ_NAMES: Final = _NAMES | {
    "width": "n_embd",
    "layers": "n_layer",
    "heads": "n_head",
    "feed_forward": "n_inner",
    "context": "n_positions",
}
# Bytes for each parameter: NF4 with its double constants (one float per 64 weights, as stored
# here), fp16 for what is not quantised, fp32 weights with gradient and Adam's two moments.
_NF4: Final = 0.5 + 4 / 64
_HALF: Final = 2.0
_TRAINED: Final = 16.0


@dataclass(frozen=True)
class ShapeCount:
    """`memory_gib` counts weights, gradients, the optimiser and the activations of one batch with
    a full prompt; an estimate, to see whether a card is large enough."""

    trainable_parameters: int
    total_parameters: int
    memory_gib: float

    @property
    def trainable_pct(self) -> float:
        return round(100 * self.trainable_parameters / self.total_parameters, 4)


def model_config(recipe: Recipe, *, vocabulary: int | None = None) -> Any:
    """transformers' configuration of the recipe's shape."""
    from transformers import GPTJConfig, LlamaConfig, MistralConfig

    shape: Shape = recipe.shape  # type: ignore[assignment]  # callers check it
    kinds = {"llama": LlamaConfig, "mistral": MistralConfig, "gptj": GPTJConfig}
    names = _GPTJ_NAMES if shape.architecture == "gptj" else _NAMES
    given = {
        theirs: value
        for ours, theirs in names.items()
        if (value := getattr(shape, ours)) is not None
    }
    if vocabulary is not None:
        given["vocab_size"] = vocabulary
    if shape.heads is not None and shape.architecture != "gptj":
        given["num_key_value_heads"] = shape.heads
    return kinds[shape.architecture](**given)


def count(recipe: Recipe) -> ShapeCount:
    """Parameters and memory of a recipe that has a shape; nothing is allocated."""
    config = model_config(recipe)
    with torch.device("meta"):
        model: Any = AutoModelForCausalLM.from_config(config)
    packed = sum(
        module.weight.numel()
        for name, module in model.named_modules()
        if isinstance(module, torch.nn.Linear) and not name.endswith("lm_head")
    )
    base = sum(one.numel() for one in model.parameters())
    if recipe.method == "pretrain":
        trainable, held = base, base * _TRAINED
    else:
        trainable = _adapter_parameters(model, recipe)
        held = packed * _NF4 + (base - packed) * _HALF + trainable * _TRAINED
    total = base if recipe.method == "pretrain" else base + trainable
    return ShapeCount(
        trainable_parameters=trainable,
        total_parameters=total,
        memory_gib=round((held + _activations(config, recipe)) / GIB, 2),
    )


def _adapter_parameters(model: Any, recipe: Recipe) -> int:
    from peft import get_peft_model

    from training.methods.adapters import lora_config

    with torch.device("meta"):
        tuned = get_peft_model(model, lora_config(recipe, None))
    return sum(one.numel() for one in tuned.parameters() if one.requires_grad)


def _activations(config: Any, recipe: Recipe) -> float:
    """Korthikanti et al. 2022, eq. 2 without the attention matrix (flash or sdpa): 34·s·b·h bytes
    for each layer in half precision, and the logits in float32 with their gradient."""
    tokens = recipe.schedule.batch * (recipe.prompt.budget + recipe.schedule.max_answer_tokens)
    layers = tokens * config.hidden_size * config.num_hidden_layers * 34
    return float(layers + tokens * config.vocab_size * 8)
