"""Each row of a batch through its own adapter and tables, in one pass over all rows.

Public entries: `Routing`, `route_layers`, `route_tables`. PEFT's own mixed batches search, mask and
copy for every layer, adapter and token, and work through hooks that an exception leaves behind.
Here the layers look at the `Routing` of their shelf: `with routing.rows([...])` says for the time
of a forward pass which adapter each row takes; outside it every layer gives what the base gives.
The adapters of a batch stand stacked: one product with all A, the columns of a row's own adapter
kept, one product with all B. The engine feeds an awake adapter's row only tokens that it adapts.
Worker processes only.
"""

import types
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import torch  # noqa: TID253
from peft.tuners.lora.layer import LoraLayer  # noqa: TID253
from torch.nn import functional  # noqa: TID253


@dataclass(frozen=True)
class RowRoute:
    """What one row takes: the key of a LoRA adapter ("" for none), tables of its own in place of
    the base's input ("input") and output ("output") embeddings."""

    lora: str = ""
    tables: dict[str, Any] = field(default_factory=dict)


BASE = RowRoute()


@dataclass(frozen=True)
class _Stack:
    """All adapters of a batch in one layer. `scale`: (rows, 1, ranks) or one number; `foreign`:
    where a column is not the row's own, None where all columns are."""

    down: Any
    up: Any
    scale: Any
    foreign: Any
    bias: Any


class Routing:
    """Which way each row of the present batch goes; none: the base for all."""

    def __init__(self) -> None:
        self._rows: tuple[RowRoute, ...] = ()
        self._stacks: dict[int, _Stack | None] = {}
        self.tables: dict[str, list[tuple[list[int], Any]]] = {}

    @contextmanager
    def rows(self, rows: Sequence[RowRoute]) -> Iterator[None]:
        before = (self._rows, self._stacks, self.tables)
        self._set(rows)
        try:
            yield
        finally:
            self._rows, self._stacks, self.tables = before

    def _set(self, rows: Sequence[RowRoute]) -> None:
        self._stacks = {}
        self._rows = tuple(rows) if any(row.lora for row in rows) else ()
        self.tables = {}
        for number, row in enumerate(rows):
            for which, table in row.tables.items():
                groups = self.tables.setdefault(which, [])
                same = next((numbers for numbers, held in groups if held is table), None)
                if same is None:
                    groups.append(([number], table))
                else:
                    same.append(number)

    def stack(self, layer: Any) -> _Stack | None:
        """The layer's adapters for the present rows, None where no row has one there."""
        if not self._rows:
            return None
        key = id(layer)
        if key not in self._stacks:
            self._stacks[key] = _stacked(layer, [row.lora for row in self._rows])
        return self._stacks[key]


def route_layers(model: Any, routing: Routing) -> list[str]:
    """Make the LoRA layers of a PEFT model ask `routing`; twice does no harm. Returns the kinds of
    layer that cannot be routed."""
    refused: dict[str, None] = {}
    for module in model.modules():
        if not isinstance(module, LoraLayer):
            continue
        if len(module.lora_embedding_A) or _is_other(module):
            refused[type(module.get_base_layer()).__name__] = None
        else:
            module.pasokh_routing = [routing]  # in a list: nothing of the module's state
            module.forward = types.MethodType(_adapted, module)
    return list(refused)


def route_tables(model: Any, routing: Routing) -> bool:
    """Let rows have input and output embeddings of their own. False where the model's are of a kind
    that more than a table makes."""
    embedding, head = model.get_input_embeddings(), model.get_output_embeddings()
    if type(embedding) is not torch.nn.Embedding or type(head) is not torch.nn.Linear:
        return False
    for which, module in (("input", embedding), ("output", head)):
        if not hasattr(module, "pasokh_base_forward"):
            module.pasokh_base_forward = module.forward
            module.pasokh_routing = [routing]
            module.forward = types.MethodType(_from_input if which == "input" else _output, module)
    return True


def _is_other(module: Any) -> bool:
    base = module.get_base_layer()
    return not (isinstance(base, torch.nn.Linear) or type(base).__name__ == "Conv1D")


def _adapted(layer: Any, x: Any, *args: Any, **_: Any) -> Any:
    result = layer.base_layer(x, *args)
    stack = layer.pasokh_routing[0].stack(layer)
    if stack is None:
        return result
    low = functional.linear(x.to(stack.down.dtype), stack.down) * stack.scale
    if stack.foreign is not None:
        # filled, not multiplied: what another version makes of this row may be infinite
        low = low.masked_fill(stack.foreign, 0.0)
    delta = functional.linear(low, stack.up)
    if stack.bias is not None:
        delta = delta + stack.bias
    return result + delta.to(result.dtype)


def _stacked(layer: Any, names: Sequence[str]) -> _Stack | None:
    keys = [key for key in dict.fromkeys(names) if key in layer.lora_A]
    if not keys:
        return None
    downs = [layer.lora_A[key].weight for key in keys]
    ups = [layer.lora_B[key].weight for key in keys]
    scales = [float(layer.scaling[key]) for key in keys]
    biases = [layer.lora_B[key].bias for key in keys]
    if len(keys) == 1 and set(names) == set(keys):
        bias = None if biases[0] is None else biases[0] * scales[0]
        return _Stack(downs[0], ups[0], scales[0], None, bias)
    down, up = torch.cat(downs), torch.cat(ups, dim=1)
    owners = [index for index, one in enumerate(downs) for _ in range(one.shape[0])]
    owner = torch.tensor(owners, device=down.device)
    own = torch.tensor(
        [keys.index(name) if name in keys else -1 for name in names], device=down.device
    )
    scale = torch.tensor([scales[index] for index in owners], device=down.device, dtype=down.dtype)
    return _Stack(
        down=down,
        up=up,
        scale=scale,
        foreign=(owner[None, :] != own[:, None])[:, None, :],
        bias=_row_biases(biases, scales, own.tolist(), up),
    )


def _row_biases(biases: list[Any], scales: list[float], own: list[int], up: Any) -> Any:
    """(rows, 1, width), None where no adapter has one."""
    if all(bias is None for bias in biases):
        return None
    rows = up.new_zeros(len(own), 1, up.shape[0])
    for number, index in enumerate(own):
        if index >= 0 and biases[index] is not None:
            rows[number, 0] = biases[index] * scales[index]
    return rows


def _from_input(layer: Any, ids: Any) -> Any:
    result = layer.pasokh_base_forward(ids)
    for numbers, table in layer.pasokh_routing[0].tables.get("input", ()):
        result[numbers] = functional.embedding(ids[numbers], table).to(result.dtype)
    return result


def _output(layer: Any, x: Any) -> Any:
    result = layer.pasokh_base_forward(x)
    for numbers, table in layer.pasokh_routing[0].tables.get("output", ()):
        result[numbers] = functional.linear(x[numbers].to(table.dtype), table).to(result.dtype)
    return result
