"""Adapters beside a base: the shelf that they are put on and taken off while serving.

Public entry: `AdapterShelf`. All LoRA adapters of one base stand in its layers, put there by PEFT;
`llm.engine.routing` sends each row of a batch through its own. Embedding tables and virtual tokens
of a version stand beside them. Worker processes only.

What cannot stand beside others is refused: DoRA, whole layers other than the embeddings.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch  # noqa: TID253
from peft import PeftModelForCausalLM, set_peft_model_state_dict  # noqa: TID253

from llm.engine.routing import Routing, RowRoute, route_layers, route_tables
from llm.engine.versions import BaseTables, VersionParts, read_version
from llm.manifest import Manifest, ManifestError, verified_manifest


@dataclass(frozen=True, eq=False)
class Adapter:
    """`key` is its name inside PEFT. `invocation`: the ids that wake it up, None where it is at
    work from the first token and therefore needs a reading of its own. `usable`: False where a
    training that diverged left it no numbers."""

    key: str
    manifest: Manifest
    invocation: tuple[int, ...] | None = None
    lora: bool = True
    tables: dict[str, Any] = field(default_factory=dict)
    virtual: Any = None
    usable: bool = True

    @property
    def asleep_while_reading(self) -> bool:
        return self.invocation is not None and not self.tables

    @property
    def route(self) -> RowRoute:
        return RowRoute(lora=self.key if self.lora else "", tables=self.tables)


class AdapterShelf:
    """The versions that stand beside one base. `network` is the base, their layers in it."""

    def __init__(self, base: Manifest, model: Any) -> None:
        self._base = base
        self.network = model
        self.routing = Routing()
        self._peft: PeftModelForCausalLM | None = None
        self._held: dict[str, Adapter] = {}
        self._tables = _tables_of(model)

    def add(self, folder: Path) -> Adapter:
        """Verify and load. Raises `ManifestError`, and leaves the shelf as it was, for a folder
        that is damaged, stands on another base, or holds what cannot stand beside others."""
        manifest = verified_manifest(folder)
        base = manifest.base
        if base is None or base.digest != self._base.digest:
            raise ManifestError(
                f"Model version {manifest.name} was not trained on the base {self._base.name}"
                " as it is now."
            )
        # The digest is the name: a folder that changed under the same name is another adapter.
        key = f"v{manifest.digest[:24]}"
        if key not in self._held:
            self._held[key] = self._loaded(key, folder, manifest)
        return self._held[key]

    def drop(self, adapter: Adapter) -> None:
        """Take it off the shelf and free its memory; the base without adapters is plain again."""
        self._held.pop(adapter.key, None)
        self._detach(adapter.key)

    def _loaded(self, key: str, folder: Path, manifest: Manifest) -> Adapter:
        parts = read_version(folder, manifest, self._tables)
        if parts.tables and not route_tables(self.network, self.routing):
            raise _unfit(manifest, "its embeddings are more than a table")
        if parts.config is not None:
            self._attach(key, manifest, parts)
        device, dtype = self.network.device, self.network.dtype
        return Adapter(
            key=key,
            manifest=manifest,
            invocation=_invocation(parts),
            lora=parts.config is not None,
            tables={which: table.to(device, dtype) for which, table in parts.tables.items()},
            virtual=None if parts.virtual is None else parts.virtual.to(device, dtype),
            # In a stack of adapters one row's NaN would be every row's.
            usable=all(bool(torch.isfinite(weight).all()) for weight in parts.lora.values()),
        )

    def _attach(self, key: str, manifest: Manifest, parts: VersionParts) -> None:
        """The shelf is given the empty adapter first, then its weights, so that a failure leaves
        something that can be taken off again."""
        try:
            if self._peft is None:
                self._peft = PeftModelForCausalLM(self.network, parts.config, adapter_name=key)
            else:
                self._peft.add_adapter(key, parts.config)
            result = set_peft_model_state_dict(self._peft, parts.lora, adapter_name=key)
            self._peft.eval().requires_grad_(False)
            refused = route_layers(self._peft, self.routing)
            unfit = ", ".join(refused)
            if any(key in name for name in result.missing_keys):
                unfit = "weights are missing"
            elif result.unexpected_keys:
                unfit = "weights of something else"
        except (RuntimeError, ValueError, KeyError) as error:
            unfit = type(error).__name__
        if unfit:
            self._detach(key)
            raise _unfit(manifest, unfit)

    def _detach(self, key: str) -> None:
        if self._peft is None or key not in self._peft.peft_config:
            return
        others = [other for other in self._peft.peft_config if other != key]
        if others:
            self._peft.set_adapter(others[0])
            self._peft.delete_adapter(key)
        else:
            self.network, self._peft = self._peft.unload(), None


def _tables_of(model: Any) -> BaseTables:
    modules = {"input": model.get_input_embeddings(), "output": model.get_output_embeddings()}
    modules = {which: module for which, module in modules.items() if module is not None}
    names = {id(module): name for name, module in model.named_modules()}
    return BaseTables(
        names={which: names[id(module)] for which, module in modules.items()},
        shapes={which: tuple(module.weight.shape) for which, module in modules.items()},
        tied=len({module.weight.data_ptr() for module in modules.values()}) < len(modules),
    )


def _invocation(parts: VersionParts) -> tuple[int, ...] | None:
    if parts.config is None:
        return None
    return tuple(parts.config.alora_invocation_tokens or ()) or None


def _unfit(manifest: Manifest, why: str) -> ManifestError:
    return ManifestError(
        f"Model version {manifest.name}: its adapter does not fit its base ({why})."
    )
