"""Each row of a batch through its own adapter, quickly.

Public entry: `route_rows`. PEFT's own routing searches, masks and copies for every layer, adapter
and token, which is more work than a small model's layers themselves; on 4-bit layers it also
overwrites the offsets of activated LoRA after the first adapter of a batch (PEFT 0.21: an
IndexError or the wrong offsets, depending on the order of a set). Here it can be simple: the engine
feeds an adapter's row only tokens from the invocation on, so every token that arrives is adapted.
Worker processes only.
"""

import types
from collections.abc import Sequence
from itertools import groupby
from typing import Any

import torch  # noqa: TID253
from peft.tuners.lora.layer import LoraLayer  # noqa: TID253


def route_rows(model: Any) -> None:
    """Make the LoRA layers of a PEFT model route mixed batches this way. Twice does no harm."""
    for module in model.modules():
        if isinstance(module, LoraLayer) and isinstance(module.get_base_layer(), torch.nn.Linear):
            module._mixed_batch_forward = types.MethodType(_mixed_batch_forward, module)


def _mixed_batch_forward(
    layer: Any, x: Any, *args: Any, adapter_names: Sequence[str], **_: Any
) -> Any:
    """`x`: (rows, tokens, width), a name per row; a name that the layer has not (the untuned base's
    among them) leaves its rows as the base layer gives them."""
    result = layer.base_layer(x, *args)
    start = 0
    for name, run in groupby(adapter_names):
        end = start + len(list(run))
        if name in layer.lora_A:
            down, up = layer.lora_A[name], layer.lora_B[name]
            delta = up(down(x[start:end].to(down.weight.dtype))) * layer.scaling[name]
            result[start:end] += delta.to(result.dtype)
        start = end
    return result
