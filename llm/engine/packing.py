"""Linear layers in the layout that the processor's own kernels read best.

Public entries: `pack_linears`, `keep_four_bits`. On a CPU a float32 layer goes through MKL, which
at one to sixteen rows reads the weights far below what the memory gives, and slower for three rows
than for one. oneDNN with weights laid out for it takes half the time for one row, a tenth more for
three, and half the time for a whole prompt. The layer's own weight is then given up for a stand-in
of its shape that holds NaN, so that whatever reads it past the layout is seen at once. Worker
processes only.
"""

import types
from typing import Any, Final

import torch  # noqa: TID253
from torch.nn import functional  # noqa: TID253

TOLERANCE: Final = 1e-3
"""Between the two kernels on the same numbers, of the largest one."""
_MANY_ROWS: Final = 512


def pack_linears(model: Any) -> int:
    """Give each plain float32 linear layer on the CPU its packed weights; how many were given.

    A weight that something else also holds (a tied embedding) is kept as well.
    """
    if not torch.backends.mkldnn.is_available():
        return 0
    holders: dict[int, int] = {}
    for module in model.modules():
        for parameter in module.parameters(recurse=False):
            holders[id(parameter)] = holders.get(id(parameter), 0) + 1
    packed = 0
    for module in model.modules():
        if type(module) is torch.nn.Linear and _fits(module.weight):
            packed += _pack(module, keep=holders[id(module.weight)] > 1)
    return packed


def keep_four_bits(model: Any) -> None:
    """Let nobody ask 4-bit layers on a CPU for their state.

    bitsandbytes lays their weights out anew at the first pass, and back when they are to be saved:
    with the scales of a row's blocks in the wrong order (0.50.2), so that the layer is another one
    from then on. PEFT asks at every adapter; nothing of the base is ever saved here.
    """
    for module in model.modules():
        if getattr(getattr(module, "weight", None), "quant_state", None) is not None:
            module._save_to_state_dict = _nothing


def _nothing(*_: Any) -> None:
    return None


def _fits(weight: Any) -> bool:
    return bool(weight.dtype == torch.float32 and weight.device.type == "cpu" and weight.numel())


def _pack(layer: Any, *, keep: bool) -> bool:
    with torch.inference_mode():
        try:
            weight = torch.ops.mkldnn._reorder_linear_weight(layer.weight.detach(), _MANY_ROWS)
            trial = torch.linspace(-1, 1, 2 * layer.in_features).view(2, -1)
            expected = functional.linear(trial, layer.weight)
            given = _product(trial, weight, None)
        except (RuntimeError, AttributeError):
            return False  # another build of torch: its own way stays
        scale = max(float(expected.abs().max()), 1.0)
        if not float((given - expected).abs().max()) <= TOLERANCE * scale:
            return False
    layer.packed_weight = [weight]  # in a list: no buffer of the module, nothing to save
    layer.forward = types.MethodType(_forward, layer)
    if not keep:
        stand_in = torch.full((1,), torch.nan).expand(layer.out_features, layer.in_features)
        layer.weight = torch.nn.Parameter(stand_in, requires_grad=False)
    return True


def _forward(layer: Any, x: Any) -> Any:
    return _product(x, layer.packed_weight[0], layer.bias)


def _product(x: Any, weight: Any, bias: Any) -> Any:
    return torch.ops.mkldnn._linear_pointwise(x, weight, bias, "none", [], "")
