"""An ONNX graph's weights in int8: `quantise(full, into, …)`.

Activations are quantised while it runs, a scale a batch; in a BERT a few directions are a hundred
times as large as the rest, and one scale for all leaves little of the rest. So before, a part of
the scale is moved from the activations into the weights, direction by direction (SmoothQuant, Xiao
et al. 2023), as measured on texts of the desk. The product stays the same. The products that would
still lose most stay as they are, up to KEPT_SHARE of the work.
"""

import logging
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from onnx import ModelProto, NodeProto

STRENGTH = 0.7
"""How much of an activation's scale goes into the weights."""
KEPT_SHARE = 0.17
"""Of all multiplications, in full precision: half of a BERT's last ones of each layer."""
_SMALLEST = 1e-5
Inputs = dict[str, NDArray[np.int64]]


def quantise(full: Path, into: Path, *, sample: Sequence[Inputs]) -> None:
    """Weights of all products with constant matrices, a scale for each output."""
    from onnxruntime.quantization import QuantType, quantize_dynamic

    smooth = full.with_name("smooth.onnx")
    _smooth(full, smooth, _largest(full, sample))
    kept = _to_keep(smooth, sample)
    root = logging.getLogger()
    level = root.level
    root.setLevel(logging.ERROR)  # it recommends a preparation meant for image networks
    try:
        quantize_dynamic(
            smooth,
            into,
            weight_type=QuantType.QInt8,
            per_channel=True,
            nodes_to_exclude=kept,
            reduce_range=not has_vnni(),
        )
    finally:
        root.setLevel(level)


def has_vnni() -> bool:
    """Without these instructions products of eight bits overflow, and weights keep seven."""
    try:
        return "_vnni" in Path("/proc/cpuinfo").read_text()
    except OSError:
        return False


def _products(model: "ModelProto") -> list["NodeProto"]:
    """With matrices that are used once: what layers share cannot be scaled for each."""
    uses = Counter(name for node in model.graph.node for name in node.input)
    own = {one.name for one in model.graph.initializer if len(one.dims) == 2 and uses[one.name] < 2}
    return [node for node in model.graph.node if node.op_type == "MatMul" and node.input[1] in own]


def _activations(path: Path, sample: Sequence[Inputs]) -> Iterator[tuple[str, NDArray[np.float32]]]:
    """Each product's input on each text of the sample: (name, rows of values)."""
    import onnx
    from onnx import TensorProto, helper
    from onnxruntime import InferenceSession

    model = onnx.load(str(path))
    names = list(dict.fromkeys(node.input[0] for node in _products(model)))
    for name in names:
        model.graph.output.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, None))
    measured = path.with_name("measured.onnx")
    onnx.save(model, str(measured))
    session = InferenceSession(str(measured), providers=["CPUExecutionProvider"])
    for inputs in sample:
        for name, value in zip(names, session.run(names, inputs), strict=True):
            yield name, value.reshape(-1, value.shape[-1])


def _largest(path: Path, sample: Sequence[Inputs]) -> dict[str, NDArray[np.float32]]:
    """Of each product's input: the largest value in each direction."""
    largest: dict[str, NDArray[np.float32]] = {}
    for name, value in _activations(path, sample):
        found = np.abs(value).max(axis=0)
        largest[name] = np.maximum(largest.get(name, found), found)
    return largest


def _to_keep(path: Path, sample: Sequence[Inputs]) -> list[str]:
    """Names of the products that lose most: by the noise of 256 steps over the input's range
    against its mean square."""
    import onnx

    noise: dict[str, float] = {}
    for name, value in _activations(path, sample):
        step = float(value.max() - value.min()) / 255
        lost = step**2 / 12 / max(float(np.mean(value**2)), 1e-12)
        noise[name] = max(noise.get(name, 0.0), lost)
    model = onnx.load(str(path))
    sizes = {one.name: int(np.prod(one.dims)) for one in model.graph.initializer}
    products = sorted(_products(model), key=lambda node: -noise.get(node.input[0], 0.0))
    room = KEPT_SHARE * sum(sizes[node.input[1]] for node in products)
    kept: list[str] = []
    for node in products if noise else []:
        room -= sizes[node.input[1]]
        if room < 0:
            break
        kept.append(node.name)
    return kept


def _smooth(path: Path, into: Path, largest: dict[str, NDArray[np.float32]]) -> None:
    """x·W = (x/s)·(s·W), with s between the largest values of x and of W."""
    import onnx
    from onnx import helper, numpy_helper

    model = onnx.load(str(path))
    weights = {one.name: one for one in model.graph.initializer}
    products = _products(model)
    for name, activation in largest.items():
        nodes = [node for node in products if node.input[0] == name]
        arrays = [numpy_helper.to_array(weights[node.input[1]]) for node in nodes]
        weight = np.max([np.abs(array).max(axis=1) for array in arrays], axis=0)
        scale = np.maximum(activation, _SMALLEST) ** STRENGTH
        scale = scale / np.maximum(weight, _SMALLEST) ** (1 - STRENGTH)
        scale = scale.astype(np.float32)
        for node, array in zip(nodes, arrays, strict=True):
            changed = numpy_helper.from_array(array * scale[:, None], node.input[1])
            weights[node.input[1]].CopyFrom(changed)
            node.input[0] = f"{name}_smooth"
        inverse = numpy_helper.from_array(1 / scale, f"{name}_scale")
        model.graph.initializer.append(inverse)
        place = min(list(model.graph.node).index(node) for node in nodes)
        model.graph.node.insert(
            place, helper.make_node("Mul", [name, inverse.name], [f"{name}_smooth"])
        )
    onnx.save(model, str(into))
