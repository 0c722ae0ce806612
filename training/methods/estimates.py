"""What a training takes before it is begun: memory, and hours on this machine.

Public entries: `memory_bytes`, `estimate`, `here`. Estimates for choosing a card or a recipe; how
far they were from what was measured stands in docs/recipes.md.
"""

import os
import time
from dataclasses import dataclass
from typing import Any, Final

import torch  # noqa: TID253

from training.methods.devices import on_gpu
from training.methods.shape import FULL, GIB, ShapeCount
from training.recipes import Recipe

NF4: Final = 0.5
CONSTANTS: Final = 4 / 64
"""A float32 scale for every 64 weights."""
DOUBLE_CONSTANTS: Final = 1 / 64 + 4 / (64 * 256)
"""The scales in 8 bits, with a float32 for every 256 of them (Dettmers et al. 2023)."""
_MOMENTS: Final = {"adamw": 8, "adamw_8bit": 2, "paged_adamw_8bit": 2}
PROCESS_BYTES: Final = int(0.75 * GIB)
"""Python with torch, transformers and peft, on a machine without a GPU."""
SUPPOSED_ROWS: Final = 1000
"""Where a recipe counts epochs and no data set is at hand."""


@dataclass(frozen=True)
class Here:
    """What a recipe asks of this machine. `hours` are for `rows` full rows an epoch, or for the
    recipe's own number of steps."""

    device: str
    memory_gib: float
    memory_of_device_gib: float
    tokens_per_second: float
    tokens: int
    rows: int
    hours: float

    @property
    def fits(self) -> bool:
        return self.memory_gib <= self.memory_of_device_gib


def memory_bytes(recipe: Recipe, counted: ShapeCount, *, on_gpu: bool) -> int:
    """Weights, what is trained, and one micro-batch's activations."""
    held = _weights(recipe, counted, on_gpu=on_gpu) + _trained(recipe, counted)
    total = held + _activations(recipe, counted, on_gpu=on_gpu) + _logits(recipe, counted)
    return int(total) + (0 if on_gpu else PROCESS_BYTES)


def here(recipe: Recipe, counted: ShapeCount, *, rows: int = SUPPOSED_ROWS) -> Here:
    """Measures the machine for a quarter of a second."""
    gpu = on_gpu()
    rate = tokens_per_second(recipe, counted)
    tokens = _all_tokens(recipe, rows)
    return Here(
        device=str(torch.cuda.get_device_name()) if gpu else f"{_cores()} CPU cores",
        memory_gib=round(memory_bytes(recipe, counted, on_gpu=gpu) / GIB, 2),
        memory_of_device_gib=round(_memory_of_device(on_gpu=gpu) / GIB, 1),
        tokens_per_second=round(rate, 2 if rate < 100 else 0),
        tokens=tokens,
        rows=rows,
        hours=round(tokens / rate / 3600, 2),
    )


def estimate(recipe: Recipe, rows: int) -> float:
    """Hours on this machine for that many full rows; real rows are shorter."""
    from training.methods.shape import count

    return here(recipe, count(recipe), rows=rows).hours


def tokens_per_second(recipe: Recipe, counted: ShapeCount) -> float:
    """6 operations for each token and parameter (2 forwards, 4 back; Kaplan et al. 2020), 2 less
    where the weights themselves get no gradient, 2 more where activations are computed twice."""
    each = 6.0 if recipe.method in FULL else 4.0
    if recipe.schedule.checkpointing:
        each += 2.0
    if _apart(recipe):
        share = _answer_share(recipe)
        each = 2.0 * (1 - share) + each * share
    if recipe.method == "dpo":
        each = 2 * (each + 2.0)
    return _operations_per_second() / (each * counted.total_parameters)


def row_tokens(recipe: Recipe) -> int:
    """Of a full row."""
    longest = recipe.prompt.budget + recipe.schedule.max_answer_tokens
    return min(recipe.text.max_tokens, longest)


def _weights(recipe: Recipe, counted: ShapeCount, *, on_gpu: bool) -> float:
    if recipe.method in FULL:
        return 0.0  # all of them are trained, and counted there
    plain = 2.0 if on_gpu and recipe.weights.compute != "float32" else 4.0
    packed, rest = counted.linears.packed, counted.linears.rest
    if recipe.method == "embeddings":  # those tables are trained, and counted there
        rest -= counted.trainable_parameters
    unpacked = not on_gpu and packed + rest <= _unpack_below()
    if recipe.weights.bits != 4 or unpacked:
        return plain * (packed + rest)
    constants = DOUBLE_CONSTANTS if recipe.weights.double else CONSTANTS
    return (NF4 + constants) * packed + plain * rest


def _trained(recipe: Recipe, counted: ShapeCount) -> float:
    """A float32 parameter, its gradient and the optimiser's moments."""
    each = 4 + 4 + _MOMENTS[recipe.schedule.optimiser]
    return float(each * counted.trainable_parameters)


def _activations(recipe: Recipe, counted: ShapeCount, *, on_gpu: bool) -> float:
    """What a layer keeps for the way back, in the form of Korthikanti et al. 2022 for layers with
    gates and without the attention matrix (sdpa): its input twice, both norms, queries, keys,
    values, the attention's result and the gated feed-forward's four. With checkpoints only the
    input of each layer is kept, and one layer is whole at a time."""
    config = counted.config
    width, layers = int(config.hidden_size), int(config.num_hidden_layers)
    inner = int(getattr(config, "intermediate_size", None) or getattr(config, "n_inner", 0) or 0)
    inner = inner or 4 * width
    size = 2.0 if on_gpu and recipe.weights.compute != "float32" else 4.0
    tokens = _at_once(recipe)
    whole = tokens * (12 * width + 4 * inner) * size
    if recipe.weights.attention == "eager":
        length = recipe.text.max_tokens if recipe.text.packing else row_tokens(recipe)
        whole += tokens * length * int(config.num_attention_heads) * (2 * size + 4)
    if recipe.schedule.checkpointing:
        return layers * tokens * width * size + whole
    return layers * whole + _prompts(recipe, width=width, layers=layers, size=size)


def _prompts(recipe: Recipe, *, width: int, layers: int, size: float) -> float:
    """What an activated adapter reads without gradients: keys and values of every layer, and one
    layer's inputs and results at a time."""
    if not _apart(recipe):
        return 0.0
    tokens = recipe.schedule.batch * row_tokens(recipe) * (1 - _answer_share(recipe))
    return tokens * (2 * width * layers + 8 * width) * size


def _apart(recipe: Recipe) -> bool:
    """Whether the prompt is read apart from the answer: layers that are computed twice can hand no
    cache on."""
    return recipe.method == "alora" and not recipe.schedule.checkpointing


def _logits(recipe: Recipe, counted: ShapeCount) -> float:
    """Of the targets alone: in half precision, as float32 and with their gradient. A corpus has
    targets everywhere."""
    tokens = _at_once(recipe)
    if recipe.method not in FULL:
        tokens = min(tokens, max(1, int(tokens * _answer_share(recipe))))
    return float(tokens * counted.config.vocab_size * 12)


def _at_once(recipe: Recipe) -> int:
    """Tokens that gradients go through at once."""
    each = recipe.text.max_tokens if recipe.text.packing else row_tokens(recipe)
    if _apart(recipe):
        each = int(each * _answer_share(recipe))
    sides = 2 if recipe.method == "dpo" else 1
    return sides * recipe.schedule.batch * each


def _answer_share(recipe: Recipe) -> float:
    return min(1.0, recipe.schedule.max_answer_tokens / row_tokens(recipe))


def _all_tokens(recipe: Recipe, rows: int) -> int:
    schedule = recipe.schedule
    if schedule.steps:
        return schedule.steps * schedule.batch * schedule.accumulation * row_tokens(recipe)
    return int(schedule.epochs * rows * recipe.rows.share * row_tokens(recipe))


def _operations_per_second() -> float:
    """Multiplying matrices for a quarter of a second, and the share of that rate that training
    comes to: about half on a CPU, a third on a GPU."""
    gpu = on_gpu()
    size, share = (4096, 0.35) if gpu else (768, 0.5)
    kind = torch.bfloat16 if gpu else torch.float32
    left = torch.randn(size, size, dtype=kind, device="cuda" if gpu else "cpu")
    torch.mm(left, left)
    best = float("inf")
    until = time.perf_counter() + 0.25
    while best == float("inf") or time.perf_counter() < until:
        begun = time.perf_counter()
        torch.mm(left, left)
        if gpu:
            torch.cuda.synchronize()
        best = min(best, time.perf_counter() - begun)
    return share * 2 * size**3 / best


def _unpack_below() -> int:
    from llm.engine.loading import UNPACK_BELOW

    return int(UNPACK_BELOW)


def _memory_of_device(*, on_gpu: bool) -> int:
    if on_gpu:
        return int(torch.cuda.get_device_properties(0).total_memory)
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def _cores() -> Any:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
