"""Weights of which each process holds a part (FSDP, version 2): `whole`, `put`, `make_whole`.

What is saved is whole always. Putting parts together is done by all processes at once, so whoever
calls `whole` or `make_whole` does so in each of them, in the same order.
"""

from typing import Any

import torch  # noqa: TID253


def is_sharded(model: Any) -> bool:
    return any(_is_part(weight) for weight in model.parameters())


def whole(weight: torch.Tensor) -> torch.Tensor:
    """The weight, put together where it is in parts."""
    return weight.full_tensor() if _is_part(weight) else weight


def put(weight: torch.Tensor, value: torch.Tensor) -> None:
    """Set a weight to a whole value: of one in parts this process takes its own."""
    if _is_part(weight):
        from torch.distributed.tensor import distribute_tensor

        parts: Any = weight
        value = value.to(device=parts.device_mesh.device_type, dtype=weight.dtype)
        value = distribute_tensor(value, parts.device_mesh, parts.placements)
    weight.data.copy_(value)


def make_whole(model: Any) -> None:
    """Every trained weight whole in each process, so that the model can be saved as any other. It
    cannot be trained on; what is frozen stays in parts."""
    for module in model.modules():
        for name, weight in list(module.named_parameters(recurse=False)):
            if weight.requires_grad and _is_part(weight):
                setattr(module, name, torch.nn.Parameter(whole(weight.detach())))


def _is_part(weight: Any) -> bool:
    return hasattr(weight, "full_tensor")
