"""A base in memory as a recipe wants it: `load_for_training`.

On a CPU a 4-bit base that is small enough is unpacked once and kept as the float32 values that NF4
stands for, as serving does (`llm.engine.loading`), so training sees the very numbers of serving and
unpacks no layer again at every step. On a GPU it stays packed.
"""

import os

import torch  # noqa: TID253

from llm.engine.loading import LoadedBase, load_base
from training.methods.devices import compute_type, on_gpu
from training.methods.results import Work
from training.recipes import RecipeError


def load_for_training(work: Work, *, four_bit: bool | None = None) -> LoadedBase:
    """The recipe's base, nothing of it trainable. `four_bit`: not as the recipe's `weights.bits`.

    Raises `RecipeError` where no base was given, `NoGpu`, and `ManifestError`.
    """
    recipe, weights = work.recipe, work.recipe.weights
    if work.base is None:
        raise RecipeError(f"The recipe {recipe.name} tunes a base, and none was given.")
    torch.manual_seed(recipe.seed)
    base = load_base(
        work.base,
        four_bit=weights.bits == 4 if four_bit is None else four_bit,
        gpu=on_gpu(),
        compute=compute_type(recipe) if on_gpu() else None,
        double=weights.double,
        attention="eager" if weights.attention == "eager" else None,
        in_parts=os.environ.get("ACCELERATE_USE_FSDP") == "true",
    )
    for module in base.model.modules():
        # bitsandbytes packs 4-bit layers anew at the first reading without gradients, for a kernel
        # of newer CPUs that has no backward pass: gradients would end there without a word.
        if hasattr(module, "support_avx512bf16_for_cpu"):
            module.support_avx512bf16_for_cpu = False
    return base
