"""Where a training computes and in which type: `on_gpu`, `compute_type`.

PASOKH_TRAINING_DEVICE says "auto" (a GPU where there is one), "cpu" or "cuda". A GPU that was asked
for and is not there is an error: a run that was meant for it would take days on a CPU.
"""

import os
from typing import Final

import torch  # noqa: TID253

from runtime.errors import InputError
from training.recipes import Recipe

VARIABLE: Final = "PASOKH_TRAINING_DEVICE"
_CHOICES: Final = ("auto", "cpu", "cuda")


class NoGpu(InputError):
    """A GPU was asked for and torch sees none."""


def on_gpu() -> bool:
    """Raises `NoGpu`, and `InputError` for a value of the variable that is none."""
    # From the environment: processes that accelerate starts have no Django.
    wanted = os.environ.get(VARIABLE, "").strip() or "auto"
    if wanted not in _CHOICES:
        raise InputError(f"{VARIABLE} must be one of {', '.join(_CHOICES)}.")
    there = torch.cuda.is_available()
    if wanted == "cuda" and not there:
        raise NoGpu(
            f"{VARIABLE} is cuda, and torch sees no GPU; install its driver and a torch with CUDA, "
            f"or set {VARIABLE}=cpu."
        )
    return there and wanted != "cpu"


def compute_type(recipe: Recipe) -> torch.dtype:
    """float16 is for GPUs: a CPU computes in bfloat16 instead."""
    if recipe.weights.compute == "float16" and not on_gpu():
        return torch.bfloat16
    named: torch.dtype = getattr(torch, recipe.weights.compute)
    return named
